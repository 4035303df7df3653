"""From key press to changed figure, beside an empty page of the same server.

    python -m benchmarks.app_latency [--n 9]

The arrow key moves the Epoch slider of the Curves page, to epochs nobody has looked at before and then back; on the empty
page the same slider changes one line of text. Times are taken in the browser, from the key event to the first frame that shows
the change.
Exit code 1 if the median for unseen epochs is above 1 s or above 3 times that of the empty page.
"""

import argparse
import sys
import tempfile
from pathlib import Path
from statistics import median

from playwright.sync_api import Page

from benchmarks.numbers import machine, told
from tests.browser.app_server import ROOT, AppServer
from tests.browser.chromium import chromium, open_page, settle
from tests.browser.demo import demo_run

BUDGET, RATIO = 1.0, 3.0  # seconds; times the empty page

#: The app with one more page: `/?empty` shows a slider and a line of text, and nothing of ours.
SCRIPT = """
import streamlit as st

if "empty" in st.query_params:
    st.text(f"epoch {st.select_slider('Epoch', range(11), key='empty_slider')}")
else:
    from explorer.router import main

    main()
"""

#: Notes, in milliseconds, when the picture given by `signature` is another one than at the key press and drawn to the end.
WATCH = """signature => {
  const look = new Function(`return ${signature}`);
  const before = look();
  window.answer = null;
  addEventListener("keydown", () => {
    const pressed = performance.now();
    const frame = () => {
      const now = look();
      if (now && now !== before) window.answer = performance.now() - pressed;
      else requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }, { once: true, capture: true });
}"""
TEXT = "document.querySelector(\"[data-testid='stText']\")?.innerText"
LINES = "[...document.querySelectorAll('.js-plotly-plot .js-line')].map(l => l.getAttribute('d')).join()"


def press(page: Page, key: str, signature: str) -> float:
    """Press `key` on the slider; return the seconds until what `signature` sees is another."""
    page.get_by_test_id("stSlider").locator("input").first.focus()
    page.evaluate(WATCH, signature)
    page.keyboard.press(key)
    page.wait_for_function("window.answer !== null")
    seconds = float(page.evaluate("window.answer")) / 1000
    settle(page)
    return seconds


def measure(n: int) -> dict[str, list[float]]:
    """Return the seconds of `n` key presses on the empty page, to unseen epochs, and back to seen ones."""
    with tempfile.TemporaryDirectory() as name, chromium() as browser:
        folder = Path(name)
        (folder / "app.py").write_text(SCRIPT)
        for beside in ("pages", ".streamlit"):  # what belongs beside the entry script
            (folder / beside).symlink_to(ROOT / "explorer" / beside)
        with AppServer(folder, script=folder / "app.py") as server:
            page = browser.new_page(viewport={"width": 1280, "height": 720})
            open_page(page, f"{server.wait().url}/")
            page.wait_for_timeout(15_000)  # the app loads torch once its first figure stands
            open_page(page, f"{server.url}/curves?run={demo_run('coslu')}&epoch=0&show=sites")
            unseen = [press(page, "ArrowRight", LINES) for _ in range(n)]
            seen = [press(page, "ArrowLeft", LINES) for _ in range(n)]
            open_page(page, f"{server.url}/?empty")
            empty = [press(page, "ArrowRight", TEXT) for _ in range(n)]
    return {"empty page": empty, "epochs not looked at before": unseen, "epochs looked at before": seen}


def main() -> int:
    """Measure, tell, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=9, help="key presses of each kind, at most 10")
    times = measure(parser.parse_args().n)
    print(machine())
    for name, seconds in times.items():
        print(told(f"Key press to change, {name}", seconds))
    empty, figure = median(times["empty page"]), median(times["epochs not looked at before"])
    print(f"{figure / empty:.1f} times the empty page; the budget is {RATIO:g} times and {BUDGET:g} s.")
    return int(figure > BUDGET or figure > RATIO * empty)


if __name__ == "__main__":
    sys.exit(main())
