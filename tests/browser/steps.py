"""What is done on an open page before it is looked at."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from .chromium import settle

Step = Callable[[Page], None]
#: The button that ends the job of the page.
STOP = "[class*='st-key-stop_'] button"
SLOW = 120_000  # milliseconds


def press(name: str) -> Step:
    """Return the step that presses a button of this name."""

    def step(page: Page) -> None:
        _main(page).get_by_role("button", name=name, exact=True).first.click()
        page.wait_for_timeout(300)
        settle(page, 120)

    return step


def unfold(words: str) -> Step:
    """Return the step that opens what is folded away under these words."""

    def step(page: Page) -> None:
        _main(page).get_by_test_id("stExpander").filter(has_text=words).locator("summary").first.click()
        page.wait_for_timeout(300)
        settle(page, 120)

    return step


def choose(label: str, option: str) -> Step:
    """Return the step that chooses from the select box of this label."""

    def step(page: Page) -> None:
        box = page.get_by_test_id("stSelectbox").filter(has_text=label).get_by_role("combobox")
        box.click()
        box.fill(option)
        page.get_by_role("option", name=option, exact=True).click()
        page.wait_for_timeout(300)
        settle(page, 120)

    return step


def send(label: str, path: Path, until: str) -> Step:
    """Return the step that gives a file, or a folder, to the box of this label and waits for the words `until`."""

    def step(page: Page) -> None:
        box = page.get_by_test_id("stFileUploader").filter(has_text=label)
        box.locator("input[type=file]").set_input_files(path)
        expect(_main(page)).to_contain_text(until, timeout=SLOW)
        settle(page, 120)

    return step


def catch_job(page: Page) -> None:
    """Wait until the page's job runs and says how far it is; one that was stopped is started again."""
    again, stop = _main(page).get_by_role("button", name="Start again"), page.locator(STOP)
    expect(again.or_(stop).first).to_be_visible(timeout=SLOW)
    if again.is_visible():
        again.click()
    expect(stop).to_be_visible()
    expect(page.get_by_test_id("stProgress")).to_contain_text("about", timeout=SLOW)


def stop_jobs(page: Page) -> None:
    """Stop the page's job, if one runs, and wait until it has ended."""
    stop = page.locator(STOP)
    if stop.count():
        stop.first.click()
        expect(stop).to_have_count(0, timeout=SLOW)


def _main(page: Page) -> Locator:
    return page.get_by_test_id("stMain")
