"""How the spread travels through the depth: one line per run over its sites."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.analysis import wording

from .build import axis, build, margins
from .labels import EndLabel, end_labels, end_margin, shorten, text_width
from .theme import LINE, MAIN, LineStyle, group_styles
from .traces import dots, line
from .trajectories import legend_row

#: What can be drawn: the column, what the axis calls it, and whether it is drawn in dB.
QUANTITIES = {
    "strength": ("strength (variance over passes / variance between images)", False),
    "snr": ("signal-to-noise in dB", True),
}
END_LABELS, END_WIDTH, SLANTED, NAMED_SITES = 6, 150, 10, 20


def noise_depth_figure(
    table: pd.DataFrame,
    *,
    quantity: str = "strength",
    site: str | None = None,
    styles: Mapping[str, LineStyle] | None = None,
    height: int = MAIN,
    title: str = "The noise on its way through the network",
) -> go.Figure:
    """Return strength or signal-to-noise over the sites, in forward order; filled dots where the site makes noise itself.

    `table` has a row per run and site: network (what the line is called), and the columns of `NoiseLens.depth`: site, stage,
    position, noisy, strength, snr. `site` is marked by a thin line. Networks with other sites are drawn by their own
    order: position 3 is the fourth site of each. Sites before all noise have strength 0 and no signal-to-noise.
    """
    if quantity not in QUANTITIES:
        raise ValueError(f"quantity must be one of {', '.join(QUANTITIES)}; received {quantity!r}.")
    names = list(dict.fromkeys(table["network"]))
    styles = {**group_styles(names), **(styles or {})}
    label, decibels = QUANTITIES[quantity]
    parts = {name: table[table["network"] == name].sort_values("position") for name in names}
    values = {name: _values(part, quantity, decibels) for name, part in parts.items()}
    every = np.concatenate([v[np.isfinite(v)] for v in values.values()]) if len(table) else np.zeros(0)
    y_range = _range(every, decibels)
    longest = max(parts.values(), key=len)
    at_ends = len(names) <= END_LABELS and max(text_width(n) for n in names) <= END_WIDTH
    margin = margins(64, end_margin(names) if at_ends else 16, 14 if at_ends else 34, _bottom(longest))
    data = [t for name in names for t in _traces(name, parts[name], values[name], styles[name], decibels)]
    x_range = [-0.3, len(longest) - 0.7]
    layout = {
        "xaxis": axis("", range=x_range, zeroline=False, showgrid=False, **_ticks(longest)),
        "yaxis": axis(label, range=list(y_range), nticks=7, ticksuffix=" dB" if decibels else ""),
        "margin": margin,
        "annotations": _ends(names, parts, values, styles, y_range, height - margin["t"] - margin["b"]) if at_ends else [],
        "shapes": _mark(longest, site),
        "showlegend": not at_ends,
        "legend": legend_row(),
    }
    return build(data, layout, title=title, alt=_alt(names, parts, quantity), height=height)


def _values(part: pd.DataFrame, quantity: str, decibels: bool) -> np.ndarray:
    found = part[quantity].to_numpy(dtype=float)
    if not decibels:
        return found
    with np.errstate(divide="ignore"):
        found = 10 * np.log10(found)
    return np.where(np.isfinite(found), found, np.nan)


def _range(values: np.ndarray, decibels: bool) -> tuple[float, float]:
    if not values.size:
        return 0.0, 1.0
    low, high = (float(values.min()), float(values.max())) if decibels else (0.0, float(values.max()))
    room = 0.08 * (high - low) or 1.0
    return (low - room if decibels else -0.03 * (high or 1.0)), high + room


def _traces(name: str, part: pd.DataFrame, values: np.ndarray, style: LineStyle, decibels: bool) -> list[dict[str, Any]]:
    x = part["position"].to_numpy()
    unit = " dB" if decibels else ""
    own = part["noisy"].to_numpy(dtype=bool)
    makes = np.where(own, "makes noise", "makes none of its own")
    texts = [f"{name}<br>{s}, {m}<br>{v:.3g}{unit}" for s, m, v in zip(part["site"], makes, values, strict=True)]
    symbols = ["circle" if o else "circle-open" for o in own]
    marker = {"color": style.color, "size": 8, "symbol": symbols, "line": {"width": 1.6, "color": style.color}}
    hover = {"text": texts, "hovertemplate": "%{text}<extra></extra>", "customdata": part["site"].to_numpy()}
    return [
        line(x, values, name, style.color, style.width, style.dash),
        dots(x, values, f"{name}, sites", marker, showlegend=False, **hover),
    ]


def _ticks(part: pd.DataFrame) -> dict[str, Any]:
    """Return the names of the sites below the axis; of the stages where there are too many."""
    if len(part) <= NAMED_SITES:
        angle = -40 if len(part) <= SLANTED else -90
        return {"tickvals": part["position"].tolist(), "ticktext": [shorten(s, 16) for s in part["site"]], "tickangle": angle}
    middle = part.groupby("stage", sort=False)["position"].agg(["mean", "count"])
    middle = middle[middle["count"] > 1]  # the name of a single site would run into the next
    return {"tickvals": middle["mean"].tolist(), "ticktext": list(middle.index), "tickangle": 0}


def _bottom(part: pd.DataFrame) -> int:
    return 92 if len(part) <= NAMED_SITES else 36


def _mark(part: pd.DataFrame, site: str | None) -> list[dict[str, Any]]:
    at = part.loc[part["site"] == site, "position"]
    if at.empty:
        return []
    x = float(at.iloc[0])
    style = {"line": {"color": LINE, "width": 1, "dash": "dot"}, "layer": "below"}
    return [{"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper", **style}]


def _ends(
    names: list[str],
    parts: Mapping[str, pd.DataFrame],
    values: Mapping[str, np.ndarray],
    styles: Mapping[str, LineStyle],
    y_range: tuple[float, float],
    height: float,
) -> list[dict[str, Any]]:
    labels = []
    for name in names:
        known = np.flatnonzero(np.isfinite(values[name]))
        if known.size:
            x, y = float(parts[name]["position"].iloc[known[-1]]), float(values[name][known[-1]])
            labels.append(EndLabel(name, x, y, styles[name].color))
    return end_labels(labels, y_range, height)


def _alt(names: list[str], parts: Mapping[str, pd.DataFrame], quantity: str) -> str:
    said = []
    for name in names:
        last = parts[name].iloc[-1]
        value = float(last["strength"])
        said.append(f"{name} ends with {wording.number(value, wording.decimals_for(value))} at {last['site']}")
    what = "Strength of the noise" if quantity == "strength" else "Signal-to-noise"
    return f"{what} over the sites in forward order; strength: {'; '.join(said)}."
