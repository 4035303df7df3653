import json
from pathlib import Path

import numpy as np
import pytest
import torch

from core.config import config_hash
from core.errors import ExplorerError, RunError, RunLockedError, TrainingError
from core.runs import Run, RunWriter
from tests.runs.helpers import config, finished_run, images, network


def test_run_json_says_what_the_run_is_and_from_what_it_was_made(tmp_path: Path) -> None:
    data = {"name": "fashion-sample", "fingerprint": "abc", "classes": ["a", "b", "c"]}
    with RunWriter(tmp_path, config(sharing="layer"), network(sharing="layer"), images(), dataset=data) as run:
        assert run.run.status == "running"
        run.epoch(epoch=1, val_accuracy=0.5)
    info = json.loads((run.path / "run.json").read_text())
    given = config(sharing="layer")
    assert info["run_id"] == run.path.name
    assert (info["schema_version"], info["status"], info["error"]) == (1, "succeeded", None)
    assert (info["config"], info["config_hash"], info["group"]) == (given.to_dict(), given.hash(), given.group())
    assert info["dataset"] == data
    assert info["task"] == "classification"
    assert info["network"]["sites"][:2] == ["act", "layer1.0.act1"]
    assert (info["network"]["sharing"], info["network"]["activation_parameters"]) == ("layer", 14)
    assert (info["network"]["in_channels"], info["network"]["num_classes"], info["probe_images"]) == (1, 3, 12)
    assert info["environment"]["torch"] == torch.__version__
    assert set(info["environment"]) >= {"python", "platform", "cpu_count", "device", "activation_explorer"}
    assert info["made_with"]["command"] and info["times"]["finished"] >= info["times"]["started"]


def test_success_keeps_the_numbers_and_removes_resume_and_lock(tmp_path: Path) -> None:
    with RunWriter(tmp_path, config(), network(), run_id="one") as run:
        for epoch, accuracy in [(1, 0.5), (2, 0.75), (3, 0.625)]:
            run.checkpoint(epoch)
            run.epoch(epoch=epoch, val_accuracy=accuracy)
            run.save_resume({"optimizer": {"state": {0: torch.zeros(2)}}})
        assert (run.path / "resume.pt").exists() and (run.path / "lock").exists()
        assert run.choose("best_validation") == 2
        run.results({"test": {"n": 10, "loss": 0.5, "accuracy": 0.7}})
        run.count_test_use("training")
    info = run.run.info
    assert sorted(p.name for p in run.path.iterdir()) == ["checkpoints", "metrics.csv", "run.json"]
    assert run.run.checkpoints() == [2, 3]
    assert info["chosen"] == {"epoch": 2, "rule": "best_validation"}
    assert info["results"]["epochs"] == 3
    assert info["results"]["chosen"]["val_accuracy"] == 0.75
    assert info["results"]["last"]["val_accuracy"] == 0.625
    assert info["results"]["test"] == {"n": 10, "loss": 0.5, "accuracy": 0.7}
    assert [use["by"] for use in info["test_uses"]] == ["training"]


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        (RuntimeError("out of memory"), "failed", "RuntimeError: out of memory"),
        (TrainingError("The loss is not finite at step 7."), "failed", "The loss is not finite at step 7."),
        (KeyboardInterrupt("SIGTERM"), "interrupted", "SIGTERM"),
        (SystemExit(0), "interrupted", "0"),
    ],
)
def test_the_way_the_block_ends_is_the_status(tmp_path: Path, error: BaseException, status: str, text: str) -> None:
    with pytest.raises(type(error)), RunWriter(tmp_path, config(), run_id="one") as run:
        run.epoch(epoch=1, train_loss=float("nan"))
        run.save_resume({})
        raise error
    again = Run(tmp_path / "one")
    assert (again.status, again.info["error"]) == (status, text)
    assert (tmp_path / "one" / "resume.pt").exists() and not (tmp_path / "one" / "lock").exists()
    assert again.metrics()["epoch"].tolist() == [1]


def test_wall_time_is_added_and_grows(tmp_path: Path) -> None:
    with RunWriter(tmp_path, config(), run_id="one") as run:
        run.epoch(epoch=1)
        run.epoch(epoch=2)
    first, second = run.run.metrics()["wall_time_s"]
    assert 0 < first < second < 60


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ({}, "epoch() needs epoch=1, 2, …; received None. Epoch 0 exists only in snapshots."),
        ({"epoch": 0}, "epoch() needs epoch=1, 2, …; received 0. Epoch 0 exists only in snapshots."),
        ({"epoch": 2}, "Epoch 2 comes after epoch 2; epochs are logged once, in order."),
    ],
)
def test_epochs_are_logged_once_and_in_order(tmp_path: Path, row: dict[str, int], text: str) -> None:
    with RunWriter(tmp_path, config()) as run:
        run.epoch(epoch=2)
        with pytest.raises(ExplorerError) as caught:
            run.epoch(**row)
    assert str(caught.value) == text


def test_a_second_writer_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    with RunWriter(tmp_path, config(), run_id="one") as run:
        with pytest.raises(RunLockedError, match=r"^Run one is being written by this process with pid \d+ on "):
            RunWriter(tmp_path, config(), run_id="one", resume=True)
        run.epoch(epoch=1)
    assert run.run.status == "succeeded"


