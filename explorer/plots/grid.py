"""Axes for many small panels, without plotly's make_subplots, which costs 250 ms for 24 panels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .build import axis, axis_key, axis_name, note
from .labels import CUT_CHARACTER, shorten
from .theme import PANEL_FONT, SITE_FONT

MAX_COLUMNS, MAX_PANELS = 8, 25
#: Width in px of the narrowest plotting area that labels must fit: the main column at 1280×720 and 150 % zoom.
NARROW = 480


@dataclass(frozen=True)
class Cell:
    """Where a panel stands, from the top left."""

    row: int
    column: int


def stage_cells(stages: Sequence[str], per_row: int = MAX_COLUMNS) -> list[Cell]:
    """Return one cell per site: a row per stage, a stage of more than `per_row` sites going on in the next row."""
    cells: list[Cell] = []
    row, column = -1, 0
    for i, stage in enumerate(stages):
        new_row = i == 0 or stage != stages[i - 1] or column == per_row
        row, column = (row + 1, 0) if new_row else (row, column)
        cells.append(Cell(row, column))
        column += 1
    return cells


def row_cells(count: int, per_row: int = MAX_COLUMNS) -> list[Cell]:
    """Return `count` cells in reading order, in rows of equal length."""
    rows = -(-count // per_row)
    columns = -(-count // rows)
    return [Cell(i // columns, i % columns) for i in range(count)]


@dataclass(frozen=True)
class Grid:
    """Panels of one figure: `height` px in all, `margin` as plotly's, `head` px above each panel for its label."""

    cells: Sequence[Cell]
    height: int
    margin: dict[str, int]
    head: int = 0
    gap_px: int = 10
    column_gap: float | None = None

    @property
    def columns(self) -> int:
        return max(c.column for c in self.cells) + 1

    @property
    def rows(self) -> int:
        return max(c.row for c in self.cells) + 1

    @property
    def gap(self) -> float:
        """Gap between columns, as a share of the plotting area's width."""
        if self.column_gap is not None:
            return self.column_gap
        return 0.022 if self.columns <= 5 else 0.014

    @property
    def panel_height(self) -> float:
        """Height of one panel in px."""
        inner = self.height - self.margin["t"] - self.margin["b"]
        return (inner - self.rows * self.head - (self.rows - 1) * self.gap_px) / self.rows

    def label_characters(self, size: int = SITE_FONT) -> int:
        """Return how many characters fit above a panel on the narrowest page."""
        width = NARROW * (1 - self.gap * (self.columns - 1)) / self.columns
        return int(width / (size * CUT_CHARACTER))

    def domain(self, cell: Cell) -> tuple[list[float], list[float]]:
        """Return the x and y domain of a panel, from 0 to 1."""
        inner = self.height - self.margin["t"] - self.margin["b"]
        width = (1 - self.gap * (self.columns - 1)) / self.columns
        left = cell.column * (width + self.gap)
        top = 1 - (self.head + cell.row * (self.panel_height + self.head + self.gap_px)) / inner
        bottom = max(top - self.panel_height / inner, 0.0)
        return [round(left, 5), round(min(left + width, 1.0), 5)], [round(bottom, 5), round(top, 5)]

    def axes(self, x: dict[str, Any], y: dict[str, Any]) -> dict[str, Any]:
        """Return the layout's axes: all share the first pair's range; ticks stand left and bottom only."""
        lowest = {c.column: max(d.row for d in self.cells if d.column == c.column) for c in self.cells}
        layout: dict[str, Any] = {}
        for i, cell in enumerate(self.cells):
            across, up = self.domain(cell)
            follow_x, follow_y = ({"matches": "x"}, {"matches": "y"}) if i else ({}, {})
            bottom, left = cell.row == lowest[cell.column], cell.column == 0
            own_x = {"domain": across, "anchor": axis_name("y", i), "ticklabeloverflow": "hide past domain"}
            own_y = {"domain": up, "anchor": axis_name("x", i)}
            layout[axis_key("x", i)] = axis(**{**own_x, "showticklabels": bottom, **follow_x, **x})
            layout[axis_key("y", i)] = axis(**{**own_y, "showticklabels": left, **follow_y, **y})
        return layout

    def labels(self, texts: Sequence[Sequence[str]]) -> list[dict[str, Any]]:
        """Return the lines above each panel: the first 11 px, the others 10 px, cut to the panel's width."""
        found = []
        for i, lines in enumerate(texts):
            first, *rest = [
                shorten(line, self.label_characters(SITE_FONT if k == 0 else PANEL_FONT)) for k, line in enumerate(lines)
            ]
            small = "".join(f"<br><span style='font-size:{PANEL_FONT}px'>{line}</span>" for line in rest)
            found.append(
                note(
                    first + small,
                    0,
                    1,
                    size=SITE_FONT,
                    xref=f"{axis_name('x', i)} domain",
                    align="left",
                    yref=f"{axis_name('y', i)} domain",
                    xanchor="left",
                    yanchor="bottom",
                    yshift=-1,
                )
            )
        return found

    def row_titles(self, titles: Sequence[str], left: int = 50) -> list[dict[str, Any]]:
        """Return one upright text per row, left of the ticks. `titles` has one entry per cell; the row's first counts."""
        found = []
        for i, cell in enumerate(self.cells):
            if cell.column:
                continue
            text = shorten(titles[i], max(int(self.panel_height / (SITE_FONT * CUT_CHARACTER)), 3))
            found.append(
                note(
                    text,
                    0,
                    0.5,
                    size=SITE_FONT,
                    textangle=-90,
                    xanchor="center",
                    yanchor="middle",
                    xshift=-left + 8,
                    yref=f"{axis_name('y', i)} domain",
                )
            )
        return found
