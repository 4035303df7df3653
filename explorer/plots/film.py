"""The training film: small multiples whose curves move from snapshot to snapshot when one drags or plays."""

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from .build import axis_name, build
from .curve_traces import curve_hover, shared_frame
from .multiples import multiples_layout, site_grid
from .records import Array, SiteCurve, site_curves
from .theme import AREA, COLOURS, FAINT, LINE, MARK
from .times import key_frames, time_text
from .traces import line

MAX_FRAMES, POINTS, DENSITY_POINTS = 41, 65, 33
#: Bytes that the frames may take, of the 1 MB of a chart.
BUDGET = 850_000
#: Four bytes in base64, whose slashes plotly escapes with six characters.
BYTES_PER_VALUE = 5.9


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
    key frames, evenly spread over the snapshots, 65 points of each curve in the part of x that is shown, 1 MB in all. The film
    stands on the newest frame; the axes are those of the later half of the snapshots.
    """
    times = [time for time, _ in _moments(table)]
    per_frame = table["site"].nunique() * ((POINTS + DENSITY_POINTS) * BYTES_PER_VALUE + 120)
    kept = [times[i] for i in key_frames(len(times), max(2, min(MAX_FRAMES, int(BUDGET / per_frame))))]
    whole = {time: site_curves(part) for time, part in _moments(table) if time in kept}
    # The first steps, before batch norm has settled, may reach three times as far: they run out of the frame.
    frame = shared_frame([curve for time in kept[len(kept) // 2 :] for curve in whole[time]])
    moments = {time: [_thinned(curve, frame.x) for curve in curves] for time, curves in whole.items()}
    last = moments[kept[-1]]
    grid = site_grid(last, "stage", height, with_notes=bool(notes), below=84)
    y_range, strip = frame.y, frame.strip
    data: list[dict[str, Any]] = []
    for i, curve in enumerate(last):
        data += _panel(curve, i, color, y_range[0], strip)
    layout = multiples_layout(last, grid, frame.x, y_range, "stage", notes or {})
    texts = _texts(kept)
    frames = [_frame(text, moments[t], y_range[0], strip) for t, text in zip(kept, texts, strict=True)]
    layout |= {"sliders": [_slider(texts)], "updatemenus": [_buttons()]}
    alt = f"Film of {len(last)} activation functions over training in {len(kept)} frames, from {texts[0]} to {texts[-1]}."
    return build(data, layout, title=title, alt=alt, height=grid.height, frames=frames)


Time = tuple[float, float]


def _moments(table: pd.DataFrame) -> list[tuple[Time, pd.DataFrame]]:
    """Return the snapshots in time: ((epoch, step), rows)."""
    table = table if "step" in table else table.assign(step=table["epoch"])
    parts = table.sort_values("step", kind="stable").groupby(["step", "epoch"])
    return [((float(part["epoch"].iloc[0]), float(part["step"].iloc[0])), part) for _, part in parts]


def _texts(times: list[Time]) -> list[str]:
    """Return "epoch 3"; a snapshot within an epoch is "step 4"."""
    ends, starts, first = dict(times), dict(reversed(times)), times[0][0]
    return [time_text(e, s, whole=s == (starts[e] if e == first else ends[e])) for e, s in times]


def _thinned(curve: SiteCurve, shown: tuple[float, float]) -> SiteCurve:
    """Return the curve on 65 points, all of them in the part of x that is shown."""
    low, high = max(shown[0], curve.x[0]), min(shown[1], curve.x[-1])
    return _on_points(curve, np.linspace(low, high, POINTS))


def _on_points(curve: SiteCurve, x: Array) -> SiteCurve:
    lines = (curve.y, curve.start, curve.derivative, curve.backward)
    y, start, derivative, backward = (np.interp(x, curve.x, v) for v in lines)
    reached = np.interp(x, curve.x, curve.reached.astype(float)) > 0.5
    density = None if curve.density is None else np.interp(x, curve.x, curve.density)
    return SiteCurve(curve.site, curve.stage, curve.position, x, y, start, derivative, backward, density, reached)


def _moving(curve: SiteCurve, base: float, strip: float) -> list[Array]:
    """Return what changes in a panel: the top of the density (33,), and the curve where inputs reach it (65,)."""
    density = np.zeros_like(curve.x) if curve.density is None else curve.density / curve.density.max()
    top = base + 0.92 * strip * density[::2]
    return [top, np.where(curve.reached, curve.y, np.nan)]


def _panel(curve: SiteCurve, index: int, color: str, base: float, strip: float) -> list[dict[str, Any]]:
    place = {"xaxis": axis_name("x", index), "yaxis": axis_name("y", index)}
    x, coarse = packed(curve.x), packed(curve.x[::2])
    top, reached = (packed(v) for v in _moving(curve, base, strip))
    floor = packed(np.full(DENSITY_POINTS, base))
    traces = [
        line(coarse, floor, "base", AREA, 0, **place),
        line(coarse, top, "density of the inputs", AREA, 0, fill="tonexty", fillcolor=AREA, **place),
        line(x, packed(curve.start), "start", MARK, 1, "dot", **place),
        line(x, reached, curve.site, color, 2.2, hovertemplate=curve_hover(curve.site), **place),
    ]
    for trace in traces:
        trace["line"]["simplify"] = False  # simplified lines jump while the film runs
    return traces


def _frame(name: str, curves: list[SiteCurve], base: float, strip: float) -> dict[str, Any]:
    """Return the animation frame: of every panel's four traces the second and the fourth move."""
    moved = [{"y": packed(values)} for curve in curves for values in _moving(curve, base, strip)]
    return {"name": name, "data": moved, "traces": [4 * i + k for i in range(len(curves)) for k in (1, 3)]}


def packed(values: Array) -> dict[str, str]:
    """Return float32 values as plotly's base64 form: a third of the size of their digits."""
    return {"dtype": "f4", "bdata": base64.b64encode(np.asarray(values, dtype="<f4").tobytes()).decode()}


def _slider(texts: list[str]) -> dict[str, Any]:
    at_once = {"mode": "immediate", "frame": {"duration": 0, "redraw": False}, "transition": {"duration": 0}}
    steps = [{"label": text, "method": "animate", "args": [[text], at_once]} for text in texts]
    colours = {"bgcolor": LINE, "activebgcolor": COLOURS[0], "bordercolor": FAINT, "tickcolor": LINE}
    sizes = {"borderwidth": 1, "ticklen": 3, "minorticklen": 2, "font": {"size": 10}}
    place = {"x": 0.2, "len": 0.78, "y": 0, "yanchor": "top", "pad": {"t": 58, "b": 0}}
    now = {"visible": True, "font": {"size": 12}, "offset": 4, "xanchor": "left"}
    return {"active": len(texts) - 1, "steps": steps, "currentvalue": now, **place, **colours, **sizes}


def _buttons() -> dict[str, Any]:
    still = {"transition": {"duration": 0}, "mode": "immediate"}
    play = {"frame": {"duration": 150, "redraw": False}, "fromcurrent": False, **still}
    stop = {"frame": {"duration": 0, "redraw": False}, **still}
    buttons = [
        {"label": "Play", "method": "animate", "args": [None, play]},
        {"label": "Stop", "method": "animate", "args": [[None], stop]},
    ]
    place = {"x": 0, "xanchor": "left", "y": 0, "yanchor": "top", "pad": {"t": 64, "r": 8, "l": 0}}
    looks = {"bgcolor": "rgba(0,0,0,0)", "bordercolor": LINE, "font": {"size": 12}, "showactive": False}
    return {"type": "buttons", "direction": "left", "buttons": buttons, **place, **looks}