def test_an_existing_folder_is_never_written_over(tmp_path: Path) -> None:
    path = finished_run(tmp_path)
    before = (path / "run.json").read_bytes()
    with pytest.raises(RunError) as caught:
        RunWriter(tmp_path, config(), run_id="one")
    assert str(caught.value) == f"{path} is there already; choose another run_id, or resume it."
    assert (path / "run.json").read_bytes() == before


def test_a_finished_writer_writes_nothing_more(tmp_path: Path) -> None:
    with RunWriter(tmp_path, config(), run_id="one") as run:
        run.epoch(epoch=1)
    run.finish("failed", "too late")
    assert run.run.status == "succeeded"
    with pytest.raises(RunError, match="Run one is finished; nothing more can be written to it"):
        run.epoch(epoch=2)


def test_predictions_come_back_for_each_split(tmp_path: Path) -> None:
    outputs = torch.randn(4, 3)
    with RunWriter(tmp_path, config(), run_id="one") as run:
        run.predictions("validation", torch.arange(4), np.array([0, 1, 2, 0]), outputs)
        run.predictions("test", [7, 8], [1, 1], outputs[:2].bfloat16())
        with pytest.raises(RunError, match=r"received 2 ids, 1 labels, 2 outputs\.$"):
            run.predictions("test", [7, 8], [1], outputs[:2])
    stored = run.run.predictions("validation")
    assert np.array_equal(stored["outputs"], outputs.numpy())
    assert (stored["ids"].tolist(), stored["labels"].tolist()) == ([0, 1, 2, 3], [0, 1, 2, 0])
    assert np.array_equal(run.run.predictions("test")["outputs"], outputs[:2].bfloat16().float().numpy())
    with pytest.raises(RunError) as caught:
        run.run.predictions("train")
    assert str(caught.value) == "Run one keeps no predictions of 'train'; it has: test, validation."


def test_a_checkpoint_that_was_not_kept_is_named_with_those_that_are(tmp_path: Path) -> None:
    with RunWriter(tmp_path, config(), network(), run_id="one") as run:
        run.checkpoint(8)
    with pytest.raises(RunError) as caught:
        run.run.load_model(epoch=3)
    assert str(caught.value) == (
        "Run one keeps the checkpoint of epoch 8; epoch 3 was not kept. "
        "Its snapshots hold the activations at every epoch: run.snapshots()."
    )
    assert run.run.load_model()(images()).shape == (12, 3)
    with pytest.raises(RunError, match=r"^Run two keeps no checkpoints\. "):
        Run(finished_run(tmp_path, "two")).load_model()


def test_choosing_looks_at_validation_data_only(tmp_path: Path) -> None:
    with RunWriter(tmp_path, config(), network()) as run:
        rows = [(1, 0.5, 0.1, 0.9), (2, 0.75, 0.2, 0.1), (3, 0.75, 0.1, 0.2), (4, 0.25, 0.05, 0.8)]
        for epoch, accuracy, loss, test in rows:
            run.checkpoint(epoch)
            run.epoch(epoch=epoch, val_accuracy=accuracy, val_loss=loss, test_accuracy=test)
        assert run.choose("best_validation") == 2
        assert run.choose("last") == 4
        with pytest.raises(ExplorerError, match="rule must be best_validation or last; received 'best_test'"):
            run.choose("best_test")
        with pytest.raises(RunError, match="Epoch 9 cannot be chosen: its checkpoint is not kept"):
            run.choose("by hand", epoch=9)


def test_every_kth_checkpoint_is_kept_if_asked(tmp_path: Path) -> None:
    with RunWriter(tmp_path, config(checkpoint_every=2), network()) as run:
        for epoch in range(1, 6):
            run.checkpoint(epoch)
            run.epoch(epoch=epoch, val_accuracy=1 / epoch)
            run.save_resume({})
    assert run.run.checkpoints() == [1, 2, 4, 5]


def test_what_is_no_plain_type_is_kept_out_of_resume(tmp_path: Path) -> None:
    with RunWriter(tmp_path, config()) as run, pytest.raises(ExplorerError) as caught:
        run.save_resume({"optimizer": {"groups": [{"lr": np.float64(0.1)}]}})
    assert str(caught.value) == (
        "state['optimizer']['groups'][0]['lr'] is of type float64; resume.pt holds dicts, lists, numbers, texts and tensors."
    )


def test_a_dict_config_gets_hash_and_group_without_place_and_seed(tmp_path: Path) -> None:
    values = {"model": "mine", "activation": "coslu", "seed": 3, "lr": 0.1, "runs_dir": "x"}
    with RunWriter(tmp_path, values) as run:
        pass
    info = run.run.info
    assert info["group"] == config_hash({"model": "mine", "activation": "coslu", "lr": 0.1})
    assert info["config_hash"] == config_hash({"model": "mine", "activation": "coslu", "lr": 0.1, "seed": 3})
    assert run.run.config == values
    with pytest.raises(RunError, match="was written by another training loop"):
        run.run.train_config()
    with pytest.raises(ExplorerError, match='config needs at least the keys "model" and "activation"'):
        RunWriter(tmp_path, {"model": "mine"})
    assert len(list(tmp_path.iterdir())) == 1
