"""A quantity by site and epoch: the index into large networks."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from .build import axis, build, margins, note
from .labels import shorten, text_width
from .records import stage_of
from .theme import MARK, MATRIX, PANEL_FONT, SIGNED_SCALE
from .traces import line

#: Height of the gap between two stages, in rows.
GAP = 0.35
TOP = 26  #: px above the map, for the line that says what the colours mean
NAME_CHARACTERS = 20


@dataclass(frozen=True)
class HeatRecord:
    """The grid behind a heat map: `values` (S, E), NaN where nothing was measured; `rows` (S, 2) bottom and top edge.

    `sites` are the names of the rows, which may be channels as well.
    """

    sites: list[str]
    stages: list[str]
    epochs: list[float]
    values: np.ndarray
    rows: np.ndarray


def heat_record(table: pd.DataFrame, value: str = "value", row: str = "site") -> HeatRecord:
    """Return the grid of a table with the columns `row`, epoch and `value` (stage and position, where it has them)."""
    order = table.drop_duplicates(row)
    order = order.sort_values("position") if "position" in order else order
    sites = [str(s) if row == "site" else f"{row} {s}" for s in order[row]]
    stages = [str(s) for s in order["stage"]] if "stage" in order else [stage_of(s) for s in sites]
    wide = table.pivot_table(index=row, columns="epoch", values=value, aggfunc="last", dropna=False).reindex(order[row])
    edges, top = [], 0.0
    for i in range(len(sites)):
        top += GAP if i and stages[i] != stages[i - 1] else 0.0
        edges.append((top, top + 1))
        top += 1
    return HeatRecord(sites, stages, [float(e) for e in wide.columns], wide.to_numpy(dtype=float), np.array(edges))


def heatmap_figure(
    table: pd.DataFrame,
    *,
    value: str = "value",
    row: str = "site",
    name: str = "value",
    share: bool = False,
    signed: bool = False,
    site: str | None = None,
    height: int | None = None,
    title: str | None = None,
) -> go.Figure:
    """Return a heat map: a row per site in forward order downwards, a column per snapshot, a gap between stages.

    `share` fixes the colours from 0 to 1 and writes %; `signed` centres them on 0, with limits at the 99th percentile.
    Where nothing was measured the cell is hatched. `site` is marked with a triangle on the right. `row="channel"` gives a row
    per channel, of a table of one site.
    """
    record = heat_record(table, value, row)
    names = [shorten(s, NAME_CHARACTERS) for s in record.sites]
    height = height or max(260, min(MATRIX, 100 + 24 * len(names)))
    inner = height - TOP - 44
    tick_rows, tick_names = _ticks(record, names, inner)
    left = 16 + max(text_width(n, PANEL_FONT) for n in tick_names)
    bottom = float(record.rows[-1, 1])
    data = [*_hatching(record), _heat(record, name, share, signed)]
    above: dict[str, Any] = {"size": 11, "xanchor": "right", "yanchor": "bottom", "yshift": 3}
    layout = {
        "xaxis": axis("epoch", range=[-0.5, len(record.epochs) - 0.5], zeroline=False, showgrid=False, **_epoch_ticks(record)),
        "yaxis": axis(range=[bottom, 0], zeroline=False, showgrid=False, tickvals=tick_rows, ticktext=tick_names),
        "margin": margins(left, 76, TOP, 44),
        "annotations": [note(f"colour: {name}", 1, 1, **above), *_pointer(record, site)],
    }
    return build(
        data,
        layout,
        title=title or f"{name[:1].upper()}{name[1:]} by {row} and epoch",
        alt=_alt(record, name, share, row),
        height=height,
    )


def _heat(record: HeatRecord, name: str, share: bool, signed: bool) -> dict[str, Any]:
    """Return the trace; thin empty rows stand for the gaps between stages."""
    edges, values, sites = [0.0], [], []
    for i, (top, bottom) in enumerate(record.rows):
        if top > edges[-1]:
            edges.append(float(top))
            values.append(np.full(len(record.epochs), np.nan))
            sites.append("")
        edges.append(float(bottom))
        values.append(record.values[i])
        sites.append(record.sites[i])
    unit = " %" if share else ""
    return {
        "type": "heatmap",
        "x": np.arange(len(record.epochs) + 1) - 0.5,
        "y": edges,
        "z": (100 if share else 1) * np.array(values),
        "text": [[f"{s}, epoch {e:g}" for e in record.epochs] for s in sites],
        "name": name,
        "colorbar": {"thickness": 12, "outlinewidth": 0, "x": 1.0, "xpad": 16, "ticksuffix": unit, "tickfont": {"size": 11}},
        "hoverongaps": False,
        "hovertemplate": f"%{{text}}<br>{name} %{{z:.3g}}{unit}<extra></extra>",
        **colour_range(record.values, share, signed),
    }


def colour_range(values: np.ndarray, share: bool, signed: bool) -> dict[str, Any]:
    """Return colours and limits: 0 to 100 % for shares, ± the 99th percentile for signed values, else those of the data."""
    fine = values[np.isfinite(values)]
    if signed:
        top = float(np.quantile(np.abs(fine), 0.99)) if fine.size else 1.0
        return {"colorscale": [list(stop) for stop in SIGNED_SCALE], "zmin": -(top or 1.0), "zmax": top or 1.0}
    if share:
        return {"colorscale": "Viridis", "zmin": 0, "zmax": 100}
    low, high = (float(fine.min()), float(fine.max())) if fine.size else (0.0, 1.0)
    return {"colorscale": "Viridis", "zmin": low, "zmax": high if high > low else low + 1}


def _hatching(record: HeatRecord) -> list[dict[str, Any]]:
    """Return one trace of hatched rectangles for all cells without a value."""
    x: list[float | None] = []
    y: list[float | None] = []
    for i, j in np.argwhere(~np.isfinite(record.values)).tolist():
        top, bottom = record.rows[i].tolist()
        x += [j - 0.5, j + 0.5, j + 0.5, j - 0.5, j - 0.5, None]
        y += [top, top, bottom, bottom, top, None]
    if not x:
        return []
    ink = {"fgcolor": MARK, "bgcolor": "rgba(0,0,0,0)", "fillmode": "replace"}
    pattern = {"shape": "/", "size": 6, "solidity": 0.2, **ink}
    return [line(x, y, "not measured", MARK, 0, fill="toself", fillpattern=pattern)]


def _pointer(record: HeatRecord, site: str | None) -> list[dict[str, Any]]:
    if site not in record.sites:
        return []
    row = float(record.rows[record.sites.index(site)].mean())
    return [note("◀", 1, row, size=11, yref="y", xanchor="left", yanchor="middle", xshift=1)]


def _ticks(record: HeatRecord, names: list[str], height: float) -> tuple[list[float], list[str]]:
    """Return the rows that are named: every one where 12 px each suffice, else one name per stage, or every few rows."""
    middles = record.rows.mean(axis=1)
    if len(names) * 12 <= height:
        return middles.tolist(), names
    stages = list(dict.fromkeys(record.stages))
    if len(stages) == 1:
        step = int(np.ceil(len(names) * 12 / height))
        return middles[::step].tolist(), names[::step]
    blocks = [[m for m, s in zip(middles, record.stages, strict=True) if s == stage] for stage in stages]
    return [float(np.mean(b)) for b in blocks], stages


def _epoch_ticks(record: HeatRecord, most: int = 11) -> dict[str, Any]:
    step = max(1, -(-len(record.epochs) // most))
    kept = list(range(0, len(record.epochs), step))
    return {"tickvals": kept, "ticktext": [f"{record.epochs[i]:g}" for i in kept]}


def _alt(record: HeatRecord, name: str, share: bool, row: str) -> str:
    text = f"Heat map of {name} for {len(record.sites)} {row}s and {len(record.epochs)} epochs"
    if not np.isfinite(record.values).any():
        return f"{text}; nothing was measured."
    i, j = np.unravel_index(int(np.nanargmax(record.values)), record.values.shape)
    top = record.values[i, j]
    value = f"{100 * top:.3g} %" if share else f"{top:.3g}"
    return f"{text}; the highest value, {value}, is at {record.sites[i]} in epoch {record.epochs[j]:g}.".replace(" -", " −")
