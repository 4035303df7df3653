"""One activation for the whole network: its curve once, and the inputs of every site as ridges on the same x axis."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from .build import axis, build, margins, note
from .curve_traces import Frame, curve_traces, shared_frame
from .curves import now_and_start
from .labels import end_labels, end_margin, shorten, text_width
from .records import SiteCurve, site_curves
from .theme import COLOURS, MARK, MATRIX, PANEL_FONT
from .traces import area

#: Height of a ridge over the distance between two ridges.
OVERLAP = 1.6
NAME_CHARACTERS = 20


def shared_figure(table: pd.DataFrame, *, color: str = COLOURS[0], height: int = MATRIX, title: str | None = None) -> go.Figure:
    """Return the curve that all sites share, above the density of each site's inputs, in forward order downwards.

    `table` is a curve table with the densities of all sites; the curve is taken from the first. Solid is what any site's
    central 99.8 % of inputs reach. Ridge heights are relative within each site.
    """
    curves = site_curves(table)
    if not curves:
        raise ValueError("the curve table has no rows.")
    one = _joined(curves)
    frame = shared_frame([one], density=False)
    names = [shorten(c.site, NAME_CHARACTERS) for c in curves]
    left = max(52, 12 + max(text_width(n, PANEL_FONT) for n in names))
    labels = now_and_start(one, color, frame)
    margin = margins(left, end_margin([label.text for label in labels]), 8, 44)
    inner = height - margin["t"] - margin["b"]
    split = 0.52 if len(curves) <= 10 else 0.42
    layout = {
        "xaxis": axis("input x of the activation", range=list(frame.x), anchor="y2"),
        "yaxis": axis(range=list(frame.y), domain=[1 - split, 1], nticks=6),
        "yaxis2": ridge_axis(curves, names, [0, 1 - split - 0.05], inner * (1 - split - 0.05)),
        "annotations": [*end_labels(labels, frame.y, inner * split), _sites_note(curves)],
        "margin": margin,
    }
    data = [*curve_traces(one, Frame(frame.x, frame.y, 0.0), color), *ridges(curves)]
    title = title or f"One curve for {len(curves)} sites, and the inputs of each"
    alt = f"The activation function that {len(curves)} sites share, and below it the density of each site's inputs as ridges."
    return build(data, layout, title=title, alt=alt, height=height)


def _joined(curves: Sequence[SiteCurve]) -> SiteCurve:
    """Return the first site's curve, reached wherever any site's inputs are, without its own density."""
    first = curves[0]
    reached = np.any([np.interp(first.x, c.x, c.reached.astype(float)) > 0.5 for c in curves], axis=0)
    reached = reached if reached.any() else np.ones_like(first.reached)
    return replace(first, site="shared by the network", density=None, reached=reached)


def ridges(curves: Sequence[SiteCurve], yaxis: str = "y2") -> list[dict[str, Any]]:
    """Return one filled ridge per site on y = −index, later sites in front."""
    found = []
    for i, curve in enumerate(curves):
        if curve.density is None:
            continue
        top = -i + OVERLAP * curve.density / curve.density.max()
        ridge = area(curve.x, np.full_like(top, -i), top, curve.site, xaxis="x", yaxis=yaxis, hoveron="fills")
        found.append({**ridge, "line": {"color": MARK, "width": 0.7}, "text": curve.site, "hoverinfo": "text"})
    return found


def ridge_axis(curves: Sequence[SiteCurve], names: Sequence[str], domain: list[float], height: float) -> dict[str, Any]:
    """Return the y axis of the ridges: as many site names as fit at 12 px each."""
    count = len(curves)
    every = max(1, int(np.ceil(count * 12 / max(height, 1))))
    kept = [i for i in range(count) if i % every == 0]
    ticks: dict[str, Any] = {"tickvals": [-i for i in kept], "ticktext": [names[i] for i in kept]}
    return axis(range=[-count + 0.6, OVERLAP], domain=domain, zeroline=False, showgrid=False, **ticks)


def _sites_note(curves: Sequence[SiteCurve]) -> dict[str, Any]:
    seen = any(c.density is not None for c in curves)
    text = f"{len(curves)} sites, 1 parameter set" if seen else f"{len(curves)} sites, 1 parameter set; no data seen"
    return note(text, 0, 1, xanchor="left", yanchor="top", xshift=6, yshift=-2)
