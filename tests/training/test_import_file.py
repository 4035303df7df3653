"""A file of another program becomes a run like any other; evaluate and import on the command line."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from core.analysis import wording
from core.analysis.nearest_tables import snapshot_nearest
from core.analysis.report import accuracy_sentence, file_report
from core.cli import run as call_cli
from core.config import TrainConfig
from core.data import load_dataset
from core.data.image_choice import ImageChoice
from core.errors import RunError
from core.runs import Run, RunStore
from core.runs.contents import list_contents
from core.runs.copy import copy_run
from core.runs.opening import open_network
from core.runs.run_data import data_key, load_run_data
from core.training import train
from core.training.evaluate import evaluate
from core.training.import_file import fit_images, import_network
from tests.runs.made_files import save, theirs
from tests.runs.made_prelu import learned

from .conftest import make_stripes


def call(*arguments: object) -> int:
    try:
        return call_cli([str(a) for a in arguments])
    except SystemExit as leave:
        return int(leave.code or 0)


@pytest.fixture(scope="module")
def stripes_run(tmp_path_factory) -> Run:
    """A run of ours on stripes, trained for one epoch."""
    folder = tmp_path_factory.mktemp("runs")
    config = TrainConfig(activation="coslu", epochs=1, batch_size=64, compile=False, progress=False, runs_dir=str(folder))
    return train(config, dataset=make_stripes())


@pytest.fixture
def with_stripes(monkeypatch):
    """Let every data set be the stripes."""
    monkeypatch.setattr("core.data.load_dataset", lambda *args, **options: make_stripes())


@pytest.fixture
def folder_of_images(tmp_path) -> Path:
    """Grey PNG images of two classes, of several sizes."""
    rng = np.random.default_rng(0)
    for label in ("cat", "dog"):
        (tmp_path / "pictures" / label).mkdir(parents=True)
        for number in range(20):
            pixels = rng.integers(0, 256, (20 + number, 24), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "pictures" / label / f"{number}.png")
    return tmp_path / "pictures"


def test_our_own_checkpoint_keeps_its_validation_accuracy_exactly(stripes_run, with_stripes, tmp_path, capsys):
    (file,) = (stripes_run.path / "checkpoints").iterdir()
    assert call("import", file, "--runs-dir", tmp_path / "mine") == 0
    (imported,) = RunStore(tmp_path / "mine").runs()
    assert imported.status == "succeeded"
    assert imported.info["results"]["validation"] == stripes_run.info["results"]["validation"]
    stored, original = imported.predictions("validation"), stripes_run.predictions("validation")
    assert np.array_equal(stored["outputs"], original["outputs"])
    assert imported.load_model().state_dict()["act.a"] == stripes_run.load_model().state_dict()["act.a"]
    assert str(imported.path) in capsys.readouterr().out


def test_the_one_snapshot_of_an_imported_run_is_that_of_the_training(stripes_run, with_stripes, tmp_path):
    (file,) = (stripes_run.path / "checkpoints").iterdir()
    call("import", file, "--runs-dir", tmp_path)
    (imported,) = RunStore(tmp_path).runs()
    ours, theirs_ = stripes_run.snapshots().at(1), imported.snapshots().at(1)
    assert imported.snapshots().epochs == [(1, 0)]
    np.testing.assert_allclose(theirs_.statistics.quantiles, ours.statistics.quantiles, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(theirs_.statistics.saturated, ours.statistics.saturated, atol=1e-4)
    assert ours.parameters == theirs_.parameters


def test_evaluate_says_the_same_of_the_run_its_file_and_the_imported_run(stripes_run, with_stripes, tmp_path, capsys):
    (file,) = (stripes_run.path / "checkpoints").iterdir()
    call("import", file, "--runs-dir", tmp_path, "--mean", "0.3", "--std", "0.2")
    (imported,) = RunStore(tmp_path).runs()
    capsys.readouterr()
    results = []
    for arguments in ([file], [stripes_run.path], [imported.path], [file, "--mean", "0.3", "--std", "0.2"]):
        assert call("evaluate", *arguments) == 0
        results.append(json.loads(capsys.readouterr().out.splitlines()[-1]))
    assert results[0] == results[1] == {"split": "validation", **stripes_run.info["results"]["validation"]}
    assert results[2] == results[3] != results[0]


def test_a_file_from_elsewhere_is_imported_with_its_source_its_digest_and_what_was_assumed(tmp_path, with_stripes):
    network = theirs(classes=3, channels=1)
    path = save(tmp_path / "theirs.th", {"state_dict": network.state_dict(), "epoch": 12})
    assert call("import", path, "--dataset", "mnist", "--runs-dir", tmp_path / "runs") == 0
    (imported,) = RunStore(tmp_path / "runs").runs()
    made = imported.info["made_with"]
    assert made["file"] == "theirs.th"
    assert made["sha256"] == list_contents(path).sha256
    assert imported.chosen_epoch == 12
    assert len(imported.metrics()) == 1
    assert any("ReLU is assumed" in sentence for sentence in made["assumed"])
    assert any("No normalisation was given; that of stripes is assumed" in sentence for sentence in made["assumed"])
    assert imported.info["test_uses"] == []
    data = make_stripes()
    assert imported.info["results"]["validation"]["accuracy"] == evaluate(network, data)["accuracy"]


def test_slopes_of_torchs_prelu_are_kept_in_the_run_with_what_was_assumed(tmp_path):
    network = learned("relu", ("relu",), lambda channels: torch.nn.PReLU(channels))
    path = save(tmp_path / "prelu.pt", network.state_dict())
    assert call("import", path, "--runs-dir", tmp_path / "runs") == 0
    (imported,) = RunStore(tmp_path / "runs").runs()
    assert (imported.config["activation"], imported.config["sharing"]) == ("prelu", "channel")
    assert any("are assumed to be the slopes of a PReLU" in said for said in imported.info["made_with"]["assumed"])
    assert any("are assumed to be the slopes of a PReLU" in said for said in file_report(imported).assumed)
    x = torch.randn(2, 3, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(imported.load_model()(x), network(x), rtol=1e-5, atol=1e-5)
    stored = imported.snapshots().at().parameters["layer1.0.act2"]["a"]
    np.testing.assert_array_equal(stored, network.state_dict()["layer1.0.relu.weight"].numpy())


def test_without_images_there_is_a_run_with_curves_and_no_accuracy(tmp_path):
    path = save(tmp_path / "theirs.pt", theirs().state_dict())
    assert call("import", path, "--runs-dir", tmp_path / "runs") == 0
    (imported,) = RunStore(tmp_path / "runs").runs()
    assert imported.snapshots().at().statistics is None
    assert accuracy_sentence(imported).startswith("No accuracy: ")
    assert (
        "The file does not say after how many epochs it was saved; here it stands as epoch 1."
        in (imported.info["made_with"]["assumed"])
    )
    with pytest.raises(RunError, match="names no data set, so its images cannot be loaded"):
        load_run_data(imported)


def test_a_folder_of_images_of_another_mode_and_size_is_converted_and_it_is_said(tmp_path, folder_of_images, capsys):
    path = save(tmp_path / "theirs.pt", theirs(classes=2).state_dict())
    arguments = ["--dataset", "folder", "--data-dir", folder_of_images, "--image-size", "16", "--mean", "0.5", "--std", "0.25"]
    assert call("import", path, *arguments, "--runs-dir", tmp_path / "runs") == 0
    said = capsys.readouterr().out
    assert "The images of the folder were cut to squares and scaled to 16×16 pixels." in said
    assert "The images of pictures were converted from grey to RGB (their channel three times)." in said
    (imported,) = RunStore(tmp_path / "runs").runs()
    data = load_run_data(imported)
    assert data.validation.images.shape[1:] == (3, 16, 16)
    assert (data.mean, data.sd) == ((0.5,) * 3, (0.25,) * 3)
    assert data_key(imported)[0] == f"folder as {imported.id} takes it"


def test_images_of_other_classes_measure_the_activations_and_give_no_accuracy(tmp_path, with_stripes):
    path = save(tmp_path / "theirs.pt", theirs(channels=1, classes=7).state_dict())
    opened = open_network(list_contents(path))
    imported = import_network(opened, tmp_path / "runs", fit_images(opened, ImageChoice(dataset="mnist")))
    assert imported.snapshots().at().statistics is not None
    assert "validation" not in imported.info["results"]
    assert any("has 3 classes and the network 7 outputs" in said for said in imported.info["made_with"]["assumed"])


def test_a_stopped_import_leaves_nothing_behind(tmp_path, with_stripes):
    opened = open_network(list_contents(save(tmp_path / "a.pt", theirs(channels=1, classes=3).state_dict())))

    def stop(done: int, total: int, text: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_network(opened, tmp_path / "runs", fit_images(opened, ImageChoice(dataset="mnist")), progress=stop)
    assert list((tmp_path / "runs").iterdir()) == []


@pytest.mark.full
def test_a_network_of_torchvision_becomes_a_run_whose_network_loads(tmp_path):
    import torchvision

    network = torchvision.models.resnet18(weights=None, num_classes=10).eval()
    path = save(tmp_path / "r18.pth", network.state_dict())
    assert call("import", path, "--runs-dir", tmp_path / "runs") == 0
    (imported,) = RunStore(tmp_path / "runs").runs()
    assert len(imported.snapshots().sites) == 17
    x = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(imported.load_model()(x), network(x), rtol=1e-4, atol=1e-5)
    report = file_report(imported)
    assert list(report.sites["function"]) == ["ReLU"] * 17


def test_the_report_tells_parameters_now_and_at_the_assumed_start(stripes_run, with_stripes, tmp_path):
    (file,) = (stripes_run.path / "checkpoints").iterdir()
    call("import", file, "--runs-dir", tmp_path)
    (imported,) = RunStore(tmp_path).runs()
    report = file_report(imported)
    facts = dict(report.facts.itertuples(index=False))
    assert facts["File"] == file.name
    assert facts["Network"].startswith("resnet8 with zero-padding shortcuts, 3 classes")
    assert list(report.sites["at the assumed start"]) == ["a 1.00, b 1.00"] * 7
    network = stripes_run.load_model()
    a, b = (float(p.detach()) for p in (network.act.a, network.act.b))
    assert report.sites["parameters now"][0] == f"a {wording.number(a, wording.decimals_for(a))}, " + (
        f"b {wording.number(b, wording.decimals_for(b))}"
    )
    assert list(report.sites["nearest function"]) == list(snapshot_nearest(imported, [1])["label"])
    assert report.accuracy.startswith("Validation accuracy ")
    assert any("they were not looked at" in sentence for sentence in report.unchecked)
    assert all(" of " in text for text in report.sites["dead units"])


def test_a_copied_run_is_whole_and_is_not_copied_twice(tmp_path, folder_of_images):
    path = save(tmp_path / "theirs.pt", theirs(classes=2).state_dict())
    opened = open_network(list_contents(path))
    images = fit_images(opened, ImageChoice(dataset="folder", data_dir=str(folder_of_images), image_size=16))
    imported = import_network(opened, tmp_path / "first", images)
    copied = copy_run(imported, tmp_path / "second", with_images=True)
    assert RunStore(tmp_path / "second")[copied.id].status == "succeeded"
    assert copied.config["data_dir"] == str(copied.path / "images")
    assert load_run_data(copied).fingerprint == load_run_data(imported).fingerprint
    with pytest.raises(RunError, match="is there already"):
        copy_run(imported, tmp_path / "second")


def test_the_fashion_sample_scaled_for_a_network_of_rgb_images_evaluates(tmp_path, capsys):
    path = save(tmp_path / "theirs.pt", theirs().state_dict())
    arguments = ["--dataset", "fashion-sample", "--split", "test", "--mean", "0.5", "--std", "0.5", "--input-size", "16"]
    assert call("evaluate", path, *arguments) == 0
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert set(result) == {"split", "n", "loss", "accuracy"}
    assert result["n"] == len(load_dataset("fashion-sample").test)


@pytest.mark.parametrize(
    ("command", "arguments", "code", "sentence"),
    [
        ("evaluate", [], 2, "theirs.pt does not say on which images it was trained; name a data set with --dataset."),
        ("evaluate", ["--dataset", "cifarr"], 2, "Unknown data set 'cifarr'."),
        ("import", ["--model", "resnet21"], 2, "Unknown model 'resnet21'. Did you mean 'resnet"),
        ("import", ["--mean", "0.5"], 2, "A normalisation needs both --mean and --std; received only one of them."),
        ("import", ["--mean", "a,b", "--std", "1,1"], 2, "--mean must be numbers with commas between them; received 'a,b'."),
        ("import", ["--activation", "cosslu"], 2, "Unknown activation 'cosslu'."),
        ("import", ["--size-limit", "0"], 1, "files above the size limit of 0 bytes are not opened."),
        ("import", ["--model", "resnet20"], 1, "another depth (1 block in layer1 instead of 3"),
        (
            "evaluate",
            ["--dataset", "mnist"],
            1,
            "theirs.pt tells 10 classes apart and stripes has 3; an accuracy needs a data set",
        ),
        ("import", ["--dataset", "mnist", "--mean", "1,1,1,1,1", "--std", "1"], 1, "mean needs one number per channel (3)"),
    ],
)
def test_mistakes_are_one_sentence_with_the_right_exit_code(
    command, arguments, code, sentence, tmp_path, with_stripes, capsys, request
):
    if "Unknown data set" in sentence:
        request.getfixturevalue("monkeypatch").undo()
    path = save(tmp_path / "theirs.pt", theirs().state_dict())
    runs = ["--runs-dir", tmp_path / "runs"]
    assert call(command, path, *arguments, *runs) == code
    errors = capsys.readouterr().err.strip()
    assert sentence in errors
    assert "Traceback" not in errors
    assert len(errors.splitlines()) == 1
    assert not (tmp_path / "runs").exists() or list((tmp_path / "runs").iterdir()) == []


def test_a_malicious_file_is_refused_by_the_command_and_not_run(tmp_path, capsys):
    from tests.runs.made_files import Attack

    path = save(tmp_path / "bad.pt", {"w": torch.zeros(1), "x": Attack(tmp_path / "trace")})
    assert call("import", path, "--runs-dir", tmp_path / "runs") == 1
    assert "posix.mkdir" in capsys.readouterr().err
    assert not (tmp_path / "trace").exists()
