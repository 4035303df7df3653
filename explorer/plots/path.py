"""Accuracy and loss while the activation parameters move from their start through the learned values and beyond."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.analysis import wording
from core.analysis.path_points import nearest_point

from .ablation import AGAIN, HALF_WIDTH, NOW, two_names
from .build import axis_key, axis_name, build, margins, note
from .curve_traces import padded, wide_range
from .grid import Grid, row_cells
from .theme import BASELINE, COLOURS, LINE, MAIN, PANEL_FONT
from .traces import band, dots, line

COLUMNS = ("accuracy", "loss")
#: px by which the panels' names stand above "start" and "learned".
RAISED = 14
#: The chosen t.
CHOSEN = COLOURS[1]
#: Where the network was before and after training.
ENDS = ((0.0, "start"), (1.0, "learned"))


def path_figure(table: pd.DataFrame, *, t: float | None = None, height: int = MAIN, title: str | None = None) -> go.Figure:
    """Return accuracy and loss over t in two panels; thin lines mark the start (t = 0) and the learned parameters (t = 1).

    `table` is `core.analysis.whatif.path_table`. Blue: with the BN statistics estimated again, with the 95 % interval of the
    difference from t = 1 as a band; grey, dashed: as it is, cut at the frame where it would flatten the other. Dots are what
    was computed. `t` is marked by an orange line, the computed point nearest to it by rings.
    """
    if table.empty:
        raise ValueError("the path table has no rows.")
    table = table.sort_values("t")
    near = None if t is None else nearest_point(table, t)
    grid = Grid(row_cells(2, 2), height, margins(52, 16, 34, 48), head=32, column_gap=0.12)
    data: list[dict[str, Any]] = []
    axes = grid.axes(
        {"range": list(padded([table["t"].to_numpy(dtype=float)], 0.03)), "nticks": 8, "zeroline": False}, {"nticks": 6}
    )
    shapes = []
    words = [{**words, "yshift": RAISED} for words in grid.labels([["<b>Accuracy</b>"], ["<b>Loss</b>"]])]
    for i, column in enumerate(COLUMNS):
        place = {"xaxis": axis_name("x", i), "yaxis": axis_name("y", i)}
        traces, y_range = _panel(table, column, first=i == 0)
        traces += [] if near is None else [_rings(near, column)]
        data += [{**trace, **place} for trace in traces]
        axes[axis_key("y", i)].pop("matches", None)
        suffix = " %" if wording.is_share(column) else ""
        axes[axis_key("y", i)] |= {"range": list(y_range), "showticklabels": True, "ticksuffix": suffix, "zeroline": False}
        for end, name in ENDS:
            if table["t"].min() <= end <= table["t"].max():
                shapes.append(_mark(end, i))
                words.append(_name(end, name, i))
        if t is not None:
            shapes.append(_mark(t, i, CHOSEN, 2))
    words.append(note("t: the parameters are start + t (learned − start)", 0.5, 0, xanchor="center", yanchor="top", yshift=-24))
    layout = {
        **axes,
        "annotations": words,
        "shapes": shapes,
        "margin": grid.margin,
        "showlegend": True,
        "legend": two_names(),
    }
    where = str(table["site"].iloc[0])
    title = title or f"From start to learned, {'at ' if where != 'all sites' else ''}{where}"
    return build(data, layout, title=title, alt=_alt(table, where, t), height=height)


def _panel(table: pd.DataFrame, column: str, first: bool) -> tuple[list[dict[str, Any]], tuple[float, float]]:
    """Return the traces of one panel and its y range."""
    scale = 100.0 if wording.is_share(column) else 1.0
    t = table["t"].to_numpy(dtype=float)
    now, again = (scale * table[name].to_numpy(dtype=float) for name in (column, f"{column}_reestimated"))
    error = scale * HALF_WIDTH * table[f"{column}_reestimated_change_error"].to_numpy(dtype=float)
    unit = " %" if scale == 100 else ""
    shown: dict[str, Any] = {"showlegend": first, "mode": "lines+markers"}
    hover = f"t = %{{x:.3g}}<br>{column} %{{y:.4g}}{unit}<extra>%{{fullData.name}}</extra>"
    small: dict[str, Any] = {"marker": {"size": 5}, "hovertemplate": hover}
    traces = [band(t, again - error, again + error, COLOURS[0], showlegend=False)] if np.isfinite(error).sum() > 1 else []
    traces.append({**line(t, now, NOW, BASELINE, 1.6, "dash", legendgroup=NOW, **small), **shown})
    traces.append({**line(t, again, AGAIN, COLOURS[0], 2.2, legendgroup=AGAIN, **small), **shown})
    return traces, wide_range([again], [again, now], 0.08)


def _rings(row: pd.Series, column: str) -> dict[str, Any]:
    """Return rings around both numbers of one computed point."""
    scale = 100.0 if wording.is_share(column) else 1.0
    values = [scale * float(row[name]) for name in (column, f"{column}_reestimated")]
    marker = {"color": CHOSEN, "size": 12, "symbol": "circle-open", "line": {"width": 2, "color": CHOSEN}}
    return dots([float(row["t"])] * 2, values, "nearest computed point", marker, showlegend=False)


def _mark(t: float, panel: int, color: str = LINE, width: int = 1) -> dict[str, Any]:
    place = {"xref": axis_name("x", panel), "yref": f"{axis_name('y', panel)} domain"}
    return {"type": "line", "x0": t, "x1": t, "y0": 0, "y1": 1, "line": {"color": color, "width": width}, **place}


def _name(t: float, name: str, panel: int) -> dict[str, Any]:
    place = {"xref": axis_name("x", panel), "yref": f"{axis_name('y', panel)} domain"}
    return note(name, t, 1, size=PANEL_FONT, xanchor="center", yanchor="bottom", **place)


def _alt(table: pd.DataFrame, where: str, chosen: float | None) -> str:
    texts = []
    for t, name in ENDS:
        row = table[table["t"] == t]
        if len(row):
            value = float(row["accuracy_reestimated"].iloc[0])
            texts.append(f"{wording.percent(value)} {name} (t = {t:g})")
    low, high = wording.number(float(table["t"].min()), 2), wording.number(float(table["t"].max()), 2)
    ends = f": {', '.join(texts)}" if texts else ""
    place = where if where == "all sites" else f"site {where}"
    mark = "" if chosen is None else f"; t = {wording.short(chosen)} is marked"
    return (
        f"Accuracy and loss over t from {low} to {high}, parameters of {place}; accuracy, BN statistics estimated again"
        f"{ends}{mark}."
    )
