"""A browser, and servers of the app in processes of their own."""

from collections.abc import Generator, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from .app_server import AppServer
from .chromium import StillBusy, chromium, find_chromium


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder, so that `-m "not browser"` leaves them out."""
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Add to the report of a page that stayed busy where its server stood."""
    report = yield
    server = getattr(item, "funcargs", {}).get("demo_server")
    if server is not None and call.excinfo is not None and call.excinfo.errisinstance(StillBusy):
        report.sections.append(("server", server.tell_and_restart()))
    return report


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium, for all tests of this folder; closed after them, because Playwright keeps an event loop running."""
    if find_chromium() is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A tab of a new session."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    context.set_default_timeout(30_000)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="package")
def demo_server(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    """The app on the demo runs alone."""
    with AppServer(tmp_path_factory.mktemp("demo")) as server:
        yield server.wait()
