"""Feature maps of a site as one sheet of small maps on one colour scale."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from .build import build, margins, note
from .heatmap import colour_range
from .theme import MATRIX, PANEL_FONT

#: Maps in a row, and on a sheet.
MAPS_PER_ROW, MOST_MAPS = 8, 64
#: Gaps between maps, as a share of a map's side; the one above holds the label.
ACROSS, DOWN = 0.08, 0.26


def maps_that_fit(images: int) -> int:
    """Return how many channels of each of so many images a sheet holds."""
    return MOST_MAPS if images == 1 else MAPS_PER_ROW


def feature_map_figure(
    table: pd.DataFrame, *, height: int | None = None, title: str = "Feature maps", per_row: int = MAPS_PER_ROW
) -> go.Figure:
    """Return a sheet of maps in the order of the table, on one colour scale: signed around 0 where values are negative.

    `table` has the columns image, channel, row, column, value (`core.analysis.feature_maps.FeatureMaps.to_table`). One image:
    its channels side by side, `per_row` in a row. Several: a row per image, with its first `per_row` channels. At most 64 maps.
    """
    if table.empty:
        raise ValueError("the table of feature maps has no rows.")
    images = list(dict.fromkeys(table["image"]))
    kept = list(dict.fromkeys(table["channel"]))[: MOST_MAPS if len(images) == 1 else per_row]
    images = images[: MOST_MAPS // min(len(kept), per_row)]
    shown = table[table["image"].isin(images) & table["channel"].isin(kept)]
    maps = _maps(shown, images, kept)
    names = [f"ch {c}" if len(images) == 1 else f"{i} · ch {c}" for i in images for c in kept]
    columns = min(per_row, len(maps))
    rows = -(-len(maps) // columns)
    signed = bool((maps < 0).any())
    height = height or min(MATRIX, max(180, 24 + 96 * rows))
    sheet = _sheet(maps, columns, rows)
    bar = {"thickness": 12, "outlinewidth": 0, "x": 1.0, "xpad": 12, "tickfont": {"size": 11}, "nticks": 6}
    heat = {"type": "heatmap", "name": "value", **sheet, "hoverongaps": False, "colorbar": bar,
            "hovertemplate": "value %{z:.3g}<extra></extra>", **colour_range(maps, False, signed)}  # fmt: skip
    hidden = {"visible": False, "showgrid": False}
    wide, tall = columns * (1 + ACROSS) - ACROSS, rows * (1 + DOWN)
    layout = {
        "xaxis": {**hidden, "range": [0, wide], "constrain": "domain"},
        "yaxis": {**hidden, "range": [tall, 0], "scaleanchor": "x", "scaleratio": _ratio(maps), "constrain": "domain"},
        "margin": margins(8, 60, 8, 8),
        "annotations": [_label(name, k, columns) for k, name in enumerate(names)],
    }
    where = (
        f"{len(kept)} channels of image {images[0]}" if len(images) == 1 else f"{len(kept)} channels of {len(images)} images"
    )
    size = f"{maps.shape[1]} × {maps.shape[2]}"
    alt = f"Feature maps of {where}, {size} each, with values from {_value(maps.min())} to {_value(maps.max())}."
    return build([heat], layout, title=title, alt=alt, height=height)


def _maps(table: pd.DataFrame, images: list[Any], channels: list[Any]) -> np.ndarray:
    """Return the maps (M, H, W), image by image."""
    at = {image: k for k, image in enumerate(images)}, {channel: k for k, channel in enumerate(channels)}
    i, c = (table[name].map(known).to_numpy() for name, known in zip(("image", "channel"), at, strict=True))
    row, column = table["row"].to_numpy(), table["column"].to_numpy()
    maps = np.full((len(images), len(channels), row.max() + 1, column.max() + 1), np.nan, dtype=np.float32)
    maps[i, c, row, column] = table["value"]
    return maps.reshape(-1, *maps.shape[2:])


def _sheet(maps: np.ndarray, columns: int, rows: int) -> dict[str, Any]:
    """Return x and y edges and values of one heat map that holds all maps, with empty cells between them."""
    _, high, wide = maps.shape
    z = np.full((rows * (high + 1), columns * (wide + 1)), np.nan, dtype=np.float32)
    for k, values in enumerate(maps):
        r, c = k // columns * (high + 1) + 1, k % columns * (wide + 1)
        z[r : r + high, c : c + wide] = values
    y = np.concatenate([r * (1 + DOWN) + DOWN + np.linspace(0, 1, high + 1) for r in range(rows)])
    x = np.concatenate([c * (1 + ACROSS) + np.linspace(0, 1, wide + 1) for c in range(columns)])
    return {"x": x, "y": np.concatenate([[0.0], y]), "z": z[:, :-1]}


def _ratio(maps: np.ndarray) -> float:
    """Return the height of a map's unit relative to its width, so that pixels are square; strips stay readable."""
    return float(np.clip(maps.shape[1] / maps.shape[2], 0.5, 2))


def _label(name: str, k: int, columns: int) -> dict[str, Any]:
    place = {"xref": "x", "yref": "y", "xanchor": "left", "yanchor": "bottom", "yshift": -1}
    row, column = divmod(k, columns)
    return note(name, column * (1 + ACROSS), row * (1 + DOWN) + DOWN, size=PANEL_FONT, **place)


def _value(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")
