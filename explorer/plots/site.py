"""One site large: curve, density and derivative on one x axis."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from .build import axis, build, margins, note
from .curve_traces import Frame, curve_traces, padded, shared_frame
from .curves import curve_alt, now_and_start
from .labels import EndLabel, end_labels, end_margin, last_inside
from .records import SiteCurve, site_curves
from .theme import AREA, COLOURS, MARK, MATRIX

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

    `table` is a curve table; `site` picks one of several. Where training uses another derivative than that of the forward function,
    both are drawn. Hovering marks the same x in all three.
    """
    table = table if site is None else table[table["site"] == site]
    (curve,) = site_curves(table)
    frame = shared_frame([curve], density=False)
    slope = _slope_range(curve)
    domains = _domains()
    labels = now_and_start(curve, color, frame.y)
    slopes = _slope_labels(curve, color, slope)
    margin = margins(52, end_margin([label.text for label in [*labels, *slopes]]), 8, 44)
    inner = height - margin["t"] - margin["b"]
    heights = [inner * (high - low) for low, high in domains]
    hover = {"xaxis": "x", "type": "scatter", "mode": "lines"}
    data = [*curve_traces(curve, Frame(frame.x, frame.y, 0.0), color), *_density(curve, hover), *_slopes(curve, color, hover)]
    layout = {
        "xaxis": axis("input x of the activation", range=list(frame.x), anchor="y3", hoverformat=".3g", showspikes=True,
                      spikemode="across", spikethickness=1, spikedash="solid", spikecolor=MARK),
        "yaxis": axis("f(x)", range=list(frame.y), domain=domains[0], nticks=6, hoverformat=".3g"),
        "yaxis2": axis("density", domain=domains[1], showticklabels=False, zeroline=False, showgrid=False, rangemode="tozero"),
        "yaxis3": axis("f′(x)", range=list(slope), domain=domains[2], nticks=4, hoverformat=".3g"),
        "annotations": [
            *end_labels(labels, frame.y, heights[0]), *end_labels(slopes, slope, heights[2], yref="y3", size=11),
            *_no_data(curve),
        ],
        "margin": margin, "hovermode": "x", "hoversubplots": "axis",
    }  # fmt: skip
    alt = curve_alt(curve).rstrip(".") + "; below it the density of the inputs and the derivative" + (
        ", that of the function and the one training uses." if curve.surrogate else "."
    )  # fmt: skip
    return build(data, layout, title=title or f"Curve, inputs and derivative at {curve.site}", alt=alt, height=height)


def _domains() -> list[list[float]]:
    free = 1 - GAP * (len(SHARES) - 1)
    top, found = 1.0, []
    for share in SHARES:
        bottom = max(top - share * free, 0.0)
        found.append([round(bottom, 4), round(top, 4)])
        top = bottom - GAP
    return found


def _slope_range(curve: SiteCurve) -> tuple[float, float]:
    low, high = padded([line[curve.reached] for line in (curve.derivative, curve.backward, np.zeros_like(curve.x))], 0.1)
    return low, high


def _density(curve: SiteCurve, place: dict[str, Any]) -> list[dict[str, Any]]:
    if curve.density is None:
        return []
    return [{**place, "yaxis": "y2", "x": curve.x, "y": curve.density, "fill": "tozeroy", "fillcolor": AREA,
             "line": {"width": 0}, "name": "density of the inputs", "hovertemplate": "density %{y:.3g}<extra></extra>"}]  # fmt: skip


def _slopes(curve: SiteCurve, color: str, place: dict[str, Any]) -> list[dict[str, Any]]:
    true = {**place, "yaxis": "y3", "x": curve.x, "y": curve.derivative, "name": "derivative",
            "line": {"color": color, "width": 1.6}, "hovertemplate": "f′(x) %{y:.3g}<extra></extra>"}  # fmt: skip
    if not curve.surrogate:
        return [true]
    used = {**true, "y": curve.backward, "name": "backward derivative", "line": {"color": COLOURS[1], "width": 1.6, "dash": "dash"},
            "hovertemplate": "used in training %{y:.3g}<extra></extra>"}  # fmt: skip
    return [true, used]


def _slope_labels(curve: SiteCurve, color: str, y_range: tuple[float, float]) -> list[EndLabel]:
    if not curve.surrogate:
        return []
    lines = [("f′", curve.derivative, color), ("in training", curve.backward, COLOURS[1])]
    ends = [(text, last_inside(curve.x, line, y_range), shade) for text, line, shade in lines]
    return [EndLabel(text, *end, shade) for text, end, shade in ends if end is not None]


def _no_data(curve: SiteCurve) -> list[dict[str, Any]]:
    if curve.density is not None:
        return []
    return [note("no data seen: no density", 0.5, 0.5, yref="y2 domain", xanchor="center", yanchor="middle")]
