"""The loss over two activation parameters, as contours: exact where the network has only this pair, else a slice."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.analysis import wording

from .build import axis, build, margins, note
from .theme import COLOURS, LINE, MAIN, MARK
from .traces import dots
from .trajectories import legend_row

#: Colours end at this quantile of the losses: a corner that explodes leaves the others their differences.
TOP = 0.9
NAMES = {
    "loss_reestimated": "loss, BN statistics estimated again",
    "loss": "loss as it is",
    "accuracy_reestimated": "accuracy, BN statistics estimated again",
    "accuracy": "accuracy as it is",
}


def surface_figure(
    table: pd.DataFrame, *, column: str = "loss_reestimated", height: int = MAIN, title: str | None = None
) -> go.Figure:
    """Return contours of `column` over two parameters, with the learned point and, where it is one, the start.

    `table` is `core.analysis.surface.surface_table`. The title says whether the surface is exact or a slice.
    """
    grid = table[table["role"] == "grid"]
    if grid.empty:
        raise ValueError("the surface table has no grid.")
    scale = 100.0 if wording.is_share(column.removesuffix("_reestimated")) else 1.0
    wide = scale * grid.pivot(index="y", columns="x", values=column).astype(float)
    first = table.iloc[0]
    names = [f"{first[f'{a}_name']}{', offset from learned' if first['offsets'] else ''}" for a in ("x", "y")]
    limits, capped = _limits(wide.to_numpy(), scale)
    unit = " %" if scale == 100 else ""
    said = NAMES.get(column, column.replace("_", " "))
    colour = f"colour: {said}" + (f", from {limits['zmax']:.3g} on alike" if capped else "")
    layout = {
        "xaxis": axis(names[0], zeroline=False, showgrid=False, range=[float(wide.columns.min()), float(wide.columns.max())]),
        "yaxis": axis(names[1], zeroline=False, showgrid=False, range=[float(wide.index.min()), float(wide.index.max())]),
        "margin": margins(60, 84, 52, 44),
        "annotations": [note(colour, 1, 1, size=11, xanchor="right", yanchor="bottom", yshift=24)],
        "showlegend": True,
        "legend": {**legend_row(), "y": 1.0},
    }
    contour = {
        "type": "contour",
        "x": wide.columns.to_numpy(dtype=float),
        "y": wide.index.to_numpy(dtype=float),
        "z": wide.to_numpy(),
        "name": said,
        "colorscale": "Viridis",
        "contours": {"coloring": "heatmap"},
        "line": {"width": 0.7, "color": LINE},
        "colorbar": {"thickness": 12, "outlinewidth": 0, "x": 1.0, "xpad": 16, "ticksuffix": unit, "tickfont": {"size": 11}},
        "hovertemplate": f"{names[0]} %{{x:.3g}}<br>{names[1]} %{{y:.3g}}<br>{said} %{{z:.4g}}{unit}<extra></extra>",
        "showlegend": False,
        **limits,
    }
    data = [contour, _tried(grid), *_marks(table, column, scale, unit)]
    return build(data, layout, title=title or surface_title(table), alt=_alt(table, grid, column), height=height)


def surface_title(table: pd.DataFrame) -> str:
    """Return what kind of surface it is: exact, or which slice."""
    first = table.iloc[0]
    pair = f"{first['x_name']} and {first['y_name']}"
    if first["exact"]:
        return f"Loss over {pair}: exact, the network has no other pair"
    alike = "the sites moved alike" if first["site"] == "all sites" else f"the pair of {first['site']}"
    return f"A slice of the loss over {pair}: {alike}"


def _limits(values: np.ndarray, scale: float) -> tuple[dict[str, float], bool]:
    """Return the ends of the colours, and whether values lie beyond."""
    fine = values[np.isfinite(values)]
    if fine.size == 0:
        return {"zmin": 0.0, "zmax": 1.0}, False
    low, high = float(fine.min()), float(fine.max())
    top = float(np.quantile(fine, TOP)) if scale == 1 else high
    if high <= 3 * top:
        top = high
    return {"zmin": low, "zmax": top if top > low else low + 1.0}, bool(high > top)


def _tried(grid: pd.DataFrame) -> dict[str, Any]:
    """Return faint dots where the network was evaluated: between them the contours are interpolated."""
    marker = {"size": 4, "color": MARK}
    return dots(grid["x"].to_numpy(dtype=float), grid["y"].to_numpy(dtype=float), "evaluated here", marker, showlegend=True)


def _marks(table: pd.DataFrame, column: str, scale: float, unit: str) -> list[dict[str, Any]]:
    found = []
    for role, symbol in (("start", "circle-open"), ("learned", "circle")):
        rows = table[table["role"] == role]
        if len(rows):
            row = rows.iloc[0]
            value = f"{role}: {row['x_name']} {row['x']:.3g}, {row['y_name']} {row['y']:.3g}<br>{scale * row[column]:.4g}{unit}"
            marker = {"symbol": symbol, "size": 12, "color": COLOURS[1], "line": {"width": 2.5, "color": COLOURS[1]}}
            said = {"text": [value.replace("-", "−")], "hovertemplate": "%{text}<extra></extra>"}
            found.append(dots([float(row["x"])], [float(row["y"])], role, marker, showlegend=True, cliponaxis=False, **said))
    return found


def _alt(table: pd.DataFrame, grid: pd.DataFrame, column: str) -> str:
    fine = grid[np.isfinite(grid[column].astype(float))]
    learned = table[table["role"] == "learned"]
    said = NAMES.get(column, column.replace("_", " "))
    parts = [f"{surface_title(table)}, {said}, on a grid of {wording.count(len(grid), 'point')}"]
    share = column.removesuffix("_reestimated")
    if len(fine):
        low, high = (wording.value_text(float(v), share) for v in (fine[column].min(), fine[column].max()))
        parts.append(f"from {low} to {high}")
    if len(learned):
        parts.append(f"{wording.value_text(float(learned[column].iloc[0]), share)} at the learned pair")
    return "; ".join(parts) + "."
