"""SIGTERM and SIGINT end the step, not the process: the run is left `interrupted` and can be resumed."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Interrupted(KeyboardInterrupt):
    """Training was asked to stop; the unfinished epoch is repeated on resume."""


class StopFlag:
    """Set by a signal (or by `set`), asked after every step."""

    def __init__(self) -> None:
        self.reason: str | None = None

    def set(self, reason: str) -> None:
        """Ask training to stop after the current step."""
        self.reason = reason

    def check(self) -> None:
        """Raise Interrupted if training was asked to stop."""
        if self.reason is not None:
            raise Interrupted(self.reason)


@contextmanager
def stop_on_signals() -> Iterator[StopFlag]:
    """Yield a flag that SIGTERM and SIGINT set; outside the main thread, where Python allows no handlers, nobody sets it."""
    flag = StopFlag()
    if threading.current_thread() is not threading.main_thread():
        yield flag
        return

    def handle(number: int, frame: object) -> None:
        if flag.reason is not None:  # asked twice: do not wait for the step
            raise KeyboardInterrupt
        flag.set(signal.Signals(number).name)

    before = {number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield flag
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
