"""What a person would mind on a page: asked in the browser."""

from pathlib import Path

from playwright.sync_api import Page

SCRIPT = Path(__file__).with_name("checks.js").read_text()


def complaints(page: Page) -> list[str]:
    """Return one sentence for everything on the open page that a person would mind; see `checks.js`."""
    found: list[str] = page.evaluate(SCRIPT)
    return found
