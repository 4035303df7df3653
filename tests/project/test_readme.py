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


@pytest.mark.parametrize(("heading", "code"), code_blocks(), ids=lambda text: text.split("\n")[0][:24])
def test_the_code_runs_and_leaves_a_run_that_opens(heading: str, code: str, tmp_path: Path) -> None:
    look = "\nfrom core.runs import RunStore\ntable = RunStore('runs').table()\nassert list(table['status']) == ['succeeded']"
    (tmp_path / "example.py").write_text(f"import os\nos.chdir({str(tmp_path)!r})\n{code}{look}")
    answer = run_python("-W", "error", str(tmp_path / "example.py"))
    assert answer.returncode == 0, f"{heading}: {answer.stderr}"


def test_the_code_blocks_are_found() -> None:
    assert [heading for heading, _ in code_blocks()] == ["Your own data", "Your own training loop"]
