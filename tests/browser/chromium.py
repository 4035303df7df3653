"""Debian's Chromium, driven by Playwright."""

import shutil
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, sync_playwright

#: No look-ups of its own: the tests run where there is no network. No sandbox: CI runs as root.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
]
#: A chart that is drawn: plotly's own element with its drawing inside.
CHART = "[data-testid='stPlotlyChart'] .js-plotly-plot .main-svg"


def find_chromium() -> str | None:
    """Return the path of Chromium, or None."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Chromium without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        yield browser
        browser.close()


#: What the page is still busy with, in words; empty when it has nothing more to draw.
BUSY = """() => {
  const app = document.querySelector("[data-testid='stApp']");
  const main = document.querySelector("[data-testid='stMain']");
  if (!app || !main) return ["no app yet"];
  const busy = [];
  const state = app.dataset.testScriptState;
  if (state !== "notRunning") busy.push(`the script is ${state}`);
  if (main.querySelector("[class*='st-key-stop_']")) busy.push("a job runs");
  for (const what of ["[data-testid^='stSkeleton']", "[data-testid='stSpinner']", "[data-stale='true']"])
    for (const element of document.querySelectorAll(what)) busy.push(`${what}: ${element.outerHTML.slice(0, 200)}`);
  for (const chart of document.querySelectorAll("[data-testid='stPlotlyChart']"))
    if (!chart.querySelector(".main-svg")) busy.push(`a chart is not drawn: ${chart.outerHTML.slice(0, 200)}`);
  return busy;
}"""


class StillBusy(TimeoutError):
    """A page does not come to rest."""


def settle(page: Page, seconds: float = 60) -> None:
    """Wait until the page has nothing more to draw: no script or job runs, no skeleton, every chart drawn, for 0.4 s."""
    calm = 0
    for _ in range(int(seconds / 0.1)):
        calm = 0 if (busy := page.evaluate(BUSY)) else calm + 1
        if calm == 4:
            return
        page.wait_for_timeout(100)
    raise StillBusy(f"{page.url} is still busy after {seconds:g} s: {'; '.join(busy)}")


def looked_at(page: Page) -> dict[str, str]:
    """Return what the link of the open page says of run, runs, site and epoch."""
    asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(page.url).query, keep_blank_values=True))
    return {key: asked[key] for key in ("run", "runs", "site", "epoch") if key in asked}


def open_page(page: Page, url: str, seconds: float = 60) -> None:
    """Open `url` and wait until it is drawn, at most `seconds`; 0: do not wait for more than the app itself."""
    page.goto(url, wait_until="commit")
    page.wait_for_selector("[data-testid='stApp']", timeout=30_000)
    if seconds:
        settle(page, seconds)
