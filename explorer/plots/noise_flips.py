"""How often the noise changes the decision: a bar per image, with its counts."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from .build import axis, build, margins, note
from .labels import shorten, text_width
from .theme import LineStyle, group_styles
from .trajectories import legend_row

NAME_CHARACTERS = 24
TICKS = (0, 20, 40, 60, 80, 100)


def flip_figure(
    table: pd.DataFrame,
    *,
    styles: Mapping[str, LineStyle] | None = None,
    height: int | None = None,
    title: str = "How often the decision flips",
) -> go.Figure:
    """Return the share of noisy passes whose decision differs from the noise-off one, a row per image, a bar per run.

    `table` has a row per run and image: network (what the bars are called), image, label, clean, flips, passes, share, other
    (class names or numbers); "12 of 64" stands behind every bar.
    """
    names = list(dict.fromkeys(table["network"]))
    images = list(dict.fromkeys(table["image"]))
    styles = {**group_styles(names), **(styles or {})}
    rows = [shorten(_name(table, image), NAME_CHARACTERS) for image in images]
    data = [_bars(name, table[table["network"] == name], images, rows, styles[name]) for name in names]
    several = len(names) > 1
    height = height or 70 + (26 if several else 0) + len(images) * (14 + 18 * len(names))
    layout = {
        "xaxis": axis("share of the noisy passes", range=[0, 112], tickvals=TICKS, ticktext=[f"{t} %" for t in TICKS]),
        "yaxis": axis(autorange="reversed", zeroline=False, showgrid=False, type="category", tickfont={"size": 12}),
        "barmode": "group",
        "bargap": 0.3,
        "margin": margins(20 + max(text_width(row) for row in rows), 30, 34 if several else 10, 46),
        "showlegend": several,
        "legend": legend_row(),
        "annotations": [] if table["flips"].any() else [note("no pass of any image flips", 0.5, 0.5, xanchor="center")],
    }
    return build(data, layout, title=title, alt=_alt(table, names), height=height)


def _bars(name: str, part: pd.DataFrame, images: list[Any], rows: list[str], style: LineStyle) -> dict[str, Any]:
    part = part.set_index("image").reindex(images)
    counts = [f"{int(f)} of {int(p)}" if f == f else "" for f, p in zip(part["flips"], part["passes"], strict=True)]
    hovers = [
        f"{name}, image {i}<br>noise off: {c}<br>flips: {n}" + (f", most often to {o}" if f else "")
        for i, c, n, o, f in zip(images, part["clean"], counts, part["other"], part["flips"], strict=True)
    ]
    return {
        "type": "bar",
        "orientation": "h",
        "x": 100 * part["share"].to_numpy(dtype=float),
        "y": rows,
        "name": name,
        "marker": {"color": style.color},
        "text": counts,
        "textposition": "outside",
        "cliponaxis": False,
        "customdata": images,
        "hovertext": hovers,
        "hovertemplate": "%{hovertext}<extra></extra>",
    }


def _name(table: pd.DataFrame, image: Any) -> str:
    return f"{image} {table.loc[table['image'] == image, 'label'].iloc[0]}"


def _alt(table: pd.DataFrame, names: list[str]) -> str:
    said = []
    for name in names:
        part = table[table["network"] == name]
        said.append(f"{name} flips in {int(part['flips'].sum()):,} of {int(part['passes'].sum()):,} passes")
    return f"Share of noisy passes that change the decision, by image: {'; '.join(said)}."
