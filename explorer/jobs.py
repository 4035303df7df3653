"""Background work: one bounded queue per server, with progress, remaining time and stop.

The same key is the same job, for every tab: who leaves and comes back finds it where it is.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Literal

import streamlit as st

from core.errors import ExplorerError
from explorer.rows import duration

#: Finished jobs that are kept with their results; the oldest is forgotten first.
KEPT = 24
#: Jobs that may wait or run at the same time.
MOST = 8
#: How often a waiting page looks, in seconds.
TICK = 0.4

Progress = Callable[..., None]
State = Literal["waiting", "running", "done", "failed", "stopped"]


class Cancelled(Exception):
    """Raised inside the work at the next `progress(...)` after somebody pressed Stop."""


@dataclass
class Job:
    """One piece of work. Only its own thread writes; pages read."""

    key: str
    state: State = "waiting"
    done: float = 0.0
    total: float = 0.0
    text: str = ""
    result: Any = None
    error: str = ""
    started: float = 0.0
    """time.monotonic() when the work began; 0 while it waits."""
    _stop: threading.Event = field(default_factory=threading.Event, repr=False)

    def cancel(self) -> None:
        """Ask the work to stop; it ends at its next progress report."""
        self._stop.set()
        if self.state == "waiting":
            self.state = "stopped"

    @property
    def open(self) -> bool:
        """Whether the job waits or runs."""
        return self.state in ("waiting", "running")

    @property
    def share(self) -> float:
        """What is done, from 0 to 1."""
        return min(self.done / self.total, 1.0) if self.total > 0 else 0.0

    @property
    def remaining(self) -> float | None:
        """Seconds still needed if it goes on as it did; None before the first progress."""
        if not 0 < self.share < 1 or not self.started:
            return None
        return (time.monotonic() - self.started) * (1 - self.share) / self.share

    def words(self) -> str:
        """Return where the work stands: "Computing clouds, pass 3 of 64, about 6 s"."""
        if self.state == "waiting":
            return f"{self.text}, waiting for other work to end"
        left = self.remaining
        return self.text if left is None else f"{self.text}, about {duration(max(1, round(left)))}"

    def report(self, done: float, total: float, text: str = "") -> None:
        """Note progress; raises Cancelled after Stop."""
        if self._stop.is_set():
            raise Cancelled
        self.done, self.total, self.text = done, total, text or self.text

    def _work(self, function: Callable[[Progress], Any]) -> None:
        if self._stop.is_set():
            return
        self.state, self.started = "running", time.monotonic()
        try:
            self.result = function(self.report)
            self.state = "done"
        except Cancelled:
            self.state = "stopped"
        except ExplorerError as error:
            self.error, self.state = str(error), "failed"
        except Exception as error:
            self.error, self.state = f"{type(error).__name__}: {error}", "failed"


class Queue:
    """A bounded queue with one worker thread: torch uses the cores itself."""

    def __init__(self, workers: int = 1) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="explorer-job")
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._lock = threading.Lock()

    def submit(self, key: str, function: Callable[[Progress], Any], text: str = "Computing") -> Job:
        """Return the job `key` in whatever state, started if there is none. ExplorerError: too much is waiting."""
        with self._lock:
            job = self._jobs.get(key)
            if job is not None:
                self._jobs.move_to_end(key)
                return job
            if sum(j.open for j in self._jobs.values()) >= MOST:
                raise ExplorerError(f"{MOST} computations are waiting already; stop one of them, or try again in a moment.")
            job = self._jobs[key] = Job(key, text=text)
            self._jobs.move_to_end(key)
            self._drop_oldest()
        self._pool.submit(job._work, function)
        return job

    def find(self, key: str) -> Job | None:
        """Return the job `key`, whatever its state; None if there is none."""
        with self._lock:
            return self._jobs.get(key)

    def forget(self, key: str) -> None:
        """Let a job that has ended go, so that the key starts a new one."""
        with self._lock:
            job = self._jobs.get(key)
            if job is not None and not job.open:
                del self._jobs[key]

    def _drop_oldest(self) -> None:
        finished = [k for k, j in self._jobs.items() if not j.open]
        for key in finished[: max(0, len(self._jobs) - KEPT)]:
            del self._jobs[key]


@st.cache_resource(show_spinner=False)
def queue() -> Queue:
    """Return the server's queue."""
    return Queue()


def submit(key: str, function: Callable[[Progress], Any], text: str = "Computing") -> Job:
    """Return the server's job `key`, started if need be. `function` gets `progress(done, total, text)`."""
    return queue().submit(key, function, text)


def find(key: str) -> Job | None:
    """Return the server's job `key`; None if there is none."""
    return queue().find(key)


def show(job: Job, height: int) -> bool:
    """Draw the job in place of a figure of `height` px. True: the result is there, draw it now."""
    if job.state == "done":
        return True
    if job.open:
        _watch(job.key, height)
    elif job.state == "stopped":
        st.caption(f":material/stop_circle: Stopped. {job.text}.")
        st.button("Start again", key=f"again_{job.key}", on_click=_forget, args=(job.key,))
    else:
        st.error(job.error, icon=":material/error:")
        st.button("Try again", key=f"again_{job.key}", on_click=_forget, args=(job.key,))
    return False


def _forget(key: str) -> None:
    queue().forget(key)


@st.fragment(run_every=TICK)
def _watch(key: str, height: int) -> None:
    """Show words and a Stop button over a skeleton until the job ends, then run the page once more."""
    job = find(key)
    if job is None or not job.open:
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(job.share, text=job.words())
        st.button("Stop", key=f"stop_{key}", icon=":material/stop:", on_click=job.cancel)
    st.skeleton(height)
