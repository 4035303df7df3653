"""A link restores what was looked at, and nothing changes it unasked."""

import re
import urllib.parse
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from .app_server import AppServer
from .chromium import looked_at, open_page, settle
from .demo import demo_run

PAGES = (
    "Start",
    "Runs",
    "Curves",
    "Features & noise",
    "Explanations",
    "What if",
    "Predictions",
    "Compare",
    "Activations",
    "Open a file",
)


@pytest.fixture(scope="module")
def asked() -> dict[str, str]:
    """Two runs, one of them to look at, with a site and an epoch that are not the defaults."""
    first, second = demo_run("coslu"), demo_run("relu")
    return {"run": second, "runs": f"{first},{second}", "site": "layer2.0.act2", "epoch": "3"}


def link(server: AppServer, path: str, values: dict[str, str]) -> str:
    return f"{server.url}/{path}?{urllib.parse.urlencode(values)}"


def visit(page: Page, name: str) -> None:
    """Open a page by its name in the navigation."""
    page.get_by_test_id("stSidebarNavLink").filter(has_text=re.compile(f"{name}$")).click()
    expect(page.get_by_role("heading", level=1).first).to_be_visible()


def steps() -> list[tuple[str, Callable[[Page], None]]]:
    """Return everything that is done to the page, in order, each with its name."""

    def reload(page: Page) -> None:
        page.reload()

    def back(page: Page) -> None:
        page.go_back()
        page.wait_for_timeout(500)

    there = [(f"to {name}", lambda page, name=name: visit(page, name)) for name in (*PAGES, "Curves")]
    return [*there, ("reload", reload), *[(f"back {n}", back) for n in range(1, 4)]]


def test_run_site_and_epoch_never_change_unasked(demo_server: AppServer, page: Page, asked: dict[str, str]) -> None:
    open_page(page, link(demo_server, "curves", asked))
    seen = {"link": looked_at(page)}
    for name, step in steps():
        step(page)
        page.wait_for_url(re.compile(r"[?&]run="))  # the view is written back at the end of the script's run
        settle(page)
        seen[name] = looked_at(page)
    assert seen == dict.fromkeys(seen, asked)


@pytest.mark.parametrize("path", ["curves", "features", "explain", "what-if", "predictions"])
def test_a_link_to_a_run_that_is_not_here_says_so_and_shows_nothing_in_its_place(
    demo_server: AppServer, page: Page, asked: dict[str, str], path: str
) -> None:
    missing = {**asked, "run": "20200101-000000-resnet8-nosuch-s0-abcd"}
    open_page(page, link(demo_server, path, missing))
    main = page.get_by_test_id("stMain")
    expect(main).to_contain_text(f"There is no run “{missing['run']}” here.")
    expect(main).to_contain_text("Looked in the demo runs")
    expect(page.get_by_test_id("stPlotlyChart")).to_have_count(0)
    expect(page.get_by_role("button", name=re.compile("^Show 20"))).to_have_count(1)
    assert looked_at(page) == missing


def test_a_comparison_with_a_run_that_is_not_here_says_so(demo_server: AppServer, page: Page, asked: dict[str, str]) -> None:
    missing = {**asked, "runs": f"{asked['run']},no-such-run"}
    open_page(page, link(demo_server, "compare", missing))
    expect(page.get_by_test_id("stMain")).to_contain_text("There is no run “no-such-run” here to compare.")
    expect(page.get_by_test_id("stPlotlyChart")).to_have_count(0)
    assert looked_at(page) == missing
