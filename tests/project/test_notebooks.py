"""The lessons run from top to bottom."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from .tools import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_lesson_runs(path: Path, tmp_path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    errors = [o for c in notebook.cells for o in c.get("outputs", []) if o.output_type in ("error",)]
    assert errors == []


def test_there_is_a_lesson() -> None:
    assert "01_train_and_see" in [p.stem for p in NOTEBOOKS]
