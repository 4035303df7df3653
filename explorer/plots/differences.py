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
from .traces import dots, line

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
    parts = [scale * table[c].to_numpy(dtype=float) for c in ("difference", "low", "high")]
    quantity = f"{wording.quantity(column)}, difference from {baseline}{' (points)' if scale == 100 else ''}"
    x_range = padded([*parts, np.zeros(1)], 0.08)
    layout = {"xaxis": axis(quantity, range=list(x_range), nticks=7, zerolinewidth=2), **_rows(labels, texts)}
    data = [_difference_trace(i, row, styles[str(row.label)], scale, texts[i]) for i, row in enumerate(rows)]
    said = "; ".join(f"{label} {text.replace('<br>', ', ')}" for label, text in zip(labels, texts, strict=True))
    alt = f"Differences in {wording.quantity(column)} from {baseline}: {said}."
    height = height or max(150, 70 + 34 * len(rows))
    return build(data, layout, title=title or f"Difference from {baseline}", alt=alt, height=height)


def _rows(labels: list[str], texts: list[str]) -> dict[str, Any]:
    """Return the y axis, margins and notes of rows with a name to the left and a text to the right."""
    names = [shorten(label, NAME_CHARACTERS) for label in labels]
    ticks: dict[str, Any] = {"tickvals": list(range(len(names))), "ticktext": names, "tickfont": {"size": FONT}}
    right = max(text_width(part, 11) for text in texts for part in text.split("<br>"))
    place = {"yref": "y", "xanchor": "left", "yanchor": "middle", "align": "left", "xshift": 12}
    return {
        "yaxis": axis(range=[len(names) - 0.4, -0.6], zeroline=False, showgrid=False, **ticks),
        "margin": margins(16 + max(text_width(n) for n in names), 24 + right, 12, 44),
        "annotations": [note(text, 1, i, size=11, **place) for i, text in enumerate(texts)],
    }


def _row_text(row: Any, column: str) -> str:
    known = np.isfinite(row.low) and np.isfinite(row.high)
    interval = f" [{wording.interval_text(row.low, row.high, column)}]" if known else ""
    value = wording.difference_text(row.difference, column).removesuffix(" points")
    return f"{value}{interval}<br>n = {int(row.n_a)} and {int(row.n_b)}: {row.kind}"


def _difference_trace(i: int, row: Any, style: LineStyle, scale: float, text: str) -> dict[str, Any]:
    symbol = "circle" if row.kind in ("better", "worse") else "circle-open"
    marker = {"color": style.color, "size": 10, "symbol": symbol, "line": {"width": 2, "color": style.color}}
    hover = f"{row.label}: {text}<extra></extra>"
    trace = dots([scale * row.difference], [i], str(row.label), marker, hovertemplate=hover)
    if np.isfinite(row.low) and np.isfinite(row.high):
        up, down = scale * (row.high - row.difference), scale * (row.difference - row.low)
        bar = {"type": "data", "symmetric": False, "array": [up], "arrayminus": [down]}
        trace["error_x"] = {**bar, "color": style.color, "thickness": 2, "width": 5}
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
    data = [t for i, part in enumerate(parts) for t in _strip_traces(i, part, styles[labels[i]], scale, column)]
    x_range = padded([scale * values["value"].to_numpy(dtype=float)], 0.1)
    suffix = " %" if scale == 100 else ""
    x = axis(wording.quantity(column), range=list(x_range), ticksuffix=suffix, nticks=7, zeroline=False)
    title = title or f"{wording.quantity(column).capitalize()} of every run"
    said = "; ".join(f"{label} {text}" for label, text in zip(labels, texts, strict=True))
    alt = f"{title}, a dot per run and a bar at each mean: {said}."
    return build(data, {"xaxis": x, **_rows(labels, texts)}, title=title, alt=alt, height=height)


def _strip_traces(i: int, part: pd.DataFrame, style: LineStyle, scale: float, column: str) -> list[dict[str, Any]]:
    part = part[np.isfinite(part["value"].to_numpy(dtype=float))]
    if part.empty:
        return []
    x = scale * part["value"].to_numpy(dtype=float)
    texts = [f"{run}<br>{wording.value_text(v, column)}" for run, v in zip(part["run"], part["value"], strict=True)]
    marker = {"color": style.color, "size": 8, "opacity": 0.75}
    said = {"text": texts, "hovertemplate": "%{text}<extra></extra>"}
    return [
        line([x.min(), x.max()], [i, i], "range", LINE, 1),
        line([x.mean()] * 2, [i - 0.3, i + 0.3], "mean", style.color, 2.5),
        dots(x, [i] * len(x), str(part["label"].iloc[0]), marker, **said),
    ]


def _group_text(values: np.ndarray, column: str) -> str:
    fine = values[np.isfinite(values)]
    sd = float(fine.std(ddof=1)) if fine.size > 1 else float("nan")
    text = wording.mean_sd_text(float(fine.mean()) if fine.size else float("nan"), sd, fine.size, column)
    lost = values.size - fine.size
    return f"{text}; {lost} without a value" if lost else text
