"""The functions at their start, at a chosen t and as learned: one small panel per site."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.analysis import wording

from .build import axis_name, build, margins
from .curve_traces import Frame, curve_hover, shared_frame
from .grid import Grid, row_cells
from .labels import text_width
from .multiples import multiples_layout
from .path import CHOSEN
from .records import SiteCurve, site_curves
from .theme import COLOURS, MARK, STRIP, faded
from .traces import density_area, line
from .trajectories import legend_row

#: A row holds so many panels; more sites are more than a reader compares.
MOST_PANELS = 8


def path_curve_figure(table: pd.DataFrame, *, height: int = STRIP, title: str | None = None) -> go.Figure:
    """Return one panel per site, side by side: the function at its start (dots), at t (broad), as learned (thin, dashed where
    hardly any input lies), and the inputs of the trained network below.

    `table` is `core.analysis.path_curves.path_curves` of at most eight sites.
    """
    curves, learned = site_curves(table), site_curves(table.assign(y=table["learned"]))
    if not 0 < len(curves) <= MOST_PANELS:
        raise ValueError(f"the functions of 1 to {MOST_PANELS} sites fit side by side; received {len(curves)}.")
    t = wording.short(float(table["t"].iloc[0]))
    names = ("start (t = 0)", f"t = {t}", "learned (t = 1)")
    grid = Grid(row_cells(len(curves)), height, margins(40, 12, 30, 40), head=4 + 13 * (1 + (len(curves) > 1)))
    frame = shared_frame([*curves, *learned])
    data: list[dict[str, Any]] = []
    for i, (at, end) in enumerate(zip(curves, learned, strict=True)):
        place = {"xaxis": axis_name("x", i), "yaxis": axis_name("y", i)}
        data += [{**trace, **place} for trace in _panel(at, end, frame, names, first=i == 0)]
    layout = multiples_layout(curves, grid, frame.x, frame.y, "one", {})
    widest = max(text_width(name) for name in names)
    layout |= {"showlegend": True, "legend": {**legend_row(), "entrywidth": 12 + widest}}
    title = title or f"The functions at t = {t}"
    return build(data, layout, title=title, alt=_alt(curves, t), height=height)


def _panel(at: SiteCurve, end: SiteCurve, frame: Frame, names: tuple[str, str, str], *, first: bool) -> list[dict[str, Any]]:
    """Return the traces of one site, back to front; the first site's stand in the legend for all."""
    quiet: dict[str, Any] = {"showlegend": False}
    named: list[dict[str, Any]] = [{"legendgroup": name, "showlegend": first} for name in names]
    hover = [curve_hover(f"{at.site}, {name}") for name in names]
    x, traces = at.x, []
    if at.density is not None and frame.strip > 0:
        traces.append(density_area(x, at.density, frame.y[0], frame.strip, **quiet))
    traces.append(line(x, at.start, names[0], MARK, 1.4, "dot", hovertemplate=hover[0], **named[0]))
    traces.append(line(x, at.y, names[1], faded(CHOSEN, 0.6), 5, hovertemplate=hover[1], **named[1]))
    traces.append(line(x, end.y, at.site, COLOURS[0], 1, "dash", **quiet))
    reached = np.where(end.reached, end.y, np.nan)
    traces.append(line(x, reached, names[2], COLOURS[0], 2.2, hovertemplate=hover[2], **named[2]))
    return traces


def _alt(curves: list[SiteCurve], t: str) -> str:
    where = curves[0].site if len(curves) == 1 else f"{len(curves)} sites from {curves[0].site} to {curves[-1].site}"
    gap = max((float(np.nanmax(np.abs(c.y - c.start))) for c in curves), default=0.0)
    return (
        f"The activation functions of {where} at their start, at t = {t} and as learned; at t = {t} the furthest lies"
        f" {wording.short(gap)} from its start."
    )
