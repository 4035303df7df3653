"""What if in a browser: a click on a row of the ablation figure chooses its site."""

import re

from playwright.sync_api import Page, expect

from .app_server import AppServer
from .chromium import looked_at, open_page, settle
from .demo import demo_run


def test_a_click_on_a_row_chooses_its_site(demo_server: AppServer, page: Page) -> None:
    open_page(page, f"{demo_server.url}/what-if?run={demo_run('coslu')}&site=layer3.0.act2")
    chart = page.get_by_test_id("stPlotlyChart")
    expect(chart.get_by_text("▶ layer3.0.act2")).to_be_visible()
    row = chart.get_by_text("layer1.0.act2", exact=True).bounding_box()
    plot = chart.locator(".nsewdrag").first.bounding_box()
    assert row is not None and plot is not None
    page.mouse.click(plot["x"] + 0.97 * plot["width"], row["y"] + row["height"] / 2)  # beside the bar, in its row
    page.wait_for_url(re.compile("site=layer1.0.act2"))
    settle(page)
    assert looked_at(page)["site"] == "layer1.0.act2"
    expect(chart.get_by_text("▶ layer1.0.act2")).to_be_visible()
