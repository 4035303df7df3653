"""Whole runs: repeatable, resumable, stoppable, and honest when they fail."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch.nn import functional

from core.errors import ExplorerError, TrainingError, UnknownNameError
from core.models import activation_parameters
from core.runs import RunStore
from core.training import train

ROOT = Path(__file__).parents[2]
SCRIPT = """
import sys
import time
from core.config import TrainConfig
from core.training import train
from tests.training.conftest import make_stripes
import core.training.loop as loop

after_epoch, folder = int(sys.argv[1]), sys.argv[2]
config = TrainConfig(activation="eelu", epochs=4, batch_size=32, compile=False, progress=False, runs_dir=folder)
original = loop._train_epoch
def train_epoch(session, writer, stop, progress, epoch):
    if epoch == after_epoch + 1:
        advance = progress.advance
        def slow(images):
            advance(images)
            if not stop.reason:
                print("in the middle", flush=True)
            for _ in range(300):
                time.sleep(0 if stop.reason else 0.1)
        progress.advance = slow
    return original(session, writer, stop, progress, epoch)
loop._train_epoch = train_epoch
train(config, dataset=make_stripes())
"""


def numbers(run) -> pd.DataFrame:
    """Return the run's metrics without its times."""
    return run.metrics().drop(columns="wall_time_s")


def start_and_wait(tmp_path: Path, after_epoch: int) -> subprocess.Popen:
    """Start a run that waits in the middle of the epoch after `after_epoch`."""
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(after_epoch), str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process.stdout as lines:
        assert lines.readline() == "in the middle\n"
    return process


def test_same_config_and_seed_give_the_same_numbers(config, stripes):
    config = config.replace(activation="eelu")
    first, second = train(config, dataset=stripes), train(config, dataset=stripes)
    assert first.id != second.id
    pd.testing.assert_frame_equal(numbers(first), numbers(second), check_exact=True)
    other = train(config.replace(seed=1, epochs=1), dataset=stripes)
    assert other.metrics()["train_loss"][0] != first.metrics()["train_loss"][0]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("after_epoch", [0, 2])
def test_a_run_that_was_stopped_goes_on_with_the_same_numbers(config, stripes, tmp_path, number, after_epoch):
    process = start_and_wait(tmp_path / "stopped", after_epoch)
    os.kill(process.pid, number)
    process.wait(timeout=60)
    (stopped,) = RunStore(tmp_path / "stopped").runs()
    assert stopped.status == "interrupted"
    assert len(stopped.metrics()) == after_epoch
    resumed = train(resume=stopped.path, dataset=stripes)
    whole = train(config.replace(activation="eelu", epochs=4), dataset=stripes)
    assert resumed.id == stopped.id
    assert resumed.status == "succeeded"
    pd.testing.assert_frame_equal(numbers(resumed), numbers(whole), check_exact=True)
    for name, value in whole.load_model().state_dict().items():
        assert torch.equal(resumed.load_model().state_dict()[name], value), name
    assert not (resumed.path / "resume.pt").exists()


def test_training_moves_no_global_generator(config, stripes):
    before = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()  # noqa: NPY002
    train(config.replace(activation="eelu", epochs=1), dataset=stripes)
    assert torch.equal(before[0], torch.get_rng_state())
    assert before[1:] == (np.random.get_state()[1].tolist(), random.getstate())  # noqa: NPY002


def test_a_run_learns_and_stores_what_was_promised(config, stripes):
    run = train(config.replace(epochs=6, lr=0.05), dataset=stripes)
    metrics = run.metrics()
    n = len(stripes.train.labels)
    assert metrics["epoch"].tolist() == [1, 2, 3, 4, 5, 6]
    assert metrics["images_seen"].tolist() == [n * e for e in range(1, 7)]
    assert metrics["step"].tolist() == [-(-n // 32) * e for e in range(1, 7)]
    assert metrics["train_accuracy"].iloc[-1] > 0.9
    steps_per_epoch = -(-n // 32)
    early = [(0, step) for step in (0, 1, 2, 4, 8, 16) if step < steps_per_epoch]
    assert run.snapshots().epochs == early + [(e, steps_per_epoch * e) for e in range(1, 7)]
    best = metrics.loc[metrics["val_accuracy"].idxmax()]
    assert run.info["chosen"] == {"epoch": int(best["epoch"]), "rule": "best_validation"}
    outputs = run.predictions("validation")
    hits = (outputs["outputs"].argmax(1) == outputs["labels"]).mean()
    assert hits == pytest.approx(best["val_accuracy"]) == run.info["results"]["validation"]["accuracy"]
    assert len(run.info["test_uses"]) == 1
    moved = [abs(p.item() - 1.0) for _, p in activation_parameters(run.load_model())]
    assert max(moved) > 1e-3, "CosLU's a and b both start at 1"


def test_the_last_epoch_is_chosen_when_the_config_says_so(config, stripes):
    run = train(config.replace(selection="last"), dataset=stripes)
    assert run.info["chosen"] == {"epoch": 2, "rule": "last"}


def test_accumulated_gradients_equal_those_of_one_large_batch(stripes, config, monkeypatch):
    def without_batch_statistics(self, x):
        return functional.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, training=False)

    monkeypatch.setattr(torch.nn.BatchNorm2d, "forward", without_batch_statistics)
    common = config.replace(augmentation="none", activation="silu", epochs=1)
    one = train(common.replace(batch_size=64), dataset=stripes)
    two = train(common.replace(batch_size=32, accumulate=2), dataset=stripes)
    assert two.metrics()["step"].tolist() == one.metrics()["step"].tolist() == [-(-len(stripes.train.labels) // 64)]
    assert two.metrics()["train_loss"][0] == pytest.approx(one.metrics()["train_loss"][0], rel=1e-4)


@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning")
def test_a_loss_that_is_not_finite_stops_the_run_as_failed_and_keeps_all(config, stripes):
    with pytest.raises(TrainingError, match=r"The loss is not finite \((nan|inf)\) at step \d+, in epoch 1\."):
        train(config.replace(lr=1e25), dataset=stripes)
    (run,) = RunStore(config.runs_dir).runs()
    assert run.status == "failed"
    assert "not finite" in run.info["error"]
    assert run.snapshots().epochs[0] == (0, 0)


@pytest.mark.parametrize(
    ("change", "kind"),
    [({"model": "resnet9"}, "model"), ({"activation": "cosslu"}, "activation"), ({"dataset": "cifar"}, "data set")],
)
def test_unknown_names_are_refused_before_anything_is_written(config, change, kind):
    with pytest.raises(UnknownNameError, match=f"Unknown {kind} '.*'. Did you mean"):
        train(config.replace(**change))
    assert not Path(config.runs_dir).exists()


def test_cuda_on_a_machine_without_it_is_a_clear_error(config, stripes, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ExplorerError, match="device is cuda, but torch finds no CUDA device here; choose cpu or auto"):
        train(config.replace(device="cuda"), dataset=stripes)


def test_a_second_writer_is_refused_with_the_pid_of_the_first(tmp_path, stripes):
    process = start_and_wait(tmp_path, 1)
    try:
        (run,) = RunStore(tmp_path).runs()
        assert run.status == "running"
        with pytest.raises(ExplorerError, match=str(process.pid)):
            train(resume=run.path, dataset=stripes)
    finally:
        process.kill()
        process.wait()
    time.sleep(0.1)
    assert RunStore(tmp_path).runs()[0].status == "interrupted"
