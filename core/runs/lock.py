"""One writer per run folder.

The lock file names the holder: host, pid, start time of the process, heartbeat. On this host the holder lives if a process
with that pid and start time exists, whatever the age of the heartbeat, so a killed run can be resumed at once. On another
host it lives if its heartbeat is younger than two minutes.
"""

import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from ..errors import RunLockedError
from .files import write_bytes
from .layout import LOCK

HEARTBEAT_SECONDS = 20.0
STALE_SECONDS = 120.0
START_TOLERANCE = 2.0  # seconds; the system's boot time, from which start times are counted, moves a little


@dataclass(frozen=True)
class LockHolder:
    """Who writes a run; `started` and `heartbeat` are seconds since 1970."""

    host: str
    pid: int
    started: float
    heartbeat: float
    token: str = ""

    def lives(self) -> bool:
        """Return whether the holder still runs."""
        if self.host != socket.gethostname():
            return time.time() - self.heartbeat < STALE_SECONDS
        started = process_start(self.pid)
        return started is not None and abs(started - self.started) < START_TOLERANCE


def process_start(pid: int) -> float | None:
    """Return when process `pid` of this host began (seconds since 1970), None if there is none that still runs."""
    import psutil

    try:
        process = psutil.Process(pid)
        if process.status() in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD):
            return None
        return process.create_time()
    except (psutil.NoSuchProcess, ValueError, OverflowError):  # a pid below 0 or above what C holds
        return None


def read_lock(folder: Path) -> LockHolder | None:
    """Return who holds `folder`, None if nobody does or the lock file is not readable."""
    try:
        values = json.loads((folder / LOCK).read_bytes())
        return LockHolder(
            host=str(values["host"]),
            pid=int(values["pid"]),
            started=float(values["started"]),
            heartbeat=float(values["heartbeat"]),
            token=str(values.get("token", "")),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def living_holder(folder: Path) -> LockHolder | None:
    """Return who writes `folder` at present, None if nobody does."""
    holder = read_lock(folder)
    return holder if holder is not None and holder.lives() else None


class RunLock:
    """The right to write one run folder, kept alive by a daemon thread until `release`."""

    def __init__(self, folder: Path) -> None:
        """Take the lock of `folder`; raise RunLockedError, which names the pid, while another holder lives."""
        self.folder = folder
        self.lost = False
        self._token = secrets.token_hex(8)
        self._stop = threading.Event()
        with guard(folder):
            holder = living_holder(folder)
            if holder is not None:
                raise RunLockedError(_refusal(folder, holder))
            self._write()
        self._thread = threading.Thread(target=self._keep, name=f"heartbeat-{folder.name}", daemon=True)
        self._thread.start()

    def beat(self) -> None:
        """Renew the heartbeat, unless another process has taken the lock over."""
        with guard(self.folder):
            holder = read_lock(self.folder)
            self.lost = holder is None or holder.token != self._token
            if not self.lost:
                self._write()

    def check(self) -> None:
        """Raise RunLockedError if another process has taken the lock over, e.g. while this machine slept."""
        if self.lost:
            holder = read_lock(self.folder)
            raise RunLockedError(
                _refusal(self.folder, holder) if holder else f"The lock of run {self.folder.name} was removed."
            )

    def release(self) -> None:
        """Stop the heartbeat and remove the lock file, if it is still ours."""
        self._stop.set()
        if threading.current_thread() is not self._thread:
            self._thread.join()
        with guard(self.folder):
            holder = read_lock(self.folder)
            if holder is not None and holder.token == self._token:
                (self.folder / LOCK).unlink(missing_ok=True)

    def _write(self) -> None:
        pid = os.getpid()
        holder = LockHolder(socket.gethostname(), pid, process_start(pid) or 0.0, time.time(), self._token)
        write_bytes(self.folder / LOCK, json.dumps(asdict(holder)).encode())

    def _keep(self) -> None:
        while not self._stop.wait(HEARTBEAT_SECONDS) and not self.lost:
            try:
                self.beat()
            except OSError:  # a disk that is away for a moment; the next beat tries again
                continue


@contextmanager
def guard(folder: Path) -> Iterator[None]:
    """Keep others on this file system from reading and replacing the lock file at the same moment (POSIX only)."""
    try:
        import fcntl
    except ImportError:  # Windows: the moment stays unguarded
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _refusal(folder: Path, holder: LockHolder) -> str:
    who = "this process" if holder.pid == os.getpid() and holder.host == socket.gethostname() else "a process"
    return (
        f"Run {folder.name} is being written by {who} with pid {holder.pid} on {holder.host}; "
        "wait until it ends, or stop it first."
    )
