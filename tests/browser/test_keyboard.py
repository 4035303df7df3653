"""Run, site, epoch and images are picked by keyboard alone."""

import re

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


def enter(page: Page, text: str, key: str) -> None:
    """Type `text` in place of what stands there, press Enter, and wait until the link's `key` is another."""
    before = page.url
    page.keyboard.press("Control+a")
    page.keyboard.type(text)
    page.keyboard.press("Enter")
    wait_for_another(page, before, key)


def wait_for_another(page: Page, before: str, key: str) -> None:
    page.wait_for_function(
        "([before, key]) => new URL(location).searchParams.get(key) !== new URL(before).searchParams.get(key)",
        arg=[before, key],
    )
    settle(page)


def test_run_site_epoch_and_images_are_picked_by_keyboard_alone(demo_server: AppServer, page: Page) -> None:
    run = RunStore(DEMO)[demo_run("eelu")]
    name, site, epoch = short_name(run, run.status, True), "layer2.0.act1", run.chosen_epoch or 0
    open_page(page, f"{demo_server.url}/features?lens=channels&run={demo_run('relu')}&epoch={epoch + 1}")

    tab_to(page, "Run")
    enter(page, name, "run")
    tab_to(page, "Site")
    enter(page, site, "site")
    tab_to(page, "Epoch")
    before = page.url
    page.keyboard.press("ArrowLeft")
    wait_for_another(page, before, "epoch")
    tab_to(page, "Choose the images")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Images, by number")).to_be_visible()
    settle(page)
    tab_to(page, "Images, by number")
    enter(page, "10, 25", "images")

    seen = looked_at(page)
    assert (seen["run"], seen["site"], seen["epoch"]) == (run.id, site, str(epoch))
    assert re.search(r"[?&]images=10(,|%2C)25(&|$)", page.url)
    main = page.get_by_test_id("stMain")
    expect(main).to_contain_text(f"What {site} gives")
    expect(main).to_contain_text(f"{name} · fashion-sample · after epoch {epoch} · site {site} · 32 channels of 32 · 2 images")
    expect(page.get_by_alt_text(re.compile(r"^The 2 images whose maps are shown: "))).to_be_visible()
