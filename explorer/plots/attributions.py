"""Maps of attributions beside their images: several methods on one image, or images × networks."""

import textwrap
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from .build import axis_name, build, margins, note
from .grid import Cell, Grid, row_cells
from .heatmap import colour_range
from .theme import PANEL_FONT, SITE_FONT

PER_ROW = 4  #: panels in a row where there is one image
MAX_IMAGES, MAX_PANELS = 8, 7
HEAD, FOOT = 32, 44  #: px above a panel for its name, and below it for what is explained and the error
ONE_SIDE, MANY_SIDE = 190, 118  #: px of a panel's side, for one image and for several


@dataclass(frozen=True)
class _Panel:
    """One picture or map: its place, the lines above and below it."""

    cell: Cell
    image: int
    panel: str | None
    above: str
    below: list[str]


def attribution_figure(
    table: pd.DataFrame,
    *,
    pictures: pd.DataFrame,
    errors: pd.DataFrame,
    unit: str = "% of the gap",
    title: str = "Attributions",
) -> go.Figure:
    """Return each image beside its maps: orange speaks for what is explained, blue against it, with one scale for all maps.

    With one image the panels stand in rows of four, with several there is a row per image and a column per panel. The limits
    are ± the 99th percentile of the sizes in the whole figure.

    Args:
        table: panel, image, row, column, value (`core.analysis.attribution_grid.map_table`), `value` in `unit`.
        pictures: image, label, row, column, red, green, blue (`picture_table`).
        errors: panel, image, explained, said (`error_table`): what stands below each map.
    """
    images, panels = list(dict.fromkeys(table["image"])), list(dict.fromkeys(table["panel"]))
    if len(images) > MAX_IMAGES or len(panels) > MAX_PANELS:
        raise ValueError(
            f"an attribution figure holds at most {MAX_IMAGES} images and {MAX_PANELS} panels;"
            f" received {len(images)} and {len(panels)}."
        )
    shown = _panels(images, panels, pictures, errors)
    cells = [p.cell for p in shown]
    rows, side = max(c.row for c in cells) + 1, ONE_SIDE if len(images) == 1 else MANY_SIDE
    height = 8 + rows * (side + HEAD + FOOT)
    grid = Grid(cells, height, margins(8, 84, 4, FOOT + 4), head=HEAD, gap_px=FOOT, column_gap=0.02)
    maps = {key: _pixels(part, ["value"])[..., 0] for key, part in table.groupby(["panel", "image"], sort=False)}
    colours = {image: _pixels(part, ["red", "green", "blue"]) for image, part in pictures.groupby("image", sort=False)}
    data = [_trace(p, i, maps, colours, unit) for i, p in enumerate(shown)]
    lines, columns = next(iter(maps.values())).shape
    layout = {
        **_axes(grid, lines, columns),
        "coloraxis": _colours(np.stack(list(maps.values())), unit),
        "annotations": [a for i, p in enumerate(shown) for a in _words(p, i, grid)],
        "margin": grid.margin,
    }
    return build(data, layout, title=title, alt=_alt(images, panels, errors), height=height)


def _panels(images: list[int], panels: list[str], pictures: pd.DataFrame, errors: pd.DataFrame) -> list[_Panel]:
    """Return the picture of each image and, beside it, its maps."""
    labels = pictures.drop_duplicates("image").set_index("image")["label"]
    said = {(str(r["panel"]), int(r["image"])): [str(r["explained"]), str(r["said"])] for r in errors.to_dict("records")}
    found = []
    for row, image in enumerate(images):
        places = row_cells(len(panels) + 1, PER_ROW) if len(images) == 1 else [Cell(row, i) for i in range(len(panels) + 1)]
        found.append(_Panel(places[0], image, None, f"{image} {labels.get(image, '')}".strip(), []))
        for place, panel in zip(places[1:], panels, strict=True):
            above = panel if row == 0 else ""
            found.append(_Panel(place, image, panel, above, said[panel, image]))
    return found


