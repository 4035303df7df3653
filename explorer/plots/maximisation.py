"""How far made images drive a channel, beside what real images do."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.analysis import wording

from .build import axis, build, margins, note
from .curve_traces import padded
from .theme import AREA, COLOURS, SITE_FONT, STRIP
from .traces import line

BINS = 40


def maximisation_figure(
    table: pd.DataFrame, *, height: int = STRIP, title: str = "What the channel gives: probe images and images made for it"
) -> go.Figure:
    """Return a histogram of the channel's mean for the probe images, and a line for each image that was made.

    `table` has the columns kind ("probe" or "made"), image, value (`core.analysis.maximisation.MaximisedChannel.to_table`).
    """
    probe = table.loc[table["kind"] == "probe", "value"].to_numpy(dtype=float)
    made = table[table["kind"] == "made"]
    if not len(probe) or made.empty:
        raise ValueError("the table needs images that were made and probe images to compare them with.")
    counts, edges = np.histogram(probe, bins=BINS)
    top = float(counts.max())
    middles = (edges[1:] + edges[:-1]) / 2
    bars = {
        "type": "bar", "x": middles, "y": counts, "width": np.diff(edges), "name": "probe images", "marker": {"color": AREA},
        "hovertemplate": "%{y} probe images around %{x:.3g}<extra></extra>",
    }  # fmt: skip
    values = made["value"].to_numpy(dtype=float)
    lines = [
        line([v, v], [0, top], f"image {i + 1}", COLOURS[1], 2.2 if i == 0 else 1, "solid" if i == 0 else "dot",
             hovertemplate=f"image {i + 1}: {_text(v)}<extra></extra>")
        for i, v in enumerate(values)
    ]  # fmt: skip
    low, high = padded([edges, values], 0.06)
    right = float(values.max()) > (low + high) / 2
    side = {"xanchor": "right" if right else "left", "xshift": -6 if right else 6, "yanchor": "top"}
    words = note(f"made: {_text(values.max())}", float(values.max()), 1, size=SITE_FONT, xref="x", **side)
    layout = {
        "xaxis": axis("mean over the positions of the channel", range=[low, high], nticks=8),
        "yaxis": axis("probe images", rangemode="tozero", nticks=4),
        "margin": margins(60, 16, 10, 44),
        "annotations": [words],
        "bargap": 0,
    }
    real = f"{len(probe):,} probe images reach from {_text(probe.min())} to {_text(probe.max())}"
    alt = f"{real}; the best image made reaches {_text(values.max())}."
    return build([bars, *lines], layout, title=title, alt=alt, height=height)


def _text(value: float) -> str:
    return wording.number(value, wording.decimals_for(value))
