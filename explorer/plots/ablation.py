"""Which learned shape matters? Two bars per site: the change as it is, and with the BN statistics estimated again."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.analysis import wording

from .build import axis, build, margins, note
from .curve_traces import wide_range
from .labels import shorten, text_width
from .theme import AREA, COLOURS, FONT, PANEL_FONT, faded
from .trajectories import legend_row

NAME_CHARACTERS = 24
#: px per site: with two lines of text up to so many sites, with one line up to so many, and with as little as can be read.
ROOMY, TIGHT, LEAST = (12, 36), (26, 20), 13
#: Half the width of a 95 % interval in standard errors.
HALF_WIDTH = 1.96
#: Opacity of a bar that is told from 0, and of one that is not: the interval is drawn over it.
TOLD, OPEN = 0.6, 0.12
AGAIN, NOW = "BN statistics estimated again", "as it is"


def ablation_figure(
    table: pd.DataFrame,
    *,
    column: str = "accuracy",
    site: str | None = None,
    height: int | None = None,
    title: str | None = None,
) -> go.Figure:
    """Return the change of `column` ("accuracy", in points, or "loss") at every site, from zero to both sides.

    `table` is `core.analysis.whatif.ablation_table`. The blue bar, with its 95 % interval, is with the BN statistics estimated
    again, the grey one as it is; strong where the change is told from 0, faint where it is not. A bar that would make the
    others too small to see is cut at the edge; the numbers stand at the right. `site` is marked with a triangle at its name.
    Every row has customdata [site] over its whole width, [""] where all sites change at once, so that a click chooses the site.
    """
    rows = table[table["kind"] != "baseline"].reset_index(drop=True)
    if rows.empty:
        raise ValueError("the ablation table has no rows: no site was changed.")
    scale = 100.0 if wording.is_share(column) else 1.0
    names = [("▶ " if path == site else "") + shorten(str(path), NAME_CHARACTERS) for path in rows["site"]]
    per_row, lines = _density(len(rows))
    texts = [_text(row, column, lines) for _, row in rows.iterrows()]
    x_range = _range(rows, column, scale)
    size = 11 if lines else PANEL_FONT
    right = max(text_width(part, size) for text in texts for part in text.split("<br>"))
    place: dict[str, Any] = {"yref": "y", "xanchor": "left", "yanchor": "middle", "align": "left", "xshift": 12}
    unit = " (points)" if scale == 100 else ""
    font = FONT if lines else PANEL_FONT
    layout = {
        "xaxis": axis(f"change in {column}{unit}", range=list(x_range), nticks=6, zerolinewidth=2),
        "yaxis": axis(
            range=[len(rows) - 0.4, -0.6], zeroline=False, showgrid=False,
            tickvals=list(range(len(rows))), ticktext=names, tickfont={"size": font},
        ),
        "margin": margins(16 + max(text_width(n, font) for n in names), 24 + right, 30, 44),
        "annotations": [note(text, 1, i, size=size, **place) for i, text in enumerate(texts)],
        "barmode": "overlay",
        "showlegend": True,
        "legend": two_names(),
    }  # fmt: skip
    data = [
        _bars(rows, column, scale, again=False),
        _bars(rows, column, scale, again=True),
        _targets(rows, column, x_range),
    ]
    what = str(rows["what"].iloc[0])
    title = title or (f"Back at {what}" if what == "its start" else f"{what} in place of the learned function")
    height = height or max(180, 84 + per_row * len(rows))
    return build(data, layout, title=title, alt=_alt(rows, column, what), height=height)


def two_names() -> dict[str, Any]:
    """Return the legend of the two kinds of numbers, in one row above the plot."""
    return {**legend_row(), "y": 1.0, "entrywidth": 6 + text_width(AGAIN)}


def _density(count: int) -> tuple[int, int]:
    """Return px per row and lines of text in it; 0 lines: only the number, in the smallest type."""
    if count <= ROOMY[0]:
        return ROOMY[1], 2
    return (TIGHT[1], 1) if count <= TIGHT[0] else (LEAST, 0)


def _range(rows: pd.DataFrame, column: str, scale: float) -> tuple[float, float]:
    """Return the x range: that of the single sites with BN estimated again, or of all bars where these are not much wider."""
    again = scale * rows[f"{column}_reestimated_change"].to_numpy(dtype=float)
    error = scale * HALF_WIDTH * np.nan_to_num(rows[f"{column}_reestimated_change_error"].to_numpy(dtype=float))
    single = (rows["position"] >= 0).to_numpy()
    single = single if single.any() else np.ones(len(rows), dtype=bool)
    inner = [(again - error)[single], (again + error)[single], np.zeros(1)]
    everything = [again - error, again + error, np.zeros(1), scale * rows[f"{column}_change"].to_numpy(dtype=float)]
    return wide_range(inner, everything, 0.06)


def _bars(rows: pd.DataFrame, column: str, scale: float, *, again: bool) -> dict[str, Any]:
    """Return one trace: the upper, blue bars with intervals, or the lower, grey ones."""
    name = f"{column}_reestimated_change" if again else f"{column}_change"
    told = rows["kind"].isin(["better", "worse"]).to_numpy()
    blue = [faded(COLOURS[0], TOLD if t else OPEN) for t in told]
    trace: dict[str, Any] = {
        **_row_marks(rows, column),
        "x": scale * rows[name].to_numpy(dtype=float),
        "y": np.arange(len(rows)) + (-0.16 if again else 0.22),
        "width": 0.42 if again else 0.26,
        "name": AGAIN if again else NOW,
        "marker": {"color": blue if again else AREA, "line": {"width": 1, "color": COLOURS[0] if again else AREA}},
    }
    error = scale * HALF_WIDTH * rows[f"{name}_error"].to_numpy(dtype=float)
    if again and np.isfinite(error).any():
        line = {"color": COLOURS[0], "thickness": 1.6, "width": 4}
        trace["error_x"] = {"type": "data", "array": np.nan_to_num(error), **line}
    return trace


def _targets(rows: pd.DataFrame, column: str, x_range: tuple[float, float]) -> dict[str, Any]:
    """Return an unseen bar over each whole row: what the pointer and a click find where the bars are short."""
    low, high = x_range
    width = np.full(len(rows), high - low)
    unseen = {"color": "rgba(0,0,0,0)", "line": {"width": 0}}
    place = {"base": low, "x": width, "y": np.arange(len(rows)), "width": 0.96}
    return {**_row_marks(rows, column), **place, "name": "rows", "marker": unseen, "showlegend": False}


def _row_marks(rows: pd.DataFrame, column: str) -> dict[str, Any]:
    """Return what all bars of a row have in common: the words under the pointer, and the site for a click."""
    return {
        "type": "bar",
        "orientation": "h",
        "text": [f"{row['site']}: {_text(row, column, 2)}" for _, row in rows.iterrows()],
        "textposition": "none",
        "hovertemplate": "%{text}<extra></extra>",
        "customdata": [
            [str(site) if position >= 0 else ""] for site, position in zip(rows["site"], rows["position"], strict=True)
        ],
        "unselected": {"marker": {"opacity": 1}},
    }


def _text(row: Any, column: str, lines: int) -> str:
    """Return what stands at the right of a row: "−3.1 [−4.6 to −1.6]", below it the verdict and the number as it is."""
    value, error = float(row[f"{column}_reestimated_change"]), float(row[f"{column}_reestimated_change_error"])
    short = wording.difference_text(value, column).removesuffix(" points")
    if not lines:
        return short
    low, high = value - HALF_WIDTH * error, value + HALF_WIDTH * error
    interval = f" [{wording.interval_text(low, high, column)}]" if np.isfinite(error) else ""
    if lines == 1:
        return f"{short}{interval}"
    now = wording.difference_text(float(row[f"{column}_change"]), column).removesuffix(" points")
    return f"{short}{interval}<br>{row['kind']}; as it is {now}"


def _alt(rows: pd.DataFrame, column: str, what: str) -> str:
    values = rows[f"{column}_reestimated_change"].to_numpy(dtype=float)
    change = "set to their start" if what == "its start" else f"replaced by {what}"
    head = f"Change in {column} with the functions {change}, site by site, BN statistics estimated again"
    if not np.isfinite(values).any():
        return f"{head}: nowhere a finite number."
    pick = int(np.nanargmax(values) if wording.lower_is_better(column) else np.nanargmin(values))
    told = int(rows["kind"].isin(["better", "worse"]).sum())
    worst = f"{wording.difference_text(float(values[pick]), column)} at {rows['site'].iloc[pick]}"
    return f"{head}: the worst is {worst}; {told} of {wording.count(len(rows), 'change')} clearly not 0."
