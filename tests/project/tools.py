"""Where the project lies, and a way to run its tools as a person would."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run_tool(name: str, *arguments: str, timeout: float = 300) -> subprocess.CompletedProcess[str]:
    """Run a command of this environment (`ruff`, `mypy`, …) in the project's root and return what it said."""
    command = [str(Path(sys.executable).parent / name), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=timeout)


def run_python(*arguments: str, timeout: float = 300) -> subprocess.CompletedProcess[str]:
    """Run this environment's Python in the project's root and return what it said."""
    return run_tool(Path(sys.executable).name, *arguments, timeout=timeout)


def tracked_files() -> list[str]:
    """Return the files git holds, or, without git (an unpacked archive), those that lie here outside dot-folders."""
    answer = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if answer.returncode == 0 and answer.stdout:
        return answer.stdout.splitlines()
    paths = (p.relative_to(ROOT) for p in ROOT.rglob("*") if p.is_file())
    return [str(p) for p in paths if not any(part.startswith((".", "__pycache__")) for part in p.parts)]
