"""What the README promises holds: its table, its links and its code."""

import re
from pathlib import Path

import pytest

from .readme_table import README, renewed
from .tools import ROOT, run_python

TEXT = README.read_text()
CODE = re.findall(r"^## (.+?)$|^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def code_blocks() -> list[tuple[str, str]]:
    """Return (heading, code) for each Python block."""
    heading, blocks = "", []
    for title, code in CODE:
        heading = title or heading
        if code:
            blocks.append((heading, code))
    return blocks


def test_the_table_of_activations_is_that_of_the_registry() -> None:
    assert renewed(TEXT) == TEXT, "run python -m tests.project.readme_table"


@pytest.mark.parametrize("document", ["README.md", "core/README.md", "CHANGELOG.md"])
def test_every_file_that_is_linked_exists(document: str) -> None:
    targets = re.findall(r"\]\((?!http)([^)#]+)\)", (ROOT / document).read_text())
    assert [t for t in targets if not ((ROOT / document).parent / t).exists()] == []


def test_every_make_target_that_is_named_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    named = set(re.findall(r"^make ([a-z-]+)", TEXT, re.MULTILINE))
    assert named
    assert [name for name in named if not re.search(rf"^{name}:", makefile, re.MULTILINE)] == []


def test_the_code_runs_and_leaves_runs_that_open(tmp_path: Path) -> None:
    for number, (_, code) in enumerate(code_blocks()):
        (tmp_path / f"block_{number}.py").write_text(code)
    (tmp_path / "all.py").write_text(RUN_ALL)
    answer = run_python("-W", "error", str(tmp_path / "all.py"), str(len(code_blocks())))
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.split("\n")[-2] == "['succeeded', 'succeeded']"


#: Runs the blocks one after another, each with names of its own, in the folder that holds them.
RUN_ALL = """
import os, runpy, sys
os.chdir(os.path.dirname(__file__))
for number in range(int(sys.argv[1])):
    runpy.run_path(f"block_{number}.py", run_name="__main__")
from core.runs import RunStore
print(list(RunStore("runs").table()["status"]))
"""


def test_the_code_blocks_are_found() -> None:
    assert [heading for heading, _ in code_blocks()] == ["Your own data", "Your own training loop"]
