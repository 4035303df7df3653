"""Is it better? Differences from a baseline with their intervals, and every seed's value in a strip."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.analysis import wording

from .build import axis, build, margins, note
from .curve_traces import padded
from .labels import shorten, text_width
from .theme import FONT, LINE, STRIP, LineStyle, group_styles

NAME_CHARACTERS = 24


def difference_figure(
    table: pd.DataFrame,
    *,
    baseline: str,
    column: str = "val_accuracy",
    styles: Mapping[str, LineStyle] | None = None,
    height: int | None = None,
    title: str | None = None,
) -> go.Figure:
    """Return each group's difference from `baseline` with its 95 % Welch interval, in points for shares.

    `table` has one row per group: label, difference, low, high, n_a, n_b, kind ("better", "worse" or "cannot tell"), as in
    `core.analysis.statistics.Verdict`. A filled dot is a difference that the interval tells from 0, an open one is not.
    """
    if table.empty:
        raise ValueError("the difference table has no rows: one group alone has nothing to differ from.")
    labels = [str(label) for label in table["label"]]
    styles = {**group_styles(labels, baseline), **(styles or {})}
    scale = 100.0 if wording.is_share(column) else 1.0
    rows = list(table.itertuples())
    texts = [_row_text(row, column) for row in rows]
    names = [shorten(label, NAME_CHARACTERS) for label in labels]
    margin = margins(16 + max(text_width(n) for n in names), 24 + max(text_width(t, 11) for t in texts), 12, 44)
    low, high = padded([scale * table[c].to_numpy(dtype=float) for c in ("difference", "low", "high")] + [np.zeros(1)], 0.08)
    unit = "points" if scale == 100 else "difference"
    height = height or max(150, 70 + 34 * len(rows))
    layout = {
        "xaxis": axis(f"{wording.quantity(column)}, difference from {baseline} ({unit})", range=[low, high], nticks=7, zerolinewidth=2),
        "yaxis": axis(range=[len(rows) - 0.4, -0.6], zeroline=False, showgrid=False, tickvals=list(range(len(rows))), ticktext=names,
                      tickfont={"size": FONT}),
        "margin": margin,
        "annotations": [note(t, 1, i, size=11, yref="y", xanchor="left", yanchor="middle", xshift=12) for i, t in enumerate(texts)],
    }  # fmt: skip
    data = [_difference_trace(i, row, styles[str(row.label)], scale, texts[i]) for i, row in enumerate(rows)]
    alt = f"Differences in {wording.quantity(column)} from {baseline}: " + "; ".join(
        f"{label} {text}" for label, text in zip(labels, texts, strict=True)
    )
    title = title or f"Difference from {baseline}"
    return build(data, layout, title=title, alt=alt.replace("<br>", " ") + ".", height=height)


def _row_text(row: Any, column: str) -> str:
    known = np.isfinite(row.low) and np.isfinite(row.high)
    interval = f" [{wording.interval_text(row.low, row.high, column)}]" if known else ""
    value = wording.difference_text(row.difference, column).removesuffix(" points")
    return f"{value}{interval}<br>n = {int(row.n_a)} and {int(row.n_b)}: {row.kind}"


def _difference_trace(i: int, row: Any, style: LineStyle, scale: float, text: str) -> dict[str, Any]:
    filled = row.kind in ("better", "worse")
    marker = {"color": style.color, "size": 10, "symbol": "circle" if filled else "circle-open", "line": {"width": 2}}
    trace = {"type": "scatter", "mode": "markers", "x": [scale * row.difference], "y": [i], "marker": marker, "name": str(row.label),
             "hovertemplate": f"{row.label}: {text}<extra></extra>"}  # fmt: skip
    if np.isfinite(row.low) and np.isfinite(row.high):
        trace["error_x"] = {
            "type": "data", "symmetric": False, "array": [scale * (row.high - row.difference)],
            "arrayminus": [scale * (row.difference - row.low)], "color": style.color, "thickness": 2, "width": 5,
        }  # fmt: skip
    return trace


def strip_figure(
    values: pd.DataFrame,
    *,
    column: str = "test_accuracy",
    styles: Mapping[str, LineStyle] | None = None,
    baseline: str | None = None,
    height: int = STRIP,
    title: str | None = None,
) -> go.Figure:
    """Return one dot per run, one row per group, with a bar at the mean: the comparison as it is, before any verdict.

    `values` is `core.analysis.trajectories.run_values(runs, column)`: label, run, seed, value. Runs without a finite value
    are left out and counted in the row's text.
    """
    labels = [str(label) for label in dict.fromkeys(values["label"])]
    if not labels:
        raise ValueError("there are no runs to compare.")
    styles = {**group_styles(labels, baseline), **(styles or {})}
    scale = 100.0 if wording.is_share(column) else 1.0
    parts = [values[values["label"] == label] for label in labels]
    texts = [_group_text(part["value"].to_numpy(dtype=float), column) for part in parts]
    names = [shorten(label, NAME_CHARACTERS) for label in labels]
    data = [t for i, part in enumerate(parts) for t in _strip_traces(i, part, styles[labels[i]], scale, column)]
    layout = {
        "xaxis": axis(wording.quantity(column), range=list(padded([scale * values["value"].to_numpy(dtype=float)], 0.1)),
                      ticksuffix=" %" if scale == 100 else "", nticks=7, zeroline=False),
        "yaxis": axis(range=[len(labels) - 0.4, -0.6], zeroline=False, showgrid=False, tickvals=list(range(len(labels))),
                      ticktext=names, tickfont={"size": FONT}),
        "margin": margins(16 + max(text_width(n) for n in names), 24 + max(text_width(t, 11) for t in texts), 8, 44),
        "annotations": [note(t, 1, i, size=11, yref="y", xanchor="left", yanchor="middle", xshift=12) for i, t in enumerate(texts)],
    }  # fmt: skip
    title = title or f"{wording.quantity(column).capitalize()} of every run"
    said = "; ".join(f"{label} {text}" for label, text in zip(labels, texts, strict=True))
    return build(data, layout, title=title, alt=f"{title}, a dot per run and a bar at each mean: {said}.", height=height)


def _strip_traces(i: int, part: pd.DataFrame, style: LineStyle, scale: float, column: str) -> list[dict[str, Any]]:
    part = part[np.isfinite(part["value"].to_numpy(dtype=float))]
    if part.empty:
        return []
    x = scale * part["value"].to_numpy(dtype=float)
    texts = [f"{run}<br>{wording.value_text(v, column)}" for run, v in zip(part["run"], part["value"], strict=True)]
    dots = {"type": "scatter", "mode": "markers", "x": x, "y": [i] * len(x), "text": texts, "name": str(part["label"].iloc[0]),
            "marker": {"color": style.color, "size": 8, "opacity": 0.75}, "hovertemplate": "%{text}<extra></extra>"}  # fmt: skip
    mean = {"type": "scatter", "mode": "lines", "x": [x.mean()] * 2, "y": [i - 0.3, i + 0.3], "name": "mean", "hoverinfo": "skip",
            "line": {"color": style.color, "width": 2.5}}  # fmt: skip
    rule = {"type": "scatter", "mode": "lines", "x": [x.min(), x.max()], "y": [i, i], "name": "range", "hoverinfo": "skip",
            "line": {"color": LINE, "width": 1}}  # fmt: skip
    return [rule, mean, dots]


def _group_text(values: np.ndarray, column: str) -> str:
    fine = values[np.isfinite(values)]
    sd = float(fine.std(ddof=1)) if fine.size > 1 else float("nan")
    text = wording.mean_sd_text(float(fine.mean()) if fine.size else float("nan"), sd, fine.size, column)
    lost = values.size - fine.size
    return f"{text}; {lost} without a value" if lost else text
