"""Small multiples: one panel per site, rows are stages, columns the sites within."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import pandas as pd
import plotly.graph_objects as go

from core.analysis import wording

from .build import axis_name, build, margins, note
from .curve_traces import curve_traces, shared_frame
from .grid import MAX_PANELS, Grid, row_cells, stage_cells
from .records import SiteCurve, site_curves
from .theme import COLOURS, MATRIX, PANEL_FONT, STRIP

Rows = Literal["stage", "one"]


def fits_small_multiples(sites: int | pd.DataFrame) -> bool:
    """Return whether so many sites (or the sites of this table) can be small multiples; else the heat map is the way in."""
    count = sites if isinstance(sites, int) else sites["site"].nunique()
    return count <= MAX_PANELS


def small_multiples_figure(
    table: pd.DataFrame,
    *,
    notes: Mapping[str, str] | None = None,
    color: str = COLOURS[0],
    rows: Rows = "stage",
    density: bool = True,
    start: bool = True,
    height: int | None = None,
    title: str = "Learned curves by site",
) -> go.Figure:
    """Return one panel per site of a curve table, all with the same axes.

    `notes` maps a site to the second line of its label ("SiLU · 2 %"). `rows="one"` puts all sites side by side (up to
    eight a row). More than 25 sites raise ValueError: ask `fits_small_multiples` first.
    """
    curves = site_curves(table)
    grid = site_grid(curves, rows, height, with_notes=bool(notes))
    frame = shared_frame(curves, density)
    data: list[dict[str, Any]] = []
    for i, curve in enumerate(curves):
        data += curve_traces(curve, frame, color, axes=(axis_name("x", i), axis_name("y", i)), start=start)
    layout = multiples_layout(curves, grid, frame.x, frame.y, rows, notes or {})
    return build(data, layout, title=title, alt=multiples_alt(curves), height=grid.height)


def site_grid(curves: Sequence[SiteCurve], rows: Rows, height: int | None, *, with_notes: bool, below: int = 0) -> Grid:
    """Return the grid for these sites; `below` px stay free under it."""
    if not fits_small_multiples(len(curves)):
        raise ValueError(f"small multiples hold at most {MAX_PANELS} sites; received {len(curves)}. Use the heat map.")
    cells = stage_cells([c.stage for c in curves]) if rows == "stage" else row_cells(len(curves))
    lines = 1 + with_notes + (rows == "one" and len(curves) > 1)
    tall = max(c.row for c in cells) + 1
    height = height or (STRIP if tall == 1 else MATRIX)
    return Grid(cells, height, margins(56 if rows == "stage" else 36, 12, 4, 40 + below), head=4 + 13 * lines)


def multiples_layout(
    curves: Sequence[SiteCurve],
    grid: Grid,
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    rows: Rows,
    notes: Mapping[str, str],
) -> dict[str, Any]:
    """Return axes, labels and margins of small multiples."""
    axes = grid.axes({"range": list(x_range), "nticks": 5}, {"range": list(y_range), "nticks": 4})
    room = grid.label_characters(PANEL_FONT)
    texts = [[*site_lines(c, grid, rows), *([fitting(notes[c.site], room)] if c.site in notes else [])] for c in curves]
    below = note("input x of the activation", 0.5, 0, size=11, xanchor="center", yanchor="top", yshift=-20)
    words = [*grid.labels(texts), below]
    if rows == "stage":
        words += grid.row_titles([c.stage for c in curves])
    return {**axes, "annotations": words, "margin": grid.margin}


def fitting(text: str, characters: int) -> str:
    """Return what of a note fits into `characters`: of "Swish(0.70) · 3 %" the name, of "SiLU or GELU" that it is open."""
    if len(text) <= characters:
        return text
    return "cannot tell" if " or " in text else text.partition(" · ")[0]


def site_lines(curve: SiteCurve, grid: Grid, rows: Rows) -> list[str]:
    """Return a site's name as one line, or as stage and rest where it stands in a row of all sites."""
    rest = curve.site.removeprefix(f"{curve.stage}.")
    if rows == "one" and len(grid.cells) > 1:
        return [curve.stage, rest]
    return [curve.site if len(curve.site) <= grid.label_characters() else rest]


def multiples_alt(curves: Sequence[SiteCurve]) -> str:
    """Return what is to be seen: how many curves, and which left its start furthest."""
    stages = len(dict.fromkeys(c.stage for c in curves))
    text = f"{len(curves)} small panels with the activation function of each site, in {stages} stages"
    moved = [c for c in curves if c.left_start == c.left_start]
    if not moved:
        return f"{text}."
    most = max(moved, key=lambda c: c.left_start)
    if most.left_start < 0.005:
        return f"{text}; every curve lies on its start."
    return f"{text}; furthest from its start is {most.site}, by {wording.percent(most.left_start)} of the start's spread."
