"""What an activation does to a normal distribution: histogram of the inputs above that of the outputs."""

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from core.analysis import wording

from .build import axis, build, margins, note
from .theme import AREA, COLOURS, faded
from .traces import line

#: Height in px; where the two panels stand; how many single values are named.
HEIGHT, OUT, IN, MOST = 300, (0.0, 0.56), (0.66, 1.0), 4


def passage_figure(
    table: pd.DataFrame, *, name: str = "f", color: str = COLOURS[0], height: int = HEIGHT, title: str | None = None
) -> go.Figure:
    """Return two histograms with the same bins on one x axis: standard normal inputs, and below them the outputs.

    `table` holds side (input, output), low, high, share; a row with low = high is a single value that many outputs have and is
    drawn as a stem with its share beside it. `name` is that of the function.
    """
    single = table[table["low"] == table["high"]].sort_values("share", ascending=False)
    bins = table[table["low"] < table["high"]]
    sides = {side: bins[bins["side"] == side] for side in ("input", "output")}
    ends = [float(bins["low"].min()), float(bins["high"].max())]
    top = 130 * max(float(sides["output"]["share"].max()), 0.01)
    data = [
        _bars(sides["input"], "inputs", AREA, "y2"),
        _bars(sides["output"], "outputs", faded(color, 0.55), "y"),
        *(
            _stem(float(x), min(100 * float(share), 0.9 * top), color)
            for x, share in zip(single["low"], single["share"], strict=True)
        ),
    ]
    words = [
        _words(i, *values, ends) for i, values in enumerate(zip(single["low"][:MOST], single["share"][:MOST], strict=True))
    ]
    percent = {"ticksuffix": " %", "nticks": 4}
    layout = {
        "xaxis": axis("value", range=ends, anchor="y"),
        "yaxis": axis("outputs", range=[0, top], domain=list(OUT), **percent),
        "yaxis2": axis("inputs", domain=list(IN), rangemode="tozero", **percent),
        "annotations": words,
        "bargap": 0,
        "margin": margins(56, 16, 8, 44),
    }
    alt = f"Histograms of standard normal inputs and of what {name} makes of them"
    alt += f"; {words[0]['text']}." if words else "; no single value stands out."
    return build(data, layout, title=title or f"What {name} does to a normal distribution", alt=alt, height=height)


def _bars(rows: pd.DataFrame, name: str, color: str, yaxis: str) -> dict[str, Any]:
    low, high = rows["low"].to_numpy(dtype=float), rows["high"].to_numpy(dtype=float)
    return {
        "type": "bar",
        "name": name,
        "x": (low + high) / 2,
        "y": 100 * rows["share"].to_numpy(dtype=float),
        "width": high - low,
        "marker": {"color": color, "line": {"width": 0}},
        "yaxis": yaxis,
        "hovertemplate": f"%{{y:.2f}} % of the {name} near %{{x:.3g}}<extra></extra>",
    }


def _words(number: int, x: float, share: float, ends: list[float]) -> dict[str, Any]:
    """Return "50.0 % at 0" beside the stem at `x`, in the panel's line `number`, on the side that has more room."""
    left = x < (ends[0] + ends[1]) / 2
    place = {"xanchor": "left", "xshift": 5} if left else {"xanchor": "right", "xshift": -5}
    place |= {"xref": "x", "yref": "y domain", "yanchor": "top", "yshift": -15 * number}
    return note(f"{wording.percent(float(share))} at {wording.short(float(x))}", float(x), 1.0, size=11, **place)


def _stem(x: float, height: float, color: str) -> dict[str, Any]:
    return line([x, x], [0, height], f"outputs of exactly {wording.short(x)}", color, 3)
