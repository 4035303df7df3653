"""Many images as points, one panel per run, with the chosen ones highlighted in all of them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from .build import axis_name, build, margins
from .curve_traces import padded
from .grid import Grid, row_cells
from .theme import COLOURS, MAIN, MARK
from .traces import dots


def point_figure(
    table: pd.DataFrame,
    *,
    chosen: Sequence[int] = (),
    notes: Mapping[str, str] | None = None,
    per_row: int = 4,
    height: int = MAIN,
    title: str = "Where the images lie without noise",
) -> go.Figure:
    """Return a dot per image and panel; the `chosen` images stand out in every panel. A lasso finds ids in `customdata`.

    `table` has the columns panel, image, label, x, y (`core.analysis.feature_points` of each run, aligned or not). `notes` maps
    a panel to a second line. All panels have one frame and equal axes.
    """
    if table.empty:
        raise ValueError("there are no points to draw.")
    table = table if "panel" in table else table.assign(panel="")
    panels = list(dict.fromkeys(table["panel"]))
    notes = notes or {}
    head = 4 + 14 * (bool(any(panels)) + bool(notes))
    grid = Grid(row_cells(len(panels), per_row), height, margins(40, 12, 8, 40), head=head)
    picked = table["image"].isin(list(chosen)).to_numpy()
    data: list[dict[str, Any]] = []
    for i, panel in enumerate(panels):
        here = (table["panel"] == panel).to_numpy()
        place = {"xaxis": axis_name("x", i), "yaxis": axis_name("y", i)}
        data += [
            {**_marks(table[here & ~picked], "other images", {"color": MARK, "size": 4, "opacity": 0.35}), **place},
            {**_marks(table[here & picked], "chosen images", {"color": COLOURS[1], "size": 8, "opacity": 0.95}), **place},
        ]
    axes = grid.axes({"range": _limits(table["x"]), "nticks": 5}, {"range": _limits(table["y"]), "nticks": 5})
    axes["yaxis"] |= {"scaleanchor": "x", "scaleratio": 1}
    lines = [[panel, *([notes[panel]] if panel in notes else [])] for panel in panels]
    layout = {
        **axes,
        "annotations": grid.labels(lines) if head > 4 else [],
        "margin": grid.margin,
        "dragmode": "lasso",
    }
    count, number = table["image"].nunique(), int(table.loc[picked, "image"].nunique())
    said = f"{count:,} images as points in {len(panels)} {'panel' if len(panels) == 1 else 'panels'}; {number} are highlighted."
    return build(data, layout, title=title, alt=said, height=height)


def _marks(rows: pd.DataFrame, name: str, marker: dict[str, Any]) -> dict[str, Any]:
    texts = [f"{image} {label}" for image, label in zip(rows["image"], rows["label"], strict=True)]
    more = {"text": texts, "customdata": rows["image"].to_numpy(), "hovertemplate": "%{text}<extra></extra>"}
    return dots(rows["x"].to_numpy(), rows["y"].to_numpy(), name, marker, **more)


def _limits(values: pd.Series) -> list[float]:
    return list(padded([np.asarray(values, dtype=float)]))
