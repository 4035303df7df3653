"""`make screenshots`: every page in every state, three sizes and two themes, into ./screenshots, and what is wrong there.

    python -m tests.browser.screenshots [PART-OF-A-STATE'S-NAME ...] [--sizes 720 ...] [--themes light ...]

Exit code 1 and a list if there is anything that `checks.js` looks for, or that axe finds serious or critical.
"""

import argparse
import signal
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Error, Page, ViewportSize

from tests.explorer.made_runs import close_runs

from .app_server import ROOT, AppServer
from .axe import violations
from .checks import complaints
from .chromium import chromium, find_chromium
from .demo_states import demo_states
from .file_states import file_states
from .own_states import bare_states, make_own_runs, own_states
from .states import State
from .steps import stop_jobs

FOLDER = ROOT / "screenshots"
#: CSS pixels and device pixels per CSS pixel; "720-zoom" is a 1280×720 window at 150 % zoom.
SIZES = {"720": (1280, 720, 1.0), "720-zoom": (853, 480, 1.5), "1080": (1920, 1080, 1.0)}
Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")


@dataclass(kw_only=True)
class Look:
    """One browser window of a size and theme; `said` is what its page said since it was opened. axe: whether axe looks too."""

    size: str
    theme: Theme
    page: Page
    axe: bool
    said: list[str] = field(default_factory=list)

    def at(self, state: State, base: str) -> list[str]:
        """Take the screenshots of one state; return what a person would mind there."""
        width, height, _ = SIZES[self.size]
        self.said.clear()
        try:
            self.page.set_viewport_size({"width": width, "height": height})
            state.show(self.page, base)
            self.said += complaints(self.page)
            _photograph(self.page, FOLDER / f"{state.name}-{self.size}-{self.theme}.png", width, height)
            if self.axe:
                self.said += violations(self.page)
        except (Error, TimeoutError, AssertionError) as error:
            self.said.append(f"not shown: {' '.join(str(error).split())[:300]}")
        with suppress(Error, AssertionError):
            stop_jobs(self.page)
        self.page.goto("about:blank")  # its session does not keep the server busy while others are looked at
        return list(self.said)


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
        every = [*demo_states(), *file_states(folder / "files"), *own_states(own), *bare_states()]
        states = [s for s in every if not asked.names or any(n in s.name for n in asked.names)]
        servers = _servers(stack, folder)
        browser = stack.enter_context(chromium())
        looks = [_look(browser, size, theme, size == asked.sizes[0]) for size in asked.sizes for theme in asked.themes]
        for number, state in enumerate(states, start=1):  # state by state: what one look computes, the others find
            began = time.monotonic()
            for look in looks:
                for sentence in look.at(state, servers[state.server].url):
                    found[state.name, sentence].append(f"{look.size} {look.theme}")
            bad = [sentence for name, sentence in found if name == state.name]
            told = f"{number}/{len(states)} {state.name}: {time.monotonic() - began:.0f} s, {len(bad)} complaints"
            print("\n    ".join([told, *bad]), flush=True)
    for (name, sentence), where in found.items():
        print(f"{name}: {sentence}  [{', '.join(where)}]")
    print(f"{len(states)} states, {len(states) * len(looks)} screenshots in {FOLDER}; {len(found)} complaints.")
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


def _look(browser: Browser, size: str, theme: Theme, axe: bool) -> Look:
    """Open a window."""
    width, height, scale = SIZES[size]
    viewport = ViewportSize(width=width, height=height)
    context = browser.new_context(viewport=viewport, device_scale_factor=scale, color_scheme=theme)
    look = Look(size=size, theme=theme, page=context.new_page(), axe=axe)
    look.page.on("pageerror", lambda error: look.said.append(f"script error {error.message[:100]}"))
    return look


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
