"""Activation parameters over training: a panel per parameter, a line per site or a band over channels."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.analysis import wording

from .build import axis_key, axis_name, build, margins, note
from .curve_traces import padded
from .curves import depth_bar
from .grid import Grid, row_cells
from .labels import EndLabel, end_labels, end_margin, shorten
from .theme import COLOURS, MAIN, depth_colours
from .times import progress
from .traces import band, line

#: Up to so many sites are named at the ends of their lines; more are coloured by depth.
NAMED = 6


def parameter_figure(
    table: pd.DataFrame,
    *,
    site: str | None = None,
    height: int = MAIN,
    title: str | None = None,
) -> go.Figure:
    """Return each parameter of the activations over the epochs.

    `table` is `run.snapshots().parameters()`: epoch, step, site, parameter, channel, value. A panel per parameter, a line per
    site (its median over channels), coloured by depth. With `site`, that site alone; per channel, the band holds 10 to 90 %.
    """
    table = table if site is None else table[table["site"] == site]
    if table.empty:
        raise ValueError("the parameter table has no rows: nothing learns here.")
    table = table.assign(time=progress(table))
    names, sites = list(dict.fromkeys(table["parameter"])), list(dict.fromkeys(table["site"]))
    colours = depth_colours(len(sites)) if len(sites) > 1 else [COLOURS[0]]
    named = 1 < len(sites) <= NAMED and len(names) == 1
    short = [shorten(s, 22) for s in sites]
    right = end_margin(short) if named else (96 if len(sites) > 1 else 16)
    grid = Grid(row_cells(len(names), 2), height, margins(56, right, 4, 44), head=20, column_gap=0.1)
    data: list[dict[str, Any]] = []
    ranges = []
    for i, name in enumerate(names):
        drawn = len(data)
        place = {"xaxis": axis_name("x", i), "yaxis": axis_name("y", i)}
        for s, color in zip(sites, colours, strict=True):
            part = table[(table["parameter"] == name) & (table["site"] == s)]
            data += [{**trace, **place} for trace in _site_traces(part, name, s, color, banded=site is not None)]
        ranges.append(padded([trace["y"] for trace in data[drawn:]]))
    layout = _layout(float(table["time"].max()), grid, names, ranges)
    if named:
        ends = [_end(table[table["site"] == s], text, color) for s, text, color in zip(sites, short, colours, strict=True)]
        layout["annotations"] += end_labels(ends, tuple(layout["yaxis"]["range"]), grid.panel_height)
    elif len(sites) > 1:
        data.append(depth_bar(len(sites)))
    title = title or "Activation parameters over training"
    return build(data, layout, title=title, alt=_alt(table, names, sites), height=height)


def _site_traces(part: pd.DataFrame, name: str, site: str, color: str, banded: bool) -> list[dict[str, Any]]:
    by_time = part.groupby("time")["value"]
    middle = by_time.median()
    x, y = middle.index.to_numpy(dtype=float), middle.to_numpy(dtype=float)
    channels = part["channel"].nunique() if "channel" in part else 1
    traces = []
    if banded and channels > 1:
        low, high = (by_time.quantile(q).to_numpy(dtype=float) for q in (0.1, 0.9))
        traces.append(band(x, low, high, color))
    what = site if channels == 1 else f"{site}, median of {channels} channels"
    now = line(x, y, site, color, 1.6, hovertemplate=f"{name} %{{y:.3g}}, epoch %{{x:.3g}}<extra>{what}</extra>")
    return [*traces, {**now, "mode": "lines" if len(x) > 1 else "markers"}]


def _layout(last: float, grid: Grid, names: list[str], ranges: list[tuple[float, float]]) -> dict[str, Any]:
    x = {"range": [0, last or 1.0], "nticks": 8, "zeroline": False, "ticklabeloverflow": "allow"}
    axes = grid.axes(x, {"nticks": 6})
    for i, y_range in enumerate(ranges):
        axes[axis_key("y", i)].pop("matches", None)
        # Each parameter has its own scale, so each panel carries its own ticks.
        axes[axis_key("y", i)] |= {"range": list(y_range), "showticklabels": True}
    below = note("epoch", 0.5, 0, xanchor="center", yanchor="top", yshift=-22)
    words = [below, *grid.labels([[f"<b>{name}</b>"] for name in names])]
    return {**axes, "annotations": words, "margin": grid.margin}


def _end(part: pd.DataFrame, text: str, color: str) -> EndLabel:
    last = part[part["time"] == part["time"].max()]
    return EndLabel(text, float(last["time"].iloc[0]), float(np.median(last["value"])), color)


def _alt(table: pd.DataFrame, names: list[str], sites: list[str]) -> str:
    ordered = table.sort_values("time")
    texts = []
    for name in names:
        part = ordered[ordered["parameter"] == name]
        first, last = (part.loc[part["time"] == t, "value"] for t in (part["time"].min(), part["time"].max()))
        low, high = wording.value_text(last.min(), ""), wording.value_text(last.max(), "")
        end = f"to {low}" if low == high else f"to between {low} and {high}"
        texts.append(f"{name} from {wording.value_text(first.median(), '')} {end}")
    return f"Activation parameters of {wording.count(len(sites), 'site')} over training: {'; '.join(texts)}."
