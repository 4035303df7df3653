"""A cold server shows its first figure soon, and does not wait for torch."""

import time
from pathlib import Path
from statistics import median

from playwright.sync_api import Page

from .app_server import AppServer, LibraryWatch
from .chromium import CHART

BUDGET = 10  # seconds
#: Beside other work one start can be slow: where the first one is, two more follow, and the median counts.
MORE = 2


def test_the_first_figure_stands_within_10_s_and_before_torch_is_loaded(tmp_path: Path, page: Page) -> None:
    taken = [first_figure(tmp_path, page)]
    if taken[0] > BUDGET:
        taken += [first_figure(tmp_path, page) for _ in range(MORE)]
    assert median(taken) <= BUDGET, f"the starts took {taken} s"


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
