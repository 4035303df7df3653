"""Style, types and import rules: what `make lint` says."""

import pytest

from .tools import run_python, run_tool


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(("ruff", "check", "--no-cache", "."), id="ruff finds nothing"),
        pytest.param(("ruff", "format", "--no-cache", "--check", "."), id="every file is formatted"),
        pytest.param(("lint-imports", "--no-cache"), id="no import goes against the layers"),
        pytest.param(("mypy",), id="the types agree"),
    ],
)
def test_the_tool_has_nothing_to_say(command: tuple[str, ...]) -> None:
    answer = run_tool(*command)
    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.mark.parametrize("module", ["core", "core.config", "core.runs", "core.cli", "explorer.plots"])
def test_importing_the_module_leaves_torch_alone(module: str) -> None:
    answer = run_python("-c", f"import sys, {module}; sys.exit('torch' in sys.modules)")
    assert answer.returncode == 0, answer.stderr or f"{module} imports torch"
