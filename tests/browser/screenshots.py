"""`make screenshots`: every page in every state, three sizes and two themes, into ./screenshots, and what is wrong there.

    python -m tests.browser.screenshots [PART-OF-A-STATE'S-NAME ...] [--start STATE] [--sizes 720 ...] [--themes light ...]

Exit code 1 and a list if there is anything that `checks.js` looks for, or that axe finds serious or critical.
"""

import argparse
import base64
import signal
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, CDPSession, Error, Page

from tests.explorer.made_runs import close_runs

from .app_server import ROOT, AppServer
from .axe import violations
from .chromium import chromium, find_chromium, settle
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
NOT_SHOWN = "not shown: "


@dataclass(kw_only=True)
class Look:
    """One browser window of a theme; `said` is what its page said since it was opened."""

    theme: Theme
    page: Page
    window: CDPSession
    said: list[str] = field(default_factory=list)

    def at(self, state: State, base: str, sizes: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Take the screenshots of one state in one size after another; yield the size and what a person would mind there.

        The page is opened once, at the first size, where axe looks too; then its window changes its size.
        """
        self.said.clear()
        try:
            self._resize(*SIZES[sizes[0]])
            state.show(self.page, base)
            for size in sizes:
                yield from ((size, sentence) for sentence in self._one(state, size, axe=size == sizes[0]))
        except (Error, TimeoutError, AssertionError) as error:
            yield sizes[0], f"{NOT_SHOWN}{' '.join(str(error).split())[:300]}"
        with suppress(Error, AssertionError):
            stop_jobs(self.page)
        self.page.goto("about:blank")  # its session does not keep the server busy while others are looked at

    def _one(self, state: State, size: str, axe: bool) -> list[str]:
        width, height, scale = SIZES[size]
        self._resize(width, height, scale)
        if state.job != "running":
            settle(self.page)
        found = state.complaints(self.page) + (violations(self.page) if axe else [])
        path = FOLDER / f"{state.name}-{size}-{self.theme}.png"
        self._photograph(path)
        whole = self.page.evaluate("Math.ceil(document.querySelector(\"[data-testid='stMain']\").scrollHeight)")
        if whole > height:
            self._resize(width, min(whole, 6000), scale)
            self.page.wait_for_timeout(400)
            self._photograph(path.with_name(f"{path.stem}-whole.png"))
        found += self.said
        self.said.clear()
        return found

    def _resize(self, width: int, height: int, scale: float) -> None:
        """Give the window a size in CSS pixels and a scale, which Playwright's own way cannot change."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": False}
        self.window.send("Emulation.setDeviceMetricsOverride", metrics)

    def _photograph(self, path: Path) -> None:
        """Store what the window shows, in device pixels."""
        path.write_bytes(base64.b64decode(self.window.send("Page.captureScreenshot")["data"]))


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
        if asked.start is not None:
            if asked.start not in (names := [s.name for s in states]):
                print(f"There is no state '{asked.start}'.", file=sys.stderr)
                return 2
            states = states[names.index(asked.start) :]
        servers = _servers(stack, folder)
        browser = stack.enter_context(chromium())
        looks = {theme: _look(browser, theme) for theme in asked.themes}
        for number, state in enumerate(states, start=1):  # state by state: what one look computes, the others find
            began = time.monotonic()
            for theme in asked.themes:
                for size, sentence in _look_twice(browser, looks, theme, state, servers[state.server].url, asked.sizes):
                    found[state.name, sentence].append(f"{size} {theme}")
            bad = [sentence for name, sentence in found if name == state.name]
            told = f"{number}/{len(states)} {state.name}: {time.monotonic() - began:.0f} s, {len(bad)} complaints"
            print("\n    ".join([told, *bad]), flush=True)
    for (name, sentence), where in found.items():
        print(f"{name}: {sentence}  [{', '.join(where)}]")
    print(
        f"{len(states)} states, {len(states) * len(looks) * len(asked.sizes)} screenshots in {FOLDER}; {len(found)} complaints."
    )
    return 1 if found else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="only states whose name contains one of these")
    parser.add_argument("--start", metavar="NAME", help="go on from the state of this name")
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--themes", nargs="+", choices=THEMES, default=list(THEMES))
    return parser.parse_args()


def _servers(stack: ExitStack, folder: Path) -> dict[str, AppServer]:
    """Start one server per source of runs; `missing` is a folder that does not exist."""
    (folder / "empty").mkdir()
    sources = {"demo": None, "own": folder / "mine", "empty": folder / "empty", "missing": folder / "no-such-folder"}
    return {name: stack.enter_context(AppServer(folder, runs)).wait() for name, runs in sources.items()}


def _look_twice(
    browser: Browser, looks: dict[Theme, Look], theme: Theme, state: State, base: str, sizes: Sequence[str]
) -> list[tuple[str, str]]:
    """Return what a person would mind in one state; a page that does not come is asked for again, in a new window."""
    found = list(looks[theme].at(state, base, sizes))
    if any(sentence.startswith(NOT_SHOWN) for _, sentence in found):
        looks[theme].page.context.close()
        looks[theme] = _look(browser, theme)
        found = list(looks[theme].at(state, base, sizes))
    return found


def _look(browser: Browser, theme: Theme) -> Look:
    """Open a window."""
    context = browser.new_context(no_viewport=True, color_scheme=theme)
    page = context.new_page()
    look = Look(theme=theme, page=page, window=context.new_cdp_session(page))
    page.on("pageerror", lambda error: look.said.append(f"script error {error.message[:100]}"))
    return look


if __name__ == "__main__":
    sys.exit(main())
