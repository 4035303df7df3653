"""Where the runs come from."""

from pathlib import Path

import pytest

from explorer.source import VARIABLE, find_source, train_command


def test_the_argument_comes_before_the_environment_and_that_before_runs(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    assert find_source(["--runs-dir", "a"], {VARIABLE: "b"}, tmp_path).folder == Path("a")
    assert find_source([], {VARIABLE: "b"}, tmp_path).folder == Path("b")
    assert find_source([], {}, tmp_path).folder == tmp_path / "runs"
    assert find_source([], {}, tmp_path / "runs").folder is None


def test_arguments_of_others_are_left_alone(tmp_path: Path) -> None:
    assert find_source(["-q", "tests", "--runs-dir"], {}, tmp_path).folder is None


def test_ones_own_folder_is_scanned_first(tmp_path: Path) -> None:
    source = find_source(["--runs-dir", str(tmp_path / "mine")], {}, tmp_path)
    assert source.folders == (tmp_path / "mine", source.demo)
    assert (source.label, source.missing) == ("mine", True)
    assert find_source([], {}, tmp_path).label == "demo"


@pytest.mark.parametrize(
    ("folder", "end"),
    [(None, "--seed 0"), (Path("runs"), "--seed 0"), (Path("/a/b"), "--runs-dir /a/b"), (Path("/a b"), '--runs-dir "/a b"')],
)
def test_the_train_command_names_the_folder(folder: Path | None, end: str) -> None:
    command = train_command(folder)
    assert command.startswith("activation-explorer train --model resnet8 --activation coslu --dataset fashion-sample")
    assert command.endswith(end)
