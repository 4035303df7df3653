"""Where the runs come from: a folder of one's own first, the bundled demo runs below."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

DEMO = Path(__file__).parent / "demo_runs"
VARIABLE = "ACTIVATION_EXPLORER_RUNS_DIR"


@dataclass(frozen=True)
class Source:
    """The folder of one's own runs (None: only the demo runs are shown) and the folder of the demo runs."""

    folder: Path | None
    demo: Path

    @property
    def folders(self) -> tuple[Path, ...]:
        """All folders to scan, one's own first."""
        return (self.demo,) if self.folder is None else (self.folder, self.demo)

    @property
    def label(self) -> str:
        """What the badge says: the folder's name, or "demo"."""
        return "demo" if self.folder is None else self.folder.resolve().name or str(self.folder)

    @property
    def missing(self) -> bool:
        """Whether the folder of one's own was named but does not exist."""
        return self.folder is not None and not self.folder.is_dir()


def find_source(arguments: Sequence[str], environment: Mapping[str, str], working: Path) -> Source:
    """Return the source: `--runs-dir DIR` after `--`, else the environment variable, else ./runs if it exists."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--runs-dir", nargs="?")
    known, _ = parser.parse_known_args(list(arguments))
    named = known.runs_dir or environment.get(VARIABLE)
    if named:
        return Source(Path(named).expanduser(), DEMO)
    return Source(working / "runs" if (working / "runs").is_dir() else None, DEMO)


def train_command(folder: Path | None) -> str:
    """Return the command that puts a first run into `folder`, ready to copy."""
    text = "activation-explorer train --model resnet8 --activation coslu --dataset fashion-sample --epochs 10 --seed 0"
    if folder is None or str(folder) == "runs":
        return text
    name = str(folder)
    quoted = name if all(c.isalnum() or c in "/._-\\:" for c in name) else f'"{name}"'
    return f"{text} --runs-dir {quoted}"
