"""An activation function by itself: its curve with noise and start, and below it the derivative, on one x axis."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.analysis import wording

from .build import axis, build, margins
from .curve_traces import padded, wide_range
from .labels import EndLabel, end_labels, end_margin, last_inside
from .records import Array
from .theme import COLOURS, MAIN, MARK
from .traces import band, line

#: Where the two panels stand, as shares of the height: curve, derivative.
CURVE, SLOPE = (0.4, 1.0), (0.0, 0.33)
#: Values outside of these shares are those of poles and steep ends; a panel shows them if they take little room.
CENTRAL = (0.03, 0.97)

Range = tuple[float, float]


def function_figure(
    table: pd.DataFrame, *, name: str = "f", color: str = COLOURS[0], height: int = MAIN, title: str | None = None
) -> go.Figure:
    """Return two panels over one x axis: the function, and its derivative.

    `table` is a shape table; `name` is that of the function. The start is drawn in grey dots where it is another curve, and the
    derivative that training uses in dashes where it is another one; the band is where 95 % of the noisy outputs lie. Hovering
    marks the same x in both panels.
    """
    columns = {str(c): _finite(table[c].to_numpy(dtype=float)) for c in table}
    x, y, start = (columns[c] for c in ("x", "y", "start"))
    low, high = columns["low"], columns["high"]
    moved, noisy = _differs(start, y), _differs(low, high)
    surrogate = _differs(columns["backward_derivative"], columns["derivative"])
    y_range = shown_range([y, *([start] if moved else []), *([low, high] if noisy else [])])
    slopes = [columns["derivative"], *([columns["backward_derivative"]] if surrogate else [])]
    slope_range = shown_range([*slopes, np.zeros_like(x)], 0.12)
    x_range = (float(x[0]), float(x[-1]))
    labels = _labels([("now", y, color), ("start", start, MARK)] if moved else [], x, x_range, y_range)
    both = [("true", slopes[0], color), ("in training", slopes[-1], COLOURS[1])] if surrogate else []
    slope_labels = _labels(both, x, x_range, slope_range)
    margin = margins(
        52, max(16, end_margin([label.text for label in [*labels, *slope_labels]]) if labels or both else 0), 8, 44
    )
    inner = height - margin["t"] - margin["b"]
    data = [
        *([band(x, low, high, color)] if noisy else []),
        *([line(x, start, "start", MARK, 1.4, "dot")] if moved else []),
        line(x, y, name, color, 2.2, hovertemplate="f(x) %{y:.4g}<extra></extra>"),
        line(x, slopes[0], "derivative", color, 1.8, yaxis="y2", hovertemplate="f′(x) %{y:.4g}<extra></extra>"),
    ]
    if surrogate:
        hover = "used in training %{y:.4g}<extra></extra>"
        data.append(line(x, slopes[1], "backward derivative", COLOURS[1], 1.8, "dash", yaxis="y2", hovertemplate=hover))
    words = [
        *end_labels(labels, y_range, inner * (CURVE[1] - CURVE[0])),
        *end_labels(slope_labels, slope_range, inner * (SLOPE[1] - SLOPE[0]), yref="y2", size=11),
    ]
    for trace in data:
        trace["line"]["simplify"] = False  # or plotly draws the gentle parts with corners
    layout = {**_axes(x_range, y_range, slope_range), "annotations": words, "margin": margin}
    layout |= {"hovermode": "x", "hoversubplots": "axis"}
    alt = _alt(name, x, y, moved, noisy, surrogate)
    return build(data, layout, title=title or f"{name} and its derivative", alt=alt, height=height)


def shown_range(lines: list[Array], share: float = 0.06) -> Range:
    """Return the padded range of all finite values, or of the central ones where the others take most of the room."""
    values = np.concatenate(lines)
    values = values[np.isfinite(values)]
    if values.size == 0:
        return padded([], share)
    low, high = np.quantile(values, CENTRAL)
    return wide_range([values[(values >= low) & (values <= high)]], [values], share)


def _finite(values: Array) -> Array:
    return np.where(np.isfinite(values), values, np.nan)


def _differs(one: Array, other: Array) -> bool:
    return not np.allclose(one, other, rtol=1e-6, atol=1e-9, equal_nan=True)


def _labels(lines: list[tuple[str, Array, str]], x: Array, x_range: Range, y_range: Range) -> list[EndLabel]:
    ends = [(text, last_inside(x, y, x_range, y_range), shade) for text, y, shade in lines]
    return [EndLabel(text, *end, shade) for text, end, shade in ends if end is not None]


def _axes(x_range: Range, y_range: Range, slope_range: Range) -> dict[str, Any]:
    spikes = {"showspikes": True, "spikemode": "across", "spikethickness": 1, "spikedash": "solid", "spikecolor": MARK}
    return {
        "xaxis": axis("x", range=list(x_range), anchor="y2", hoverformat=".4g", **spikes),
        "yaxis": axis("f(x)", range=list(y_range), domain=list(CURVE), nticks=7),
        "yaxis2": axis("f′(x)", range=list(slope_range), domain=list(SLOPE), nticks=5),
    }


def _alt(name: str, x: Array, y: Array, moved: bool, noisy: bool, surrogate: bool) -> str:
    fine = y[np.isfinite(y)]
    values = (
        f"; its values there lie between {wording.short(float(fine.min()))} and {wording.short(float(fine.max()))}"
        if fine.size
        else ""
    )
    text = f"{name} for x from {wording.short(float(x[0]))} to {wording.short(float(x[-1]))}{values}; below it the derivative"
    text += ", that of the function and the one training uses" if surrogate else ""
    text += "; a band shows where 95 % of the noisy outputs lie" if noisy else ""
    text += "; dots show the function at its start" if moved else ""
    return f"{text}."
