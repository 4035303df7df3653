"""`make screenshots`: every page in every state, three sizes and two themes, into ./screenshots, and what is wrong there.

    python -m tests.browser.screenshots [PART-OF-A-STATE'S-NAME ...] [--sizes 720 ...] [--themes light ...]

Exit code 1 and a list if a person would mind anything that `checks.js` looks for.
"""

import argparse
import signal
import sys
import tempfile
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Error, Page, ViewportSize

from tests.explorer.made_runs import close_runs

from .app_server import ROOT, AppServer
from .checks import complaints
from .chromium import chromium, find_chromium, open_page
from .states import State, all_states, make_own_runs

FOLDER = ROOT / "screenshots"
#: CSS pixels and device pixels per CSS pixel; "720-zoom" is a 1280×720 window at 150 % zoom.
SIZES = {"720": (1280, 720, 1.0), "720-zoom": (853, 480, 1.5), "1080": (1920, 1080, 1.0)}
Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")


def main() -> int:
    """Take all screenshots; return 1 if something is wrong with any."""
    asked = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers end too
    if find_chromium() is None:
        print("Chromium is missing: apt-get install chromium", file=sys.stderr)
        return 1
    FOLDER.mkdir(exist_ok=True)
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        own = make_own_runs(folder / "mine")
        stack.callback(close_runs)
        servers = _servers(stack, folder)
        browser = stack.enter_context(chromium())
        states = [s for s in all_states(own) if not asked.names or any(n in s.name for n in asked.names)]
        for size in asked.sizes:
            for theme in asked.themes:
                for state, sentence in _walk(browser, servers, states, size, theme):
                    found[state, sentence].append(f"{size} {theme}")
    for (name, sentence), where in found.items():
        print(f"{name}: {sentence}  [{', '.join(where)}]")
    print(f"{len(states) * len(asked.sizes) * len(asked.themes)} screenshots in {FOLDER}; {len(found)} complaints.")
    return 1 if found else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="only states whose name contains one of these")
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--themes", nargs="+", choices=THEMES, default=list(THEMES))
    return parser.parse_args()


def _servers(stack: ExitStack, folder: Path) -> dict[str, AppServer]:
    """Start one server per source of runs; `missing` is a folder that does not exist."""
    (folder / "empty").mkdir()
    sources = {"demo": None, "own": folder / "mine", "empty": folder / "empty", "missing": folder / "no-such-folder"}
    return {name: stack.enter_context(AppServer(folder, runs)).wait() for name, runs in sources.items()}


def _walk(
    browser: Browser, servers: dict[str, AppServer], states: list[State], size: str, theme: Theme
) -> list[tuple[str, str]]:
    """Take the screenshots of one size and theme; return (state, complaint) pairs."""
    width, height, scale = SIZES[size]
    viewport = ViewportSize(width=width, height=height)
    context = browser.new_context(viewport=viewport, device_scale_factor=scale, color_scheme=theme)
    page = context.new_page()
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(f"script error {error.message[:100]}"))
    found = []
    for state in states:
        try:
            page.set_viewport_size(viewport)  # every link starts a session of its own, in the same tab
            open_page(page, state.url(servers[state.server].url))
            said += complaints(page)
            _photograph(page, FOLDER / f"{state.name}-{size}-{theme}.png", width, height)
        except (Error, TimeoutError) as error:
            said.append(f"not shown: {str(error).splitlines()[0]}")
        found += [(state.name, sentence) for sentence in said]
        said.clear()
    context.close()
    return found


def _photograph(page: Page, path: Path, width: int, height: int) -> None:
    """Store the first screen, and, where the page goes on below, the whole of it beside it (`…-whole.png`)."""
    page.screenshot(path=path)
    whole = page.evaluate("Math.ceil(document.querySelector(\"[data-testid='stMain']\").scrollHeight)")
    if whole > height:
        page.set_viewport_size({"width": width, "height": min(whole, 6000)})
        page.wait_for_timeout(400)
        page.screenshot(path=path.with_name(f"{path.stem}-whole.png"))


if __name__ == "__main__":
    sys.exit(main())
