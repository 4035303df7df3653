"""How long a new server takes from `streamlit run` to its first figure, and whether torch waits for it.

    python -m benchmarks.cold_start [--n 5]

Exit code 1 if any start takes more than 10 s or torch is loaded before the figure stands. Chromium runs already; files may be
in the computer's file cache.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser

from benchmarks.numbers import machine, told
from tests.browser.app_server import AppServer, LibraryWatch
from tests.browser.chromium import CHART, chromium

BUDGET = 10.0  # seconds


def first_figure(browser: Browser) -> tuple[float, bool]:
    """Start a server, open it; return the seconds to the first figure and whether torch was loaded by then."""
    with tempfile.TemporaryDirectory() as folder, AppServer(Path(folder)) as server, LibraryWatch(server) as watch:
        page = browser.new_page()
        page.goto(server.wait().url, wait_until="commit")
        page.wait_for_selector(CHART)
        seconds = time.monotonic() - server.started
        early = watch.since is not None
        page.close()
    return seconds, early


def main() -> int:
    """Measure, tell, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=5, help="number of servers that are started, one after another")
    n = parser.parse_args().n
    with chromium() as browser:
        measured = [first_figure(browser) for _ in range(n)]
    early = sum(was for _, was in measured)
    print(machine())
    print(told("Start of the server to first figure", [seconds for seconds, _ in measured]))
    print(f"torch was loaded before the figure in {early} of {n} starts.")
    return int(early > 0 or max(seconds for seconds, _ in measured) > BUDGET)


if __name__ == "__main__":
    sys.exit(main())
