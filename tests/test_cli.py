"""The command line: exit codes and one readable sentence for every mistake."""

import json

import pytest

from core.cli import run
from core.training import train
from tests.training.conftest import make_stripes


def call(arguments: list[str]) -> int:
    """Return the exit code, whether it is returned or raised."""
    try:
        return run(arguments)
    except SystemExit as leave:
        return int(leave.code or 0)


@pytest.mark.parametrize("command", [[], ["train"], ["sweep"], ["evaluate"], ["app"]])
def test_help_is_shown_and_exits_with_0(command, capsys):
    assert call([*command, "--help"]) == 0
    assert "activation-explorer" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["trian"], "Unrecognized options: trian."),
        (["train", "--epochs", "0"], "epochs must be at least 1; received 0."),
        (["train", "--epochs", "ten"], "Error parsing --epochs: invalid literal"),
        (["train", "--activationn", "relu"], "Did you mean --activation?"),
        (["train", "--model", "resnet9"], "Unknown model 'resnet9'. Did you mean 'resnet8'? Known: resnet8, resnet14"),
        (["train", "--activation", "cosslu"], "Unknown activation 'cosslu'. Did you mean 'coslu'? Known: "),
        (["train", "--dataset", "cifar"], "Unknown data set 'cifar'. Did you mean 'cifar10'? Known: "),
        (["train", "--activation", "eelu:eps"], "'eps' in 'eelu:eps' is no option; write name:option=value"),
        (["sweep", "--set", "speed=1"], "--set speed=1 names no training option"),
        (["evaluate"], "RUN_OR_FILE"),
    ],
)
def test_wrong_arguments_exit_with_2_and_one_sentence(arguments, sentence, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert call(arguments) == 2
    errors = capsys.readouterr().err
    assert sentence in errors
    assert "Traceback" not in errors
    assert len(errors.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_missing_data_folder_exits_with_1(capsys, tmp_path):
    assert call(["train", "--dataset", "cifar10", "--data-dir", str(tmp_path), "--runs-dir", str(tmp_path / "runs")]) == 1
    errors = capsys.readouterr().err
    assert "train.parquet" in errors
    assert str(tmp_path) in errors
    assert "Traceback" not in errors


def test_evaluate_ends_with_one_line_of_json(capsys, tmp_path, config_of_tests, monkeypatch):
    stripes = make_stripes()
    finished = train(config_of_tests, dataset=stripes)
    monkeypatch.setattr("core.data.load_dataset", lambda *args, **options: stripes)
    capsys.readouterr()
    assert call(["evaluate", str(finished.path)]) == 0
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert result == {"split": "validation", **finished.info["results"]["validation"]}
    assert call(["evaluate", finished.id, "--runs-dir", str(finished.path.parent), "--split", "test"]) == 0
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert result == {"split": "test", **finished.info["results"]["test"]}
    file = next((finished.path / "checkpoints").iterdir())
    assert call(["evaluate", str(file)]) == 0
    assert set(json.loads(capsys.readouterr().out.splitlines()[-1])) == {"split", "n", "loss", "accuracy"}


def test_every_look_at_the_test_data_is_counted(capsys, tmp_path, config_of_tests, monkeypatch):
    from core.runs import RunStore

    stripes = make_stripes()
    finished = train(config_of_tests, dataset=stripes)
    monkeypatch.setattr("core.data.load_dataset", lambda *args, **options: stripes)
    call(["evaluate", str(finished.path), "--split", "validation"])
    call(["evaluate", str(finished.path), "--split", "test"])
    uses = RunStore(finished.path.parent)[finished.id].info["test_uses"]
    assert [use["by"] for use in uses] == ["training", "evaluate"]


def test_an_unknown_run_exits_with_2(capsys, tmp_path):
    assert call(["evaluate", "20260101-000000-nothing", "--runs-dir", str(tmp_path)]) == 2
    assert "20260101-000000-nothing" in capsys.readouterr().err


@pytest.fixture
def config_of_tests(tmp_path):
    from core.config import TrainConfig

    return TrainConfig(epochs=1, batch_size=64, compile=False, progress=False, runs_dir=str(tmp_path / "runs"))
