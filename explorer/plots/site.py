"""One site large: curve, density and derivative on one x axis."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from .build import axis, build, margins, note
from .curve_traces import Frame, curve_traces, site_frame, wide_range
from .curves import curve_alt, now_and_start
from .labels import EndLabel, end_labels, end_margin, last_inside
from .records import SiteCurve, site_curves
from .theme import AREA, COLOURS, MARK, MATRIX
from .traces import line

#: Shares of the height: curve, density, derivative; and the gap between them.
SHARES, GAP = (0.6, 0.2, 0.2), 0.05


def site_figure(
    table: pd.DataFrame,
    *,
    site: str | None = None,
    color: str = COLOURS[0],
    height: int = MATRIX,
    title: str | None = None,
) -> go.Figure:
    """Return three panels over one x axis: the learned curve, the density of the inputs, the derivative.

    `table` is a curve table; `site` picks one of several. Where training uses another derivative than that of the
    forward function, both are drawn. Hovering marks the same x in all three.
    """
    (curve,) = site_curves(table if site is None else table[table["site"] == site])
    frame = site_frame(curve, density=False)
    slope = _slope_range(curve, frame)
    labels, slopes = now_and_start(curve, color, frame), _slope_labels(curve, color, frame, slope)
    margin = margins(52, end_margin([label.text for label in [*labels, *slopes]]), 8, 44)
    inner = height - margin["t"] - margin["b"]
    tall, _, low = (inner * (top - bottom) for bottom, top in _domains())
    words = [*end_labels(labels, frame.y, tall), *end_labels(slopes, slope, low, yref="y3", size=11), *_no_data(curve)]
    layout = {**_axes(frame, slope), "annotations": words, "margin": margin, "hovermode": "x", "hoversubplots": "axis"}
    data = [*curve_traces(curve, Frame(frame.x, frame.y, 0.0), color), *_density(curve), *_slopes(curve, color)]
    both = ", that of the function and the one training uses" if curve.surrogate else ""
    alt = f"{curve_alt(curve).rstrip('.')}; below it the density of the inputs and the derivative{both}."
    return build(data, layout, title=title or f"Curve, inputs and derivative at {curve.site}", alt=alt, height=height)


def _axes(frame: Frame, slope: tuple[float, float]) -> dict[str, Any]:
    curve, density, derivative = _domains()
    spikes = {"showspikes": True, "spikemode": "across", "spikethickness": 1, "spikedash": "solid", "spikecolor": MARK}
    hidden = {"showticklabels": False, "zeroline": False, "showgrid": False, "rangemode": "tozero"}
    return {
        "xaxis": axis("input x of the activation", range=list(frame.x), anchor="y3", hoverformat=".3g", **spikes),
        "yaxis": axis("f(x)", range=list(frame.y), domain=curve, nticks=6),
        "yaxis2": axis("density", domain=density, **hidden),
        "yaxis3": axis("f′(x)", range=list(slope), domain=derivative, nticks=4),
    }


def _domains() -> list[list[float]]:
    free = 1 - GAP * (len(SHARES) - 1)
    top, found = 1.0, []
    for share in SHARES:
        bottom = max(top - share * free, 0.0)
        found.append([round(bottom, 4), round(top, 4)])
        top = bottom - GAP
    return found


def _slope_range(curve: SiteCurve, frame: Frame) -> tuple[float, float]:
    lines = [curve.derivative, curve.backward, np.zeros_like(curve.x)]
    shown = (curve.x >= frame.x[0]) & (curve.x <= frame.x[1])
    return wide_range([y[curve.reached] for y in lines], [y[shown] for y in lines], 0.1)


def _density(curve: SiteCurve) -> list[dict[str, Any]]:
    if curve.density is None:
        return []
    fill = {"fill": "tozeroy", "fillcolor": AREA, "yaxis": "y2"}
    hover = "density %{y:.3g}<extra></extra>"
    return [line(curve.x, curve.density, "density of the inputs", AREA, 0, hovertemplate=hover, **fill)]


def _slopes(curve: SiteCurve, color: str) -> list[dict[str, Any]]:
    hover = {"yaxis": "y3", "hovertemplate": "f′(x) %{y:.3g}<extra></extra>"}
    true = line(curve.x, curve.derivative, "derivative", color, 1.6, **hover)
    if not curve.surrogate:
        return [true]
    hover["hovertemplate"] = "used in training %{y:.3g}<extra></extra>"
    return [true, line(curve.x, curve.backward, "backward derivative", COLOURS[1], 1.6, "dash", **hover)]


def _slope_labels(curve: SiteCurve, color: str, frame: Frame, y_range: tuple[float, float]) -> list[EndLabel]:
    if not curve.surrogate:
        return []
    lines = [("true", curve.derivative, color), ("in training", curve.backward, COLOURS[1])]
    ends = [(text, last_inside(curve.x, y, frame.x, y_range), shade) for text, y, shade in lines]
    return [EndLabel(text, *end, shade) for text, end, shade in ends if end is not None]


def _no_data(curve: SiteCurve) -> list[dict[str, Any]]:
    if curve.density is not None:
        return []
    return [note("no data seen: no density", 0.5, 0.5, yref="y2 domain", xanchor="center", yanchor="middle")]
