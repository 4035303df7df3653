"""Kinds of noise that are equally strong, side by side: in how many directions they spread, and what they cost."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.analysis import wording

from .build import axis_key, axis_name, build, margins
from .curve_traces import padded
from .grid import Cell, Grid
from .labels import distinct, shorten, text_width
from .theme import FONT, LINE, SITE_FONT, group_styles
from .traces import dots, line

KINDS = {"own": "own noise", "gaussian": "Gaussian", "dropout": "dropout"}
SYMBOLS = {"own": "circle", "gaussian": "diamond", "dropout": "square"}
#: The panels: column, title, factor, unit, decimals.
PANELS = (
    ("strength", "strength", 1, "", 3),
    ("rank", "effective rank", 1, "", 1),
    ("accuracy", "noisy accuracy", 100, " %", 1),
    ("flips", "decisions flipped", 100, " %", 1),
)
NAME_CHARACTERS = 30


def noise_comparison_figure(
    table: pd.DataFrame, *, height: int | None = None, title: str = "Noise of several kinds, made equally strong"
) -> go.Figure:
    """Return a row per network and kind of noise, with a dot for its strength, effective rank, accuracy and flips.

    `table` is `core.analysis.noise_comparison.noise_comparison(...)`. A thin line marks the first row, which the others
    are made equal to; below a row's name stands its scale. Rows that could not be made equal have open dots.
    """
    rows: list[Any] = list(table.itertuples())
    short = distinct([str(row.network) for row in rows])
    names = [shorten(f"{name} · {KINDS[str(row.kind)]}", NAME_CHARACTERS) for name, row in zip(short, rows, strict=True)]
    notes = [scale_text(str(row.kind), float(row.scale)) for row in rows]
    networks = list(dict.fromkeys(str(row.network) for row in rows))
    styles = group_styles(networks)
    height = height or 64 + 44 * len(rows)
    left = 16 + max(text_width(text) for text in (*names, *notes))
    grid = Grid([Cell(0, i) for i in range(len(PANELS))], height, margins(left, 16, 8, 30), head=20, column_gap=0.05)
    axes = grid.axes({}, {"range": [len(rows) - 0.4, -0.6], "zeroline": False, "showgrid": False})
    data: list[dict[str, Any]] = []
    for i, (column, _, factor, unit, decimals) in enumerate(PANELS):
        values = factor * table[column].to_numpy(dtype=float)
        low, high = padded([values], 0.25)
        axes[axis_key("x", i)] |= {"range": [low, high], "nticks": 3, "tickangle": 0, "ticksuffix": unit, "zeroline": False}
        axes[axis_key("x", i)].pop("matches", None)
        place = {"xaxis": axis_name("x", i), "yaxis": axis_name("y", i)}
        if np.isfinite(values[0]):
            data.append({**line([values[0]] * 2, [-0.6, len(rows) - 0.4], "first row", LINE, 1, "dot"), **place})
        for k, row in enumerate(rows):
            data.append({**_dot(row, k, values[k], names[k], unit, decimals, styles[str(row.network)].color), **place})
    two = [f"{name}<br><span style='font-size:{SITE_FONT}px'>{text}</span>" for name, text in zip(names, notes, strict=True)]
    axes["yaxis"] |= {"tickvals": list(range(len(rows))), "ticktext": two, "tickfont": {"size": FONT}}
    heads = grid.labels([[head] for _, head, *_ in PANELS])
    layout = {**axes, "annotations": heads, "margin": grid.margin}
    return build(data, layout, title=title, alt=_alt(rows, names), height=height)


def scale_text(kind: str, scale: float) -> str:
    """Return the scale of a kind of noise as it is known: "s = 0.21", "p = 4.2 %"; own noise is "as trained"."""
    if kind == "own":
        return "as trained"
    if kind == "dropout":
        return f"p = {wording.percent(scale)}"
    return f"s = {wording.number(scale, wording.decimals_for(scale))}"


def _dot(row: Any, k: int, value: float, name: str, unit: str, decimals: int, color: str) -> dict[str, Any]:
    symbol = SYMBOLS[str(row.kind)] + ("" if row.matched else "-open")
    marker = {"color": color, "size": 10, "symbol": symbol, "line": {"width": 1.6, "color": color}}
    text = f"{name}<br>{wording.number(value, decimals)}{unit}"
    return dots([value], [k], name, marker, text=[text], hovertemplate="%{text}<extra></extra>")


def _alt(rows: list[Any], names: list[str]) -> str:
    said = [
        f"{name}: strength {wording.number(row.strength, 3)}, rank {wording.number(row.rank, 1)},"
        f" accuracy {wording.percent(row.accuracy)}"
        for name, row in zip(names, rows, strict=True)
    ]
    return f"Kinds of noise made equal to that of {names[0]}. {'; '.join(said)}."
