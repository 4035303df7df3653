"""One site with parameters of its own per channel: the median curve, the band, the two extremes by name."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from .build import axis, build, margins
from .curve_traces import curve_hover, curve_traces, site_frame
from .labels import EndLabel, end_labels, end_margin, last_inside
from .records import SiteCurve, site_curves
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
    """Return the curves of one site's channels: median, 10 to 90 % band, and the channels furthest above and below.

    `table` is a curve table with one row per channel and x. How far a channel is from the median is its mean signed
    distance over the inputs, weighted by their density.
    """
    table = table if site is None else table[table["site"] == site]
    (curve,) = site_curves(table)
    extremes = extreme_channels(table, curve)
    frame = site_frame(curve, density)
    traces = curve_traces(curve, frame, color)
    rows = {c: table[table["channel"] == c].sort_values("x") for c in extremes}
    traces += [_channel_line(c, part, curve.site) for c, part in rows.items()]
    low, high = frame.y
    for part in rows.values():
        y = part["y"].to_numpy(dtype=float)[(curve.x >= frame.x[0]) & (curve.x <= frame.x[1])]
        low, high = min(low, float(np.nanmin(y)) - frame.strip), max(high, float(np.nanmax(y)))
    texts = [(f"median of {curve.channels}", curve.y, color)]
    texts += [(f"channel {c}", part["y"].to_numpy(dtype=float), MARK) for c, part in rows.items()]
    ends = [(text, last_inside(curve.x, y, frame.x, (low, high)), shade) for text, y, shade in texts]
    labels = [EndLabel(text, *end, shade) for text, end, shade in ends if end is not None]
    margin = margins(44, end_margin([label.text for label in labels]), 12, 44)
    layout = {
        "xaxis": axis("input x of the activation", range=list(frame.x)),
        "yaxis": axis(range=[low, high], nticks=7),
        "annotations": end_labels(labels, (low, high), height - margin["t"] - margin["b"]),
        "margin": margin,
    }
    alt = (
        f"Activation functions of the {curve.channels} channels at {curve.site}: median, band from 10 to 90 % of the "
        f"channels, and the two furthest channels, {' and '.join(map(str, extremes))}."
    )
    return build(traces, layout, title=title or f"Learned curves of the channels at {curve.site}", alt=alt, height=height)


def extreme_channels(table: pd.DataFrame, curve: SiteCurve) -> list[int]:
    """Return the channels with the lowest and the highest mean distance to the median curve (one, if they are the same)."""
    wide = table.pivot(index="x", columns="channel", values="y")
    weight = curve.reached.astype(float) if curve.density is None else curve.density
    distance = wide.sub(curve.y, axis=0).mul(weight, axis=0).sum()
    return list(dict.fromkeys(int(distance.index[k]) for k in (distance.argmin(), distance.argmax())))


def _channel_line(channel: int, rows: pd.DataFrame, site: str) -> dict[str, Any]:
    name = f"channel {channel}"
    x, y = rows["x"].to_numpy(), rows["y"].to_numpy()
    return line(x, y, name, MARK, 1.2, hovertemplate=curve_hover(f"{site}, {name}"))
