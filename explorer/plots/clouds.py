"""Noisy features of a few images as clouds, one panel per run, all panels in one frame."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from .build import axis_name, build, margins
from .curve_traces import padded
from .grid import NARROW, Grid, row_cells
from .labels import text_width
from .theme import COLOURS, MATRIX, faded
from .traces import dots, line
from .trajectories import legend_row

#: 95 % of a two-dimensional normal distribution lie within so many sd of its mean.
ELLIPSE = 2.45
MAX_IMAGES = 8
SYMBOLS = ("circle", "diamond")  #: the dots; the first four images and the next four
#: More points than this are drawn by WebGL.
SVG_POINTS = 5000


def cloud_figure(
    table: pd.DataFrame,
    *,
    notes: Mapping[str, str] | None = None,
    thumbnails: Mapping[int, str] | None = None,
    per_row: int = 4,
    height: int | None = None,
    title: str = "Features of the same images under noise",
) -> go.Figure:
    """Return one dot per image and noisy pass, a ring where the image lies without noise, and a 95 % ellipse.

    `table` has the columns image, label, pass (−1: noise off), x, y (`LatentClouds.table`) and, for several runs, `panel`: what
    stands above each panel; the panels stand in the order of their first rows. `notes` maps a panel to a second
    line ("strength 0.12 · rank 3.4"); `thumbnails` maps an image to a data URI. All panels have one frame and equal axes.
    At most eight images.
    """
    table = table if "panel" in table else table.assign(panel="")
    panels = list(dict.fromkeys(table["panel"]))
    images = list(dict.fromkeys(table["image"]))
    if len(images) > MAX_IMAGES:
        raise ValueError(f"a cloud figure holds at most {MAX_IMAGES} images; received {len(images)}.")
    notes = notes or {}
    cells = row_cells(len(panels), per_row)
    head = 4 + 14 * (bool(any(panels)) + bool(notes))
    grid = Grid(cells, height or MATRIX, margins(40, 12, _legend_height(table, images), 40), head=head)
    gl = (table["pass"] >= 0).sum() > SVG_POINTS
    data: list[dict[str, Any]] = []
    for i, panel in enumerate(panels):
        part = table[table["panel"] == panel]
        place = {"xaxis": axis_name("x", i), "yaxis": axis_name("y", i)}
        for k, image in enumerate(images):
            data += [{**trace, **place} for trace in _image_traces(part[part["image"] == image], k, gl, i == 0)]
    lines = [[panel, *([notes[panel]] if panel in notes else [])] for panel in panels]
    layout = {
        **_axes(grid, table),
        "annotations": grid.labels(lines) if head > 4 else [],
        "images": _thumbnails(table, panels, thumbnails or {}),
        "margin": grid.margin,
        "showlegend": True,
        "legend": {**legend_row(), "y": 1.0, "entrywidth": 6 + max(text_width(n) for n in _names(table, images))},
    }
    return build(data, layout, title=title, alt=_alt(table, panels, images), height=grid.height)


def _legend_height(table: pd.DataFrame, images: list[Any]) -> int:
    """Return the px that the row of images above the panels takes on the narrowest page."""
    widest = 70 + max(text_width(name) for name in _names(table, images))
    return 8 + 19 * -(-len(images) // max(NARROW // widest, 1))


def _names(table: pd.DataFrame, images: list[Any]) -> list[str]:
    return [f"{image} {table.loc[table['image'] == image, 'label'].iloc[0]}" for image in images]


def _image_traces(part: pd.DataFrame, index: int, gl: bool, first: bool) -> list[dict[str, Any]]:
    """Return dots, ellipse and ring of one image in one panel."""
    if part.empty:
        return []
    color, symbol = COLOURS[index % len(COLOURS)], SYMBOLS[index // len(COLOURS) % len(SYMBOLS)]
    name = f"{part['image'].iloc[0]} {part['label'].iloc[0]}"
    noisy, clean = part[part["pass"] >= 0], part[part["pass"] < 0]
    traces = []
    if len(noisy):
        marker = {"color": color, "size": 3, "opacity": 0.25, "symbol": symbol}
        traces.append(_marks(noisy, f"{name}, noisy", marker, f"{name}<br>noisy pass %{{text}}", showlegend=False))
        traces[-1]["type"] = "scattergl" if gl else "scatter"
    if len(noisy) > 2:
        outline = ellipse(noisy["x"].to_numpy(dtype=float), noisy["y"].to_numpy(dtype=float))
        fill: dict[str, Any] = {"fill": "toself", "fillcolor": faded(color, 0.06), "showlegend": False}
        traces.append(line(*outline, f"{name}, 95 %", color, 1.2, **fill))
    if len(clean):
        ring = {"color": color, "size": 9, "symbol": f"{symbol}-open", "line": {"width": 1.8}}
        traces.append(_marks(clean, name, ring, f"{name}<br>noise off", showlegend=first))
    return traces


def _marks(rows: pd.DataFrame, name: str, marker: dict[str, Any], hover: str, **more: Any) -> dict[str, Any]:
    """Return the rows as markers; a click finds the image in `customdata`."""
    data = {"text": rows["pass"].to_numpy(), "customdata": rows["image"].to_numpy()}
    x, y = rows["x"].to_numpy(), rows["y"].to_numpy()
    return dots(x, y, name, marker, hovertemplate=f"{hover}<extra></extra>", **data, **more)


def ellipse(x: np.ndarray, y: np.ndarray, points: int = 61) -> tuple[np.ndarray, np.ndarray]:
    """Return the closed outline (points,) of the ellipse 2.45 sd around the mean of (x, y): 95 % of a normal cloud."""
    spread, directions = np.linalg.eigh(np.cov(x, y))
    angle = np.linspace(0, 2 * np.pi, points)
    circle = ELLIPSE * np.sqrt(np.maximum(spread, 0))[:, None] * np.stack([np.cos(angle), np.sin(angle)])
    outline = directions @ circle
    return outline[0] + x.mean(), outline[1] + y.mean()


def _axes(grid: Grid, table: pd.DataFrame) -> dict[str, Any]:
    x, y = padded([table["x"].to_numpy(dtype=float)]), padded([table["y"].to_numpy(dtype=float)])
    axes = grid.axes({"range": list(x), "nticks": 5}, {"range": list(y), "nticks": 5})
    axes["yaxis"] |= {"scaleanchor": "x", "scaleratio": 1}
    return axes


def _thumbnails(table: pd.DataFrame, panels: list[str], pictures: Mapping[int, str]) -> list[dict[str, Any]]:
    """Return each image's picture right above its ring, in every panel."""
    if not pictures:
        return []
    size = 0.09 * float(np.ptp(table["y"].to_numpy(dtype=float)) or 1.0)
    clean = table[table["pass"] < 0]
    found = []
    for panel, image, x, y in zip(clean["panel"], clean["image"], clean["x"], clean["y"], strict=True):
        if image in pictures:
            i = panels.index(panel)
            where = {"xref": axis_name("x", i), "yref": axis_name("y", i), "xanchor": "left", "yanchor": "bottom"}
            corner = {"x": float(x) + 0.3 * size, "y": float(y) + 0.3 * size, "sizex": size, "sizey": size}
            found.append({"source": pictures[image], "opacity": 0.9, **where, **corner})
    return found


def _alt(table: pd.DataFrame, panels: list[str], images: list[Any]) -> str:
    passes = int(table.loc[table["pass"] >= 0, "pass"].nunique())
    what = f"{len(images)} images under {passes} noisy passes" if passes else f"{len(images)} images without noise"
    where = f" in {len(panels)} panels ({', '.join(panels)})" if len(panels) > 1 else ""
    return f"Features of {what} as clouds in one fixed projection{where}; rings mark the images with the noise off."
