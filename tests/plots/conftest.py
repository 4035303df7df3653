"""A browser page with plotly.js, in which figures are drawn."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import plotly
import pytest
from playwright.sync_api import Page

from tests.browser.chromium import chromium, find_chromium

from .figures import drawn, drawn_json

DRAW = """async (spec) => {
  const element = document.getElementById('figure');
  Plotly.purge(element);
  await Plotly.newPlot(element, spec.data, spec.layout, {displayModeBar: false, responsive: true});
  await Plotly.addFrames(element, spec.frames || []);
}"""


@pytest.fixture(scope="session")
def blank_page() -> Iterator[Page]:
    """Return a Chromium page that holds plotly.js and an empty element `#figure`."""
    if find_chromium() is None:
        pytest.skip("needs Debian's chromium")
    with chromium() as browser:
        page = browser.new_page()
        page.set_content("<html><body style='margin:0'><div id='figure' style='width:100%'></div></body></html>")
        page.add_script_tag(path=str(Path(plotly.__file__).parent / "package_data" / "plotly.min.js"))
        yield page


@pytest.fixture(scope="session")
def show(blank_page: Page) -> Callable[..., Page]:
    """Return a function that draws a figure by its name at a width in px, its film on request, and returns the page."""

    def shown(name: str, width: int, film: bool = False) -> Page:
        blank_page.set_viewport_size({"width": width, "height": int(drawn(name).layout.height)})
        spec = json.loads(drawn_json(name))
        blank_page.evaluate(DRAW, spec if film else {**spec, "frames": []})
        return blank_page

    return shown
