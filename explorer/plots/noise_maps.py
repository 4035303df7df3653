"""What a site makes of each image under noise: the mean over the passes, and below it how much they differ."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from .build import axis_name, build, margins
from .grid import Cell, Grid
from .theme import FONT, MAIN

#: The rows of the figure, from above, with what the colours of each mean.
QUANTITIES = {"mean": "mean over passes", "spread": "spread (sd over passes)"}
MAX_IMAGES = 8


def noise_map_figure(
    table: pd.DataFrame, *, height: int = MAIN, title: str = "Mean and spread of the features under noise"
) -> go.Figure:
    """Return two rows of maps, a column per image: the mean over the noisy passes above, their sd below.

    `table` is `core.analysis.noise_maps.map_table(lens)`: image, label, quantity ("mean" or "spread"), row, column, value. Each
    row of maps has one range of colours, that ends at the 99th percentile of the row. At most eight images.
    """
    images = list(dict.fromkeys(table["image"]))
    if not 0 < len(images) <= MAX_IMAGES:
        raise ValueError(f"a figure of maps holds 1 to {MAX_IMAGES} images; received {len(images)}.")
    cells = [Cell(row, column) for row in range(2) for column in range(len(images))]
    grid = Grid(cells, height, margins(8, 104, 8, 8), head=20, gap_px=8)
    parts = dict(iter(table.groupby(["quantity", "image"], sort=False)))
    data: list[dict[str, Any]] = []
    scales: dict[str, Any] = {}
    for row, quantity in enumerate(QUANTITIES):
        scales |= _scale(table.loc[table["quantity"] == quantity, "value"].to_numpy(dtype=float), quantity, row, grid)
        for column, image in enumerate(images):
            data.append(_map(parts[quantity, image], quantity, row * len(images) + column, row))
    names = [_name(table, image) for image in images]
    hidden = {"visible": False, "constrain": "domain"}
    layout = {
        **_axes(grid, hidden),
        **scales,
        "annotations": grid.labels([[name] for name in names]),
        "margin": grid.margin,
    }
    said = f"Maps of {len(images)} images ({', '.join(names)}): mean over the noisy passes above, spread below; {_most(table)}."
    return build(data, layout, title=title, alt=said, height=height)


def _axes(grid: Grid, hidden: dict[str, Any]) -> dict[str, Any]:
    axes = grid.axes(dict(hidden), {**hidden, "autorange": "reversed"})
    for key, settings in axes.items():
        if key.startswith("yaxis"):
            settings["scaleanchor"] = axis_name("x", int(key.removeprefix("yaxis") or 1) - 1)
            settings.pop("matches", None)
        else:
            settings.pop("matches", None)
    return axes


def _map(part: pd.DataFrame, quantity: str, index: int, row: int) -> dict[str, Any]:
    shape = int(part["row"].max()) + 1, int(part["column"].max()) + 1
    values = part.sort_values(["row", "column"])["value"].to_numpy(dtype=float).reshape(shape)
    name = f"{part['image'].iloc[0]} {part['label'].iloc[0]}, {quantity}"
    hover = f"{name}<br>row %{{y}}, column %{{x}}: %{{z:.3g}}<extra></extra>"
    place = {"xaxis": axis_name("x", index), "yaxis": axis_name("y", index), "coloraxis": _colours(row)}
    return {"type": "heatmap", "z": values.astype(np.float32), "name": name, "hovertemplate": hover, **place}


def _colours(row: int) -> str:
    return "coloraxis" if row == 0 else f"coloraxis{row + 1}"


def _scale(values: np.ndarray, quantity: str, row: int, grid: Grid) -> dict[str, Any]:
    """Return the colours of a row: viridis from the 1st (spread: 0) to the 99th percentile."""
    low = 0.0 if quantity == "spread" else float(np.quantile(values, 0.01))
    high = float(np.quantile(values, 0.99))
    top, bottom = grid.domain(Cell(row, 0))[1][1], grid.domain(Cell(row, 0))[1][0]
    bar: dict[str, Any] = {
        "thickness": 12,
        "outlinewidth": 0,
        "x": 1.0,
        "xpad": 12,
        "y": (top + bottom) / 2,
        "len": top - bottom,
        "nticks": 5,
    }
    bar |= {"tickfont": {"size": 11}, "title": {"text": QUANTITIES[quantity], "side": "right", "font": {"size": FONT}}}
    return {_colours(row): {"colorscale": "Viridis", "cmin": low, "cmax": high if high > low else low + 1, "colorbar": bar}}


def _name(table: pd.DataFrame, image: Any) -> str:
    return f"{image} {table.loc[table['image'] == image, 'label'].iloc[0]}".strip()


def _most(table: pd.DataFrame) -> str:
    spread = table[table["quantity"] == "spread"]
    if not spread["value"].max() > 0:
        return "no noise reaches this site"
    worst = spread.groupby("image", sort=False)["value"].mean().idxmax()
    return f"the spread is largest for {_name(table, worst)}"
