"""A cold server shows its first figure soon, and does not wait for torch."""

import time
from pathlib import Path

from playwright.sync_api import Page

from .app_server import AppServer, LibraryWatch
from .chromium import CHART


def test_the_first_figure_stands_within_10_s_and_before_torch_is_loaded(tmp_path: Path, page: Page) -> None:
    with AppServer(tmp_path) as server, LibraryWatch(server) as watch:
        page.goto(server.wait().url, wait_until="commit")
        page.wait_for_selector(CHART)
        drawn = time.monotonic()
        assert drawn - server.started <= 10
        assert watch.since is None
        wait_until_loaded(watch)
    assert watch.since is not None and watch.since > drawn


def wait_until_loaded(watch: LibraryWatch, seconds: float = 60) -> None:
    """Wait until torch is there: it is loaded once the figure stands, and the watch has to see it."""
    end = time.monotonic() + seconds
    while watch.since is None and time.monotonic() < end:
        time.sleep(0.1)
