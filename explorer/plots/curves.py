"""The learned curve of one site, large; of several sites, as small multiples or over each other."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.analysis import wording

from .bands import band_figure
from .build import axis, build, margins
from .curve_traces import Frame, curve_hover, curve_traces, padded, shared_frame, site_frame
from .labels import EndLabel, end_labels, end_margin, last_inside
from .multiples import fits_small_multiples, small_multiples_figure
from .records import SiteCurve, site_curves
from .theme import COLOURS, DEPTH_SCALE, MAIN, MARK, depth_colours
from .traces import dots, line


def curve_figure(
    table: pd.DataFrame,
    *,
    sites: str | Sequence[str] | None = None,
    notes: Mapping[str, str] | None = None,
    color: str = COLOURS[0],
    density: bool = True,
    start: bool = True,
    height: int | None = None,
    title: str | None = None,
) -> go.Figure:
    """Return the learned curves of a curve table (`core.analysis.curves.curve_table`).

    One site: one large panel; with a row per channel, their median, band and extremes. Up to 25 sites: small multiples. More:
    all curves over each other, coloured by depth. Solid is the central 99.8 % of the inputs, dashed what no input
    reaches, dotted the start, grey below the density of the inputs. `sites` takes some of the table's sites only.
    """
    table = table if sites is None else only_sites(table, [sites] if isinstance(sites, str) else sites)
    curves = site_curves(table)
    if not curves:
        raise ValueError("the curve table has no rows.")
    if len(curves) > 1 and fits_small_multiples(len(curves)):
        return small_multiples_figure(
            table,
            notes=notes,
            color=color,
            density=density,
            start=start,
            height=height,
            title=title or "Learned curves by site",
        )
    if len(curves) > 1:
        return overlay_figure(table, height=height or MAIN, title=title or "Learned curves by depth")
    if curves[0].per_channel:
        return band_figure(table, color=color, density=density, height=height or MAIN, title=title)
    return _one_curve(curves[0], color, density, start, height or MAIN, title)


def only_sites(table: pd.DataFrame, sites: Sequence[str]) -> pd.DataFrame:
    """Return the rows of `sites`; an unknown site raises ValueError and lists the known ones."""
    known = list(dict.fromkeys(table["site"]))
    unknown = [s for s in sites if s not in known]
    if unknown:
        raise ValueError(f"no site {', '.join(unknown)} in this table; it has {', '.join(map(str, known))}.")
    return table[table["site"].isin(sites)]


def _one_curve(curve: SiteCurve, color: str, density: bool, start: bool, height: int, title: str | None) -> go.Figure:
    frame = site_frame(curve, density)
    labels = now_and_start(curve, color, frame, start)
    margin = margins(44, end_margin([label.text for label in labels]), 12, 44)
    layout = {
        "xaxis": axis("input x of the activation", range=list(frame.x)),
        "yaxis": axis(range=list(frame.y), nticks=7),
        "annotations": end_labels(labels, frame.y, height - margin["t"] - margin["b"]),
        "margin": margin,
    }
    data = curve_traces(curve, frame, color, start=start)
    return build(data, layout, title=title or f"Learned curve at {curve.site}", alt=curve_alt(curve), height=height)


def now_and_start(curve: SiteCurve, color: str, frame: Frame, start: bool = True) -> list[EndLabel]:
    """Return the labels of the learned curve and of the start, each at its line's last visible point."""
    lines = [("learned", curve.y, color), *([("start", curve.start, MARK)] if start else [])]
    ends = [(text, last_inside(curve.x, y, frame.x, frame.y), shade) for text, y, shade in lines]
    return [EndLabel(text, *end, shade) for text, end, shade in ends if end is not None]


def curve_alt(curve: SiteCurve) -> str:
    """Return what is to be seen in the curve of one site."""
    low, high = float(curve.x[curve.reached].min()), float(curve.x[curve.reached].max())
    text = f"Activation function at {curve.site} for inputs from {curve.x[0]:.3g} to {curve.x[-1]:.3g}"
    if curve.density is not None:
        text += f"; 99.8 % of the inputs lie between {low:.3g} and {high:.3g}"
    if np.isfinite(curve.left_start):
        far = f"it lies {wording.percent(curve.left_start)} of the start's spread from its start"
        text += "; it lies on its start" if curve.left_start < 0.005 else f"; {far}"
    return text.replace(" -", " −") + "."


def overlay_figure(table: pd.DataFrame, *, height: int = MAIN, title: str = "Learned curves by depth") -> go.Figure:
    """Return the curves of all sites in one panel, coloured by their place in forward order."""
    curves = site_curves(table)
    colours = depth_colours(len(curves))
    data = [
        line(c.x, c.y, c.site, color, 1.2, hovertemplate=curve_hover(c.site)) for c, color in zip(curves, colours, strict=True)
    ]
    data.append(depth_bar(len(curves)))
    frame = shared_frame(curves, density=False)
    layout = {
        "xaxis": axis("input x of the activation", range=list(frame.x)),
        "yaxis": axis(range=list(padded([c.y[c.reached] for c in curves])), nticks=7),
        "margin": margins(44, 96, 12, 44),
    }
    alt = f"Activation functions of {len(curves)} sites over each other, coloured from the first to the last site."
    return build(data, layout, title=title, alt=alt, height=height)


def depth_bar(count: int) -> dict[str, Any]:
    """Return an invisible trace that carries the colour bar from the first to the last of `count` sites."""
    ticks = {"tickvals": [1, count], "ticktext": ["first site", "last site"], "tickfont": {"size": 11}}
    bar = {"thickness": 12, "len": 0.8, "outlinewidth": 0, "x": 1.01, "xpad": 4, **ticks}
    scale = {"cmin": 1, "cmax": count, "colorscale": [list(stop) for stop in DEPTH_SCALE]}
    marker = {"color": [1, count], "showscale": True, "colorbar": bar, "size": 0.1, "opacity": 0, **scale}
    return dots([None, None], [None, None], "depth", marker)