def _pixels(part: pd.DataFrame, columns: list[str]) -> np.ndarray:
    """Return the values of one image, (H, W, len(columns))."""
    height, width = int(part["row"].max()) + 1, int(part["column"].max()) + 1
    found = part[columns].to_numpy()
    values = np.zeros((height, width, len(columns)), dtype=found.dtype)
    values[part["row"].to_numpy(), part["column"].to_numpy()] = found
    return values


def _trace(panel: _Panel, index: int, maps: dict[Any, np.ndarray], colours: dict[Any, np.ndarray], unit: str) -> dict[str, Any]:
    place = {"xaxis": axis_name("x", index), "yaxis": axis_name("y", index)}
    where = "row %{y}, column %{x}<br>"
    if panel.panel is None:
        hover = where + "red %{z[0]}, green %{z[1]}, blue %{z[2]}<extra></extra>"
        return {"type": "image", "z": colours[panel.image], "name": panel.above, "hovertemplate": hover, **place}
    values = np.round(maps[panel.panel, panel.image].astype(float), 3)
    name = f"{panel.panel}, image {panel.image}"
    return {"type": "heatmap", "z": values, "name": name, "coloraxis": "coloraxis",
            "hovertemplate": f"{where}%{{z:.3g}} {unit}<extra></extra>", **place}  # fmt: skip


def _axes(grid: Grid, lines: int, columns: int) -> dict[str, Any]:
    """Return axes without ticks whose pixels are square; all panels zoom together."""
    still = {"showticklabels": False, "showgrid": False, "zeroline": False, "constrain": "domain"}
    axes = grid.axes({**still, "range": [-0.5, columns - 0.5]}, {**still, "range": [lines - 0.5, -0.5]})
    for i in range(len(grid.cells)):
        own = "" if i == 0 else str(i + 1)
        axes[f"yaxis{own}"] |= {"scaleanchor": f"x{own}", "scaleratio": 1, "constraintoward": "top"}
        axes[f"xaxis{own}"] |= {"showticklabels": False, "constraintoward": "left"}
        axes[f"yaxis{own}"] |= {"showticklabels": False}
    return axes


def _colours(values: np.ndarray, unit: str) -> dict[str, Any]:
    limits = colour_range(values.astype(float), share=False, signed=True)
    bar = {"thickness": 12, "outlinewidth": 0, "x": 1.0, "xpad": 12, "tickfont": {"size": 11}, "len": 1.0, "nticks": 5,
           "title": {"text": unit.replace(" of ", "<br>of "), "font": {"size": 11}}}  # fmt: skip
    return {"colorscale": limits["colorscale"], "cmin": limits["zmin"], "cmax": limits["zmax"], "colorbar": bar}


def _words(panel: _Panel, index: int, grid: Grid) -> list[dict[str, Any]]:
    """Return the name above a panel, and what is explained and the error below it."""
    place = {"xref": f"{axis_name('x', index)} domain", "yref": f"{axis_name('y', index)} domain", "xanchor": "left"}
    found = []
    if panel.above:
        lines = textwrap.wrap(panel.above, grid.label_characters(SITE_FONT))
        text = "<br>".join(lines if len(lines) < 3 else [lines[0], f"{lines[1]}…"])
        found.append(note(text, 0, 1, size=SITE_FONT, yanchor="bottom", align="left", yshift=1, **place))
    if panel.below:
        wide = grid.label_characters(PANEL_FONT)
        lines = [_cut(panel.below[0], wide), *textwrap.wrap(panel.below[1], wide)[:2]]
        found.append(note("<br>".join(lines), 0, 0, size=PANEL_FONT, yanchor="top", align="left", yshift=-1, **place))
    return found


def _cut(text: str, characters: int) -> str:
    return text if len(text) <= characters else f"{text[: max(characters - 1, 1)].rstrip()}…"


def _alt(images: list[int], panels: list[str], errors: pd.DataFrame) -> str:
    count = f"{len(images)} image{'s' if len(images) > 1 else ''}"
    known = errors.loc[~errors["tiny"] & errors["error"].notna(), "error"]
    worst = f" The largest completeness error is {100 * known.max():.1f} % of the gap." if len(known) else ""
    return f"Signed attribution maps of {count} beside the pictures, one panel each for {', '.join(panels)}.{worst}"
