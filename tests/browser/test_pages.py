"""Every page, opened by a link, light and dark: nothing breaks, no other computer is asked, axe finds nothing grave."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Locator, Page

from .app_server import AppServer
from .axe import violations
from .checks import complaints
from .chromium import looked_at, settle
from .demo import demo_run
from .own_states import PATHS
from .states import states

THEMES = ("light", "dark")
BACKGROUND = "() => getComputedStyle(document.querySelector(\"[data-testid='stApp']\")).backgroundColor"
COLOURS = {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 22, 28)"}


@dataclass(kw_only=True)
class Visit:
    """What was met on a page that was opened by a link; `violations` and `complaints` by theme."""

    asked: dict[str, str]
    looked_at: dict[str, str] = field(default_factory=dict)
    abroad: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    violations: dict[str, list[str]] = field(default_factory=dict)
    complaints: dict[str, list[str]] = field(default_factory=dict)


@pytest.fixture(scope="module", params=PATHS, ids=[path or "start" for path in PATHS])
def visit(request: pytest.FixtureRequest, browser: Browser, demo_server: AppServer) -> Iterator[Visit]:
    """One visit to a page; its theme changes as that of the computer does."""
    first, second = demo_run("coslu"), demo_run("relu")
    seen = Visit(asked={"run": second, "runs": f"{first},{second}", "site": "layer2.0.act2", "epoch": "3"})
    (state,) = states("demo", {"page": (request.param, seen.asked)})
    context = browser.new_context(viewport={"width": 1280, "height": 720}, color_scheme="light")
    page = context.new_page()
    page.on("request", lambda r: _note(seen.abroad, r.url, demo_server.url))
    page.on("pageerror", lambda error: seen.errors.append(error.message))
    state.show(page, demo_server.url)
    seen.looked_at = looked_at(page)
    seen.headings = page.get_by_role("heading", level=1).all_inner_texts()
    seen.errors += page.get_by_test_id("stException").all_inner_texts()
    for theme in THEMES:
        _change(page, theme)
        seen.violations[theme], seen.complaints[theme] = violations(page), complaints(page)
    yield seen
    context.close()


def _note(abroad: list[str], url: str, home: str) -> None:
    if not url.startswith((home, home.replace("http", "ws", 1), "data:", "blob:")):
        abroad.append(url)


def _change(page: Page, theme: str) -> None:
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    page.wait_for_function(f"({BACKGROUND})() === '{COLOURS[theme]}'")
    settle(page)


def test_it_stands_without_an_error_under_one_heading(visit: Visit) -> None:
    assert visit.errors == []
    assert len(visit.headings) == 1


def test_it_asks_no_other_computer(visit: Visit) -> None:
    assert visit.abroad == []


def test_it_looks_at_what_the_link_says(visit: Visit) -> None:
    assert visit.looked_at == visit.asked


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing_serious_or_critical(visit: Visit, theme: str) -> None:
    assert visit.violations[theme] == []


@pytest.mark.parametrize("theme", THEMES)
def test_there_is_nothing_to_complain_of(visit: Visit, theme: str) -> None:
    assert visit.complaints[theme] == []


@pytest.mark.parametrize(("path", "button"), [("curves", "Save and cite"), ("explain", "More"), ("curves", "Reset the view")])
@pytest.mark.parametrize("how", ["pointer", "keyboard", "open"])
def test_a_button_can_be_read_in_every_state_and_both_themes(
    browser: Browser, demo_server: AppServer, path: str, button: str, how: str
) -> None:
    (state,) = states("demo", {"page": (path, {"run": demo_run("coslu")})})
    with browser.new_context(viewport={"width": 1280, "height": 720}, color_scheme="light") as context:
        page = context.new_page()
        state.show(page, demo_server.url)
        _approach(page, page.get_by_role("button", name=button, exact=True).first, how)
        for theme in THEMES:
            _change(page, theme)
            assert violations(page) == []


def test_a_chosen_segment_can_be_read_under_the_pointer(browser: Browser, demo_server: AppServer) -> None:
    (state,) = states("demo", {"page": ("curves", {"run": demo_run("coslu")})})
    with browser.new_context(viewport={"width": 1280, "height": 720}, color_scheme="light") as context:
        page = context.new_page()
        state.show(page, demo_server.url)
        page.get_by_role("radio", name="All sites", exact=True).hover()
        assert page.locator("button[data-selected][data-hovered]").count() == 1
        for theme in THEMES:
            _change(page, theme)
            assert violations(page) == []


def _approach(page: Page, button: Locator, how: str) -> None:
    if how == "keyboard":
        button.focus()
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Tab")
        assert button.evaluate("e => e.matches(':focus-visible')")
    elif how == "open":
        button.click()
    else:
        button.hover()
    settle(page)


def test_axe_finds_what_is_hard_to_read_and_what_has_no_name(page: Page) -> None:
    page.set_content("<html lang='en'><title>x</title><main><p style='color: #999'>hardly legible</p><button></button></main>")
    found = violations(page)
    assert [sentence.split(" ")[1] for sentence in found] == ["button-name", "color-contrast"]
