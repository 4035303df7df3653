"""A cold server shows its first figure soon, and does not wait for torch."""

import time
from pathlib import Path

from playwright.sync_api import Page

from .app_server import AppServer, LibraryWatch
from .chromium import CHART

BUDGET = 10  # seconds
#: A computer that also does other work can be slow at one start: one of these has to keep within the budget.
STARTS = 3


def test_the_first_figure_stands_within_10_s_and_before_torch_is_loaded(tmp_path: Path, page: Page) -> None:
    taken: list[float] = []
    while len(taken) < STARTS and min(taken, default=BUDGET + 1) > BUDGET:
        taken.append(first_figure(tmp_path, page))
    assert min(taken) <= BUDGET, f"{STARTS} starts took {taken} s"


def first_figure(folder: Path, page: Page) -> float:
    """Start a server and open it; return the seconds to its first figure, which must not wait for torch."""
    with AppServer(folder) as server, LibraryWatch(server) as watch:
        page.goto(server.wait().url, wait_until="commit")
        page.wait_for_selector(CHART)
        drawn = time.monotonic()
        assert watch.since is None
        wait_until_loaded(watch)
        page.goto("about:blank")
    assert watch.since is not None and watch.since > drawn
    return drawn - server.started


def wait_until_loaded(watch: LibraryWatch, seconds: float = 60) -> None:
    """Wait until torch is there: it is loaded once the figure stands, and the watch has to see it."""
    end = time.monotonic() + seconds
    while watch.since is None and time.monotonic() < end:
        time.sleep(0.1)
