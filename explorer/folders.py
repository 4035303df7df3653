"""The run folders as the last look found them: one's own runs first, the demo runs below. Shared by all tabs."""

import os
import sys
import threading
import time
from functools import lru_cache
from pathlib import Path

from core.runs import Run, RunStore
from explorer.source import Source, find_source

#: The folders are scanned at most so often, in seconds, whatever the number of tabs.
SCAN_EVERY = 0.5


class _Scanned:
    """One store of all folders, and what its last scan found."""

    def __init__(self, where: Source) -> None:
        self.where = where
        self.demo = str(where.demo)
        self.store = RunStore(*where.folders)
        self.lock = threading.Lock()
        self._look()

    def refresh(self) -> None:
        with self.lock:
            if time.monotonic() - self.scanned >= SCAN_EVERY:
                self.store.refresh()
                self._look()

    def _look(self) -> None:
        runs = self.store.runs()
        self.own = tuple(sorted((r.id for r in runs if r.source != self.demo), reverse=True))
        self.demos = tuple(sorted(r.id for r in runs if r.source == self.demo))
        self.states = {r.id: f"{r.status} {r.state()}" for r in runs}
        self.scanned = time.monotonic()


_scanned = lru_cache(maxsize=4)(_Scanned)
_current: list[_Scanned] = []


def _now() -> _Scanned:
    """Return what `refresh` looked at last; it is called at the start of every run of the script."""
    if not _current:
        refresh()
    return _current[0]


def refresh() -> None:
    """Look at the folders again, if the last look is a while ago: at --runs-dir, else the environment's, else ./runs."""
    found = _scanned(find_source(sys.argv[1:], os.environ, Path.cwd()))
    found.refresh()
    _current[:] = [found]


def refresh_now() -> None:
    """Look at the folders again at once, after a run was added here."""
    found = _scanned(find_source(sys.argv[1:], os.environ, Path.cwd()))
    found.scanned = -SCAN_EVERY
    found.refresh()
    _current[:] = [found]


def source() -> Source:
    """Return where the runs come from."""
    return _now().where


def store() -> RunStore:
    """Return the store of one's own runs and the demo runs."""
    return _now().store


def run(run_id: str) -> Run:
    """Return a run by its id."""
    return store()[run_id]


def run_ids() -> tuple[str, ...]:
    """Return the ids of all runs: one's own, the newest first; then the demo runs in the order they were made."""
    return own_ids() + demo_ids()


def own_ids() -> tuple[str, ...]:
    """Return the ids of one's own runs, the newest first."""
    return _now().own


def demo_ids() -> tuple[str, ...]:
    """Return the ids of the demo runs."""
    return _now().demos


def is_demo(run_id: str) -> bool:
    """Return whether the run came with the program."""
    return run_id in demo_ids()


def state_of(*ids: str) -> str:
    """Return one key of the files of these runs, as of the last look."""
    states = _now().states
    return "|".join(states.get(run_id, "gone") for run_id in ids)


def state_token() -> str:
    """Return a text that changes when any run does: what a live page compares."""
    refresh()
    return f"{run_ids()} {state_of(*run_ids())}"


def places() -> str:
    """Return where was looked, as a sentence."""
    where = source()
    demo = f"the demo runs ({len(demo_ids())})"
    if where.folder is None:
        return f"Looked in {demo}."
    state = "which does not exist" if where.missing else f"{len(own_ids())} runs"
    return f"Looked in {where.folder} ({state}) and in {demo}."
