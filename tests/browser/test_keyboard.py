"""Run, site, epoch and images are picked by keyboard alone."""

import re

import pytest
from playwright.sync_api import Page, expect

from core.runs import RunStore
from explorer.source import DEMO
from explorer.tables import short_name

from .app_server import AppServer
from .chromium import looked_at, open_page, settle
from .demo import demo_run

#: What has the focus, line by line: the label of a box or a slider, or the words of what can be pressed.
FOCUSED = """() => {
  const at = document.activeElement;
  if (!at.matches("input, button, summary, a")) return [];
  const widget = at.matches("input") && at.closest("[data-testid='stElementContainer']");
  const label = widget && widget.querySelector("[data-testid='stWidgetLabel']");
  return (label || at).innerText.split("\\n").map(line => line.trim());
}"""
MOST = 60


def tab_to(page: Page, words: str) -> None:
    """Press Tab until what has these words has the focus."""
    met = []
    for _ in range(MOST):
        page.keyboard.press("Tab")
        met.append(page.evaluate(FOCUSED))
        if words in met[-1]:
            return
    raise AssertionError(f"{MOST} presses of Tab do not reach “{words}”; they meet {met}")


def enter(page: Page, text: str) -> None:
    """Type `text` in place of what stands there, and press Enter."""
    page.keyboard.press("Control+a")
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def wait_until(page: Page, key: str, value: str) -> None:
    """Wait until the link says so, which it does when the page is drawn again, and the page has come to rest."""
    page.wait_for_function("([key, value]) => new URL(location).searchParams.get(key) === value", arg=[key, value])
    settle(page)


@pytest.mark.full
def test_run_site_epoch_and_images_are_picked_by_keyboard_alone(demo_server: AppServer, page: Page) -> None:
    run = RunStore(DEMO)[demo_run("eelu")]
    name, site, epoch = short_name(run, run.status, True), "layer2.0.act1", run.chosen_epoch or 0
    open_page(page, f"{demo_server.url}/features?lens=channels&run={demo_run('relu')}&epoch={epoch + 1}")

    tab_to(page, "Run")
    enter(page, name)
    wait_until(page, "run", run.id)
    tab_to(page, "Site")
    enter(page, site)
    wait_until(page, "site", site)
    tab_to(page, "Epoch")
    page.keyboard.press("ArrowLeft")
    wait_until(page, "epoch", str(epoch))
    tab_to(page, "Choose the images")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Images, by number")).to_be_visible(timeout=30_000)
    settle(page)
    tab_to(page, "Images, by number")
    enter(page, "10, 25")
    wait_until(page, "images", "10,25")

    seen = looked_at(page)
    assert (seen["run"], seen["site"], seen["epoch"]) == (run.id, site, str(epoch))
    main = page.get_by_test_id("stMain")
    expect(main).to_contain_text(f"What {site} gives")
    expect(main).to_contain_text(f"{name} · fashion-sample · after epoch {epoch} · site {site} · 8 channels of 32 · 2 images")
    expect(page.get_by_alt_text(re.compile(r"^The 2 images whose maps are shown: "))).to_be_visible()
