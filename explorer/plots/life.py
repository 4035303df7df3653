"""How many channels or units of a site die and revive from epoch to epoch."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from .build import axis, build, margins
from .theme import COLOURS, MARK, STRIP
from .times import time_text
from .trajectories import legend_row


def life_figure(table: pd.DataFrame, *, height: int = STRIP, title: str | None = None) -> go.Figure:
    """Return bars per epoch: upwards what is dead, newly dead on top, downwards what revived.

    `table` is `core.analysis.units.unit_life_table` of one site. Where newly dead and revived are not known (−1), everything
    dead is grey. What is alive stands under the pointer; the axis is titled with the total.
    """
    if table.empty or table["site"].nunique() > 1:
        raise ValueError(f"the table needs rows of one site; it has {table['site'].nunique()} sites.")
    table = table.sort_values("epoch")
    x = [f"{e:g}" for e in table["epoch"]]
    newly, revived = (table[c].clip(lower=0).to_numpy() for c in ("newly_dead", "revived"))
    hover = {"text": [_hover(row) for row in table.itertuples()], "hovertemplate": "%{text}<extra></extra>"}
    data: list[dict[str, Any]] = [
        _bars("dead", x, table["dead"].to_numpy() - newly, MARK, hover),
        _bars("newly dead", x, newly, COLOURS[1], hover),
        _bars("revived", x, -revived, COLOURS[0], hover),
    ]
    nouns, total = f"{table['what'].iloc[0]}s", int(table["total"].iloc[-1])
    layout = {
        "xaxis": axis("epoch", type="category", zeroline=False, showgrid=False, nticks=20),
        "yaxis": axis(f"of {total:,} {nouns}", **_ticks(int(table["dead"].max()), int(revived.max()))),
        "margin": margins(64, 16, 34, 44),
        "barmode": "relative",
        "bargap": 0.3,
        "showlegend": True,
        "legend": legend_row(),
    }
    site = str(table["site"].iloc[0])
    return build(data, layout, title=title or f"Dead and revived {nouns} at {site}", alt=_alt(table, nouns), height=height)


def _bars(name: str, x: list[str], y: np.ndarray, color: str, hover: dict[str, Any]) -> dict[str, Any]:
    return {"type": "bar", "name": name, "x": x, "y": y, "marker": {"color": color, "line": {"width": 0}}, **hover}


def _ticks(up: int, down: int) -> dict[str, Any]:
    """Return whole numbers as ticks, without a sign below zero, and the range."""
    up = max(up, 1)
    rough = (up + down) / 4
    power = 10 ** np.floor(np.log10(max(rough, 1)))
    step = int(max(1, next(k for k in (1, 2, 5, 10) if k * power >= rough) * power))
    ticks = list(range(-(down // step) * step, up + 1, step))
    room = 0.06 * (up + down)
    return {"tickvals": ticks, "ticktext": [f"{abs(t):,}" for t in ticks], "range": [-down - room * (down > 0), up + room]}


def _hover(row: Any) -> str:
    text = f"{time_text(row.epoch)}: {row.alive:,} alive, {row.dead:,} dead"
    return text if row.newly_dead < 0 else f"{text}<br>{row.newly_dead:,} newly dead, {row.revived:,} revived"


def _alt(table: pd.DataFrame, nouns: str) -> str:
    last = table.iloc[-1]
    most = table.loc[table["dead"].idxmax()]
    text = f"Bars of the dead {nouns} at {last['site']} over {len(table)} epochs"
    text += f"; {last['dead']:,} of {last['total']:,} in epoch {last['epoch']:g}"
    return f"{text}, at most {most['dead']:,}, in epoch {most['epoch']:g}."
