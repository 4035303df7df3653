"""The training film: small multiples whose curves move from snapshot to snapshot when one drags or plays."""

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from .build import axis_name, build
from .curve_traces import DENSITY_SHARE, padded
from .multiples import multiples_layout, site_grid
from .records import Array, SiteCurve, site_curves
from .theme import AREA, COLOURS, FAINT, LINE, MARK
from .times import key_frames, time_text

MAX_FRAMES, POINTS = 41, 65
#: Bytes that the frames may take, of the 1 MB of a chart.
BUDGET = 850_000


def film_figure(
    table: pd.DataFrame,
    *,
    notes: Mapping[str, str] | None = None,
    color: str = COLOURS[0],
    height: int | None = None,
    title: str = "Learned curves over training",
) -> go.Figure:
    """Return small multiples with one animation frame per snapshot, and a slider that moves them while one drags.

    `table` is `core.analysis.curves.snapshot_curves`: a curve table with the columns epoch and, within epochs, step. At most 41
    key frames, evenly spread over the snapshots, 65 points a curve, 1 MB in all. The film stands on the newest frame.
    """
    times = [time for time, _ in _moments(table)]
    per_frame = table["site"].nunique() * 2 * (POINTS * 4 * 4 // 3 + 60)
    kept = [times[i] for i in key_frames(len(times), max(2, min(MAX_FRAMES, BUDGET // per_frame)))]
    moments = {time: _thinned(part) for time, part in _moments(table) if time in kept}
    last = moments[kept[-1]]
    grid = site_grid(last, "stage", height, with_notes=bool(notes), below=78)
    y_range, strip = _range(moments)
    x_range = (float(min(c.x[0] for c in last)), float(max(c.x[-1] for c in last)))
    data: list[dict[str, Any]] = []
    for i, curve in enumerate(last):
        data += _panel(curve, i, color, y_range[0], strip)
    layout = multiples_layout(last, grid, x_range, y_range, "stage", notes or {})
    texts = _texts(kept)
    frames = [
        {"name": text, "data": [_moved(v) for c in moments[t] for v in _moving(c, y_range[0], strip)], "traces": _moving_traces(len(last))}
        for t, text in zip(kept, texts, strict=True)
    ]  # fmt: skip
    layout |= {"sliders": [_slider(texts)], "updatemenus": [_buttons()]}
    alt = f"Film of {len(last)} activation functions over training in {len(kept)} frames, from {texts[0]} to {texts[-1]}."
    return build(data, layout, title=title, alt=alt, height=grid.height, frames=frames)


Time = tuple[float, float]


def _moments(table: pd.DataFrame) -> list[tuple[Time, pd.DataFrame]]:
    """Return the snapshots in time: ((epoch, step), rows)."""
    table = table if "step" in table else table.assign(step=table["epoch"])
    return [((float(e), float(s)), part) for (e, s), part in table.sort_values("step", kind="stable").groupby(["epoch", "step"])]


def _texts(times: list[Time]) -> list[str]:
    """Return "epoch 3"; a snapshot within an epoch is "step 4"."""
    ends = {epoch: step for epoch, step in times}
    starts = {epoch: step for epoch, step in reversed(times)}
    first = times[0][0]
    return [time_text(e, s, whole=s == (starts[e] if e == first else ends[e])) for e, s in times]


def _thinned(part: pd.DataFrame) -> list[SiteCurve]:
    """Return the records of one snapshot on 65 points."""
    found = []
    for c in site_curves(part):
        x = np.linspace(c.x[0], c.x[-1], POINTS)

        def at(values: Array, x: Array = x, c: SiteCurve = c) -> Array:
            return np.interp(x, c.x, values)

        reached = at(c.reached.astype(float)) > 0.5
        density = None if c.density is None else at(c.density)
        found.append(SiteCurve(c.site, c.stage, c.position, x, at(c.y), at(c.start), at(c.derivative), at(c.backward), density, reached))
    return found


def _range(moments: dict[Time, list[SiteCurve]]) -> tuple[tuple[float, float], float]:
    curves = [c for part in moments.values() for c in part]
    low, high = padded([line[c.reached] for c in curves for line in (c.y, c.start)])
    if all(c.density is None for c in curves):
        return (low, high), 0.0
    strip = (high - low) * DENSITY_SHARE / (1 - DENSITY_SHARE)
    return (low - strip, high), strip


def _moving(curve: SiteCurve, base: float, strip: float) -> list[Array]:
    """Return what changes in a panel: the top of the density, and the curve where inputs reach it."""
    density = np.zeros_like(curve.x) if curve.density is None else curve.density / curve.density.max()
    return [base + 0.92 * strip * density, np.where(curve.reached, curve.y, np.nan)]


def _panel(curve: SiteCurve, index: int, color: str, base: float, strip: float) -> list[dict[str, Any]]:
    line = {"type": "scatter", "mode": "lines", "x": packed(curve.x), "xaxis": axis_name("x", index), "yaxis": axis_name("y", index),
            "hoverinfo": "skip"}  # fmt: skip
    top, reached = _moving(curve, base, strip)
    hover = {"hoverinfo": "all", "hovertemplate": "x %{x:.3g}<br>f(x) %{y:.3g}<extra>" + curve.site + "</extra>"}
    return [
        {**line, "y": packed(np.full_like(curve.x, base)), "line": {"width": 0}, "name": "base"},
        {**line, "y": packed(top), "fill": "tonexty", "fillcolor": AREA, "line": {"width": 0, "simplify": False}, "name": "density"},
        {**line, "y": packed(curve.start), "line": {"color": MARK, "width": 1, "dash": "dot"}, "name": "start"},
        {**line, "y": packed(reached), "line": {"color": color, "width": 2.2, "simplify": False}, "name": curve.site, **hover},
    ]  # fmt: skip


def _moving_traces(panels: int) -> list[int]:
    return [4 * i + k for i in range(panels) for k in (1, 3)]


def _moved(y: Array) -> dict[str, Any]:
    return {"y": packed(y)}


def packed(values: Array) -> dict[str, str]:
    """Return float32 values as plotly's base64 form: a third of the size of their digits."""
    return {"dtype": "f4", "bdata": base64.b64encode(np.asarray(values, dtype="<f4").tobytes()).decode()}


def _slider(texts: list[str]) -> dict[str, Any]:
    steps = [
        {"label": text, "method": "animate",
         "args": [[text], {"mode": "immediate", "frame": {"duration": 0, "redraw": False}, "transition": {"duration": 0}}]}
        for text in texts
    ]  # fmt: skip
    return {
        "active": len(texts) - 1, "steps": steps, "x": 0.2, "len": 0.8, "y": 0, "yanchor": "top", "pad": {"t": 58, "b": 0},
        "currentvalue": {"visible": True, "font": {"size": 12}, "offset": 4, "xanchor": "left"}, "bgcolor": LINE,
        "activebgcolor": COLOURS[0], "bordercolor": FAINT, "borderwidth": 1, "tickcolor": LINE, "ticklen": 3, "minorticklen": 2,
        "font": {"size": 10},
    }  # fmt: skip


def _buttons() -> dict[str, Any]:
    play = {"frame": {"duration": 150, "redraw": False}, "transition": {"duration": 0}, "mode": "immediate", "fromcurrent": False}
    stop = {"frame": {"duration": 0, "redraw": False}, "transition": {"duration": 0}, "mode": "immediate"}
    return {
        "type": "buttons", "direction": "left", "showactive": False, "x": 0, "xanchor": "left", "y": 0, "yanchor": "top",
        "pad": {"t": 64, "r": 8, "l": 0}, "bgcolor": "rgba(0,0,0,0)", "bordercolor": LINE, "font": {"size": 12},
        "buttons": [{"label": "Play", "method": "animate", "args": [None, play]}, {"label": "Stop", "method": "animate", "args": [[None], stop]}],
    }  # fmt: skip
