"""The page Activations in a browser: nothing on it that a reader would trip over."""

import pytest
from playwright.sync_api import Page

from .app_server import AppServer
from .checks import complaints
from .chromium import open_page


@pytest.mark.parametrize(
    "query", ["activation=eelu:alpha=0.5", "part=formula", "part=pseudo&pseudo=window", "activation=nosuch"]
)
def test_there_is_nothing_to_complain_of(demo_server: AppServer, page: Page, query: str) -> None:
    open_page(page, f"{demo_server.url}/activations?{query}")
    assert complaints(page) == []
