"""The built wheel holds all that the app needs, and nothing else."""

import zipfile
from pathlib import Path

import pytest

from .tools import ROOT, run_python, tracked_files


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Names of the files in a wheel built here, without a network."""
    folder: Path = tmp_path_factory.mktemp("wheel")
    answer = run_python("-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder))
    assert answer.returncode == 0, answer.stdout + answer.stderr
    (path,) = folder.glob("*.whl")
    return set(zipfile.ZipFile(path).namelist())


def test_the_wheel_holds_every_tracked_file_of_both_packages(wheel: set[str]) -> None:
    packaged = {f for f in tracked_files() if f.startswith(("core/", "explorer/")) and (ROOT / f).exists()}
    assert packaged <= wheel


def test_the_wheel_holds_nothing_but_the_two_packages(wheel: set[str]) -> None:
    assert {name.split("/")[0] for name in wheel} == {"core", "explorer", "activation_explorer-0.1.0.dist-info"}


@pytest.mark.parametrize(
    "prefix",
    [
        "core/data/__init__.py",
        "core/data/fashion_sample/",
        "core/data/fashion_sample/LICENSE",
        "core/models/",
        "explorer/app.py",
        "explorer/.streamlit/config.toml",
        "explorer/pages/__init__.py",
        "explorer/pages/start.py",
        "explorer/demo_runs/",
        "activation_explorer-0.1.0.dist-info/entry_points.txt",
        "activation_explorer-0.1.0.dist-info/licenses/LICENSE",
    ],
)
def test_the_wheel_holds(wheel: set[str], prefix: str) -> None:
    assert any(name.startswith(prefix) for name in wheel)


def test_the_wheel_holds_no_leftovers(wheel: set[str]) -> None:
    assert [n for n in wheel if n.endswith((".pyc", ".pt", "lock")) or "__pycache__" in n] == []
