"""`RunStore`: the runs in one or more folders, looked up by id alone."""

import difflib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import RunError, UnknownNameError
from .files import file_stamp
from .layout import LOCK, RECORD
from .lock import living_holder
from .record import read_record
from .run import Run
from .summary import COLUMNS, Summary

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class _Entry:
    """What the last scan found in one folder; `stamp` tells whether run.json has changed since."""

    stamp: tuple[int, ...] | None
    summary: Summary | None
    problem: str


class RunStore:
    """Runs by id, from a scan of `folders`: the first folder wins where two hold the same id.

    A path is never made from an id. Links to folders are not followed, wherever they lead: a shared runs folder shows what lies
    in it, nothing else; they are listed by `damaged`. Hidden folders are skipped.
    """

    def __init__(self, *folders: str | Path) -> None:
        self.folders = [Path(folder) for folder in folders]
        self._entries: dict[Path, _Entry] = {}
        self._runs: dict[str, Summary] = {}
        self._damaged: list[tuple[str, str]] = []
        self._lock = threading.Lock()
        self._frame: tuple[Any, pd.DataFrame] | None = None
        self.refresh()

    def refresh(self) -> None:
        """Scan the folders; read a run.json only if it is new or has changed."""
        with self._lock:
            entries = {path: self._look(path, folder) for folder in self.folders for path in _children(folder)}
            runs: dict[str, Summary] = {}
            damaged: list[tuple[str, str]] = []
            for path, entry in entries.items():
                if entry.summary is None:
                    damaged += [(str(path), entry.problem)] if entry.problem else []
                elif path.name in runs:
                    damaged.append((str(path), f"the id is taken by {runs[path.name].run.path}, which is used"))
                else:
                    runs[path.name] = entry.summary
            self._entries, self._runs, self._damaged = entries, runs, damaged

    def table(self) -> "pd.DataFrame":
        """Return one row per run, indexed by run_id, in order of the ids within each folder, after a new scan.

        Columns: status, model, activation, sharing, dataset, seed, epochs_done, epochs_planned, group, chosen_epoch,
        val_accuracy (0 to 1; of the chosen epoch, before one is chosen of the last), test_accuracy, created, path, source.
        """
        self.refresh()
        runs = self._runs
        rows = [summary.row() for summary in runs.values()]
        key = (tuple(runs), tuple(tuple(row.values()) for row in rows))
        if self._frame is None or self._frame[0] != key:
            self._frame = (key, _frame(rows, list(runs)))
        return self._frame[1].copy()

    def damaged(self) -> "pd.DataFrame":
        """Return path and reason of every folder that the last scan could not use."""
        import pandas as pd

        return pd.DataFrame(self._damaged, columns=["path", "reason"])

    def runs(self) -> list[Run]:
        """Return all runs in the table's order."""
        return [summary.run for summary in self._runs.values()]

    def __getitem__(self, run_id: str) -> Run:
        """Return a run; raise UnknownNameError, naming the nearest ids, if the scan found none of that id."""
        if run_id not in self._runs:
            self.refresh()
        if run_id not in self._runs:
            raise UnknownNameError(self._unknown(run_id))
        return self._runs[run_id].run

    def __contains__(self, run_id: object) -> bool:
        return run_id in self._runs

    def __len__(self) -> int:
        return len(self._runs)

    def __iter__(self) -> Iterator[str]:
        return iter(self._runs)

    def nearest(self, run_id: str, at_most: int = 3) -> list[str]:
        """Return the ids most like `run_id`."""
        return difflib.get_close_matches(str(run_id), list(self._runs), n=at_most, cutoff=0.4)

    def _unknown(self, run_id: str) -> str:
        where = ", ".join(str(folder) for folder in self.folders) or "no folder"
        near = self.nearest(run_id)
        guess = f" Nearest: {', '.join(near)}." if near else ""
        count = "1 run" if len(self._runs) == 1 else f"{len(self._runs)} runs"
        return f"There is no run '{run_id}' in {where} ({count}).{guess}"

    def _look(self, path: Path, folder: Path) -> _Entry:
        stamp = file_stamp(path / RECORD)
        known = self._entries.get(path)
        if known is not None and known.stamp == stamp is not None and not path.is_symlink():
            return known
        try:
            if path.is_symlink():
                raise RunError("is a link, and links are not followed; name the folder it leads to instead")
            if "," in path.name:
                raise RunError("has a comma in its name, which separates ids in links; rename it")
            if stamp is None and (path / LOCK).exists() and living_holder(path) is not None:
                return _Entry(stamp, None, "")  # just being made
            return _Entry(stamp, Summary(Run(path, read_record(path), str(folder))), "")
        except RunError as error:
            return _Entry(stamp, None, str(error))


def _children(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    except OSError:  # not there, or not readable: the same as empty
        return []


def _frame(rows: list[dict[str, Any]], ids: list[str]) -> "pd.DataFrame":
    import pandas as pd

    table = pd.DataFrame(rows, columns=list(COLUMNS), index=pd.Index(ids, name="run_id", dtype="str"))
    table = table.astype({name: kind for name, kind in COLUMNS.items() if kind is not None})
    table["created"] = pd.to_datetime(table["created"], utc=True, errors="coerce", format="ISO8601")
    return table
