"""One site with parameters of its own per channel: the median curve, the band, the two extremes by name."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from .build import axis, build, margins
from .curve_traces import curve_hover, curve_traces, site_frame
from .labels import EndLabel, end_labels, end_margin, last_inside
from .records import site_curves
from .theme import COLOURS, MAIN, MARK
from .traces import line


def band_figure(
    table: pd.DataFrame,
    *,
    site: str | None = None,
    color: str = COLOURS[0],
    density: bool = True,
    height: int = MAIN,
    title: str | None = None,
) -> go.Figure:
    """Return the curves of one site's channels: median, 10 to 90 % band, and the channels furthest down and up.

    `table` is a curve table with the roles median, lowest and highest, or with every channel (`channel="all"`); then the
    extremes are the channels with the least and greatest mean distance to the median over the inputs.
    """
    (curve,) = site_curves(table if site is None else table[table["site"] == site])
    frame = site_frame(curve, density)
    traces = curve_traces(curve, frame, color, start=False)
    for name, y in curve.extremes:
        traces.append(line(curve.x, y, name, MARK, 1.2, hovertemplate=curve_hover(f"{curve.site}, {name}")))
    shown = (curve.x >= frame.x[0]) & (curve.x <= frame.x[1])
    outer = [y[shown] for _, y in curve.extremes]
    low = min([frame.y[0], *(float(np.nanmin(y)) - frame.strip for y in outer)])
    high = max([frame.y[1], *(float(np.nanmax(y)) for y in outer)])
    lines = [("median", curve.y, color), *((name, y, MARK) for name, y in curve.extremes)]
    ends = [(text, last_inside(curve.x, y, frame.x, (low, high)), shade) for text, y, shade in lines]
    labels = [EndLabel(text, *end, shade) for text, end, shade in ends if end is not None]
    margin = margins(44, end_margin([label.text for label in labels]), 12, 44)
    layout = {
        "xaxis": axis("input x of the activation", range=list(frame.x)),
        "yaxis": axis(range=[low, high], nticks=7),
        "annotations": end_labels(labels, (low, high), height - margin["t"] - margin["b"]),
        "margin": margin,
    }
    names = " and ".join(name for name, _ in curve.extremes)
    alt = f"Activation functions of the channels at {curve.site}: median and band from 10 to 90 % of the channels"
    alt += f"; furthest down and up are {names}." if names else "."
    return build(traces, layout, title=title or f"Learned curves of the channels at {curve.site}", alt=alt, height=height)
