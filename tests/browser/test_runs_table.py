"""The runs table keeps what was selected while runs appear and vanish."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.explorer.made_runs import close_runs, make_run

from .app_server import AppServer
from .chromium import looked_at, open_page, settle

SELECTED = "20260101-000002-resnet8-relu-s2-made"
GRID = "canvas[data-testid='data-grid-canvas']"
#: Streamlit's table: the header and each row are this high, the tick stands so far from the left edge (pixels).
ROW, TICK = 35, 18


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder with three runs of one's own."""
    path = tmp_path / "mine"
    for seed in (1, 2, 3):
        make_run(path, "relu", seed, run_id=f"20260101-00000{seed}-resnet8-relu-s{seed}-made", snapshots=False)
    yield path
    close_runs()


def rows(page: Page) -> list[list[str]]:
    """Return the cells of all rows, as a screen reader meets them."""
    script = "grid => [...grid.querySelectorAll('tbody tr')].map(r => [...r.querySelectorAll('td')].map(c => c.innerText))"
    found: list[list[str]] = page.locator(GRID).first.evaluate(script)
    return found


def wait_for_rows(page: Page, has: str, seconds: int = 20, wheel: int = 0) -> int:
    """Wait until a row in sight has a cell with `has` in it, turning the wheel by `wheel` pixels; return its number."""
    for _ in range(seconds * 5):
        numbers = [n for n, cells in enumerate(rows(page)) if any(has in cell for cell in cells)]
        if numbers:
            return numbers[0]
        scroll(page, wheel)
    raise TimeoutError(f"No row with {has} within {seconds} s; there are {rows(page)}")


def scroll(page: Page, pixels: int) -> None:
    """Turn the wheel over the table: only the rows in sight are in the page."""
    box = page.locator(GRID).first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.wheel(0, pixels)
    page.wait_for_timeout(200)


def ticked(page: Page) -> list[str]:
    """Return what stands in the ticked rows, one text per row."""
    script = "grid => [...grid.querySelectorAll(\"tbody tr[aria-selected='true']\")].map(r => r.innerText)"
    found: list[str] = page.locator(GRID).first.evaluate(script)
    return found


def test_the_selected_run_stays_selected_while_others_appear_and_vanish(folder: Path, tmp_path: Path, page: Page) -> None:
    with AppServer(tmp_path, folder) as server:
        open_page(page, f"{server.wait().url}/runs?rows=runs&runs=")
        number = wait_for_rows(page, "s2-made")
        # "force": Streamlit lays a scroller over the canvas that takes the click.
        page.locator(GRID).first.click(position={"x": TICK, "y": ROW * (number + 1) + ROW // 2}, force=True)
        settle(page)
        assert looked_at(page)["runs"] == SELECTED

        make_run(folder, "coslu", 9, run_id="20270101-000009-resnet8-coslu-s9-late", snapshots=False)
        wait_for_rows(page, "s9-late", wheel=5000)
        scroll(page, -5000)
        settle(page)
        assert looked_at(page)["runs"] == SELECTED
        assert [SELECTED in text for text in ticked(page)] == [True]

        shutil.rmtree(folder / "20260101-000003-resnet8-relu-s3-made")
        expect(page.get_by_test_id("stMain")).to_contain_text("no longer in the folder", timeout=20_000)
        settle(page)
        assert looked_at(page)["runs"] == SELECTED
        assert [SELECTED in text for text in ticked(page)] == [True]


def test_a_running_run_moves_on_without_a_key_pressed(folder: Path, tmp_path: Path, page: Page) -> None:
    make_run(
        folder, "delu", 5, epochs=4, done=1, snapshots=False, run_id="20270101-000005-resnet8-delu-s5-live", leave_open=True
    )
    with AppServer(tmp_path, folder) as server:
        open_page(page, f"{server.wait().url}/runs")
        expect(page.get_by_test_id("stMain")).to_contain_text("epoch 1 of 4")
        close_runs()
        expect(page.get_by_test_id("stMain")).not_to_contain_text("epoch 1 of 4", timeout=20_000)
