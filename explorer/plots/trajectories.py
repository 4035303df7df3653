"""Loss and accuracy over training: one line per group, a band over its seeds, the runs themselves thin."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.analysis import wording

from .build import axis, build, margins, note
from .curve_traces import padded
from .grid import NARROW
from .labels import EndLabel, end_labels, end_margin, shorten, text_width
from .theme import FONT, LINE, MAIN, LineStyle, faded, group_styles
from .traces import band, dots, line

#: Up to so many groups, with names up to so wide (px), are named at the ends of their lines; others in one row above.
END_LABELS = 6
END_WIDTH = 110
LABEL_CHARACTERS = 26
FEW_EPOCHS = 6  #: with fewer than so many the first one counts as much as the others


def trajectory_figure(
    table: pd.DataFrame,
    *,
    column: str = "val_accuracy",
    members: pd.DataFrame | None = None,
    styles: Mapping[str, LineStyle] | None = None,
    baseline: str | None = None,
    chance: float | None = None,
    height: int = MAIN,
    title: str | None = None,
) -> go.Figure:
    """Return the mean of each group over the epochs, with the band from `low` to `high`.

    `table` is `core.analysis.trajectories.trajectory_table(runs, column)`: group, label, epoch, mean, sd, n, low, high;
    `members` its `member_table` (group, label, run, status, epoch, value): thin lines, and an open circle where a run
    that did not succeed ends. `styles` maps labels to line styles (`group_styles` over all groups there are). Shares
    are drawn in %. The y limits leave out the first of six epochs or more; `chance` (a share) is a thin line, or a note where
    it lies outside.
    """
    if table.empty:
        raise ValueError("the trajectory table has no rows.")
    labels = list(dict.fromkeys(table["label"]))
    styles = {**group_styles(labels, baseline), **(styles or {})}
    scale = 100.0 if wording.is_share(column) else 1.0
    y_range = late_range(table, members, scale)
    at_ends = len(labels) <= END_LABELS and max(text_width(_short(label)) for label in labels) <= END_WIDTH
    margin = margins(64, end_margin([_short(label) for label in labels]) if at_ends else 16, 14 if at_ends else 34, 44)
    data: list[dict[str, Any]] = []
    for label, part in table.groupby("label", sort=False):
        mine = None if members is None else members[members["label"] == label]
        data += _group_traces(str(label), part, mine, styles[str(label)], scale, column)
    words = _end_texts(table, styles, scale, y_range, height, margin) if at_ends else []
    words += _n_changes(table, styles, scale, y_range) + _chance_note(chance, scale, y_range)
    suffix = " %" if scale == 100 else ""
    layout = {
        "xaxis": axis("epoch", range=_epochs(table), zeroline=False, **_epoch_ticks(table)),
        "yaxis": axis(wording.quantity(column), range=list(y_range), nticks=7, ticksuffix=suffix),
        "margin": margin,
        "annotations": words,
        "shapes": _chance_line(chance, scale, y_range),
        "showlegend": not at_ends,
        "legend": legend_row(),
    }
    title = title or f"{wording.quantity(column).capitalize()} over training"
    return build(data, layout, title=title, alt=_alt(table, column), height=height)


def legend_row() -> dict[str, Any]:
    """Return a legend that stands in one row above the plot."""
    place = {"x": 0, "xanchor": "left", "y": 1.02, "yanchor": "bottom"}
    return {"orientation": "h", "font": {"size": FONT}, "tracegroupgap": 0, **place}


def late_range(table: pd.DataFrame, members: pd.DataFrame | None, scale: float) -> tuple[float, float]:
    """Return the y range over all epochs but the first (over all, if there are fewer than six).

    The interval of two seeds is 12.7 standard errors to each side and would flatten all curves: only those of three or more
    count here, the others are cut at the frame. Shares stay within 0 and 100 %.
    """
    late = table if table["epoch"].nunique() < FEW_EPOCHS else table[table["epoch"] > table["epoch"].min()]
    parts = [late["mean"].to_numpy(dtype=float), late.loc[late["n"] >= 3, ["low", "high"]].to_numpy(dtype=float).ravel()]
    if members is not None:
        thin = members[members["epoch"] >= late["epoch"].min()]
        parts.append(thin["value"].to_numpy(dtype=float))
    low, high = padded([scale * p for p in parts], share=0.05)
    return (max(low, 0.0), min(high, 100.0)) if scale == 100 else (low, high)


def _short(label: str) -> str:
    return shorten(label, LABEL_CHARACTERS)


def _epochs(table: pd.DataFrame) -> list[float]:
    low, high = float(table["epoch"].min()), float(table["epoch"].max())
    return [low - 0.5, high + 0.5] if low == high else [low, high]


def _epoch_ticks(table: pd.DataFrame) -> dict[str, int]:
    """Return a tick for each epoch where there are few, else as many as fit: half an epoch is none."""
    return {"dtick": 1} if np.ptp(table["epoch"]) <= 10 else {"nticks": 11}


def _group_traces(
    label: str, part: pd.DataFrame, members: pd.DataFrame | None, style: LineStyle, scale: float, column: str
) -> list[dict[str, Any]]:
    part = part.sort_values("epoch")
    x = part["epoch"].to_numpy()
    mean, low, high = (scale * part[c].to_numpy(dtype=float) for c in ("mean", "low", "high"))
    quiet = {"legendgroup": label, "showlegend": False}
    traces = [band(x, low, high, style.color, **quiet)] if np.isfinite(low).sum() > 1 else []
    if members is not None:
        traces += _members(members, style, scale, quiet)
    texts = [_hover(label, row, column) for row in part.itertuples()]
    said = {"text": texts, "hovertemplate": "%{text}<extra></extra>", "legendgroup": label, "showlegend": True}
    now = line(x, mean, label, style.color, style.width, style.dash, **said)
    return [*traces, {**now, "mode": "lines" if len(x) > 1 else "lines+markers"}]


def _hover(label: str, row: Any, column: str) -> str:
    return f"{label}<br>epoch {row.epoch:g}: {wording.mean_sd_text(row.mean, row.sd, int(row.n), column)}"


def _members(members: pd.DataFrame, style: LineStyle, scale: float, quiet: dict[str, Any]) -> list[dict[str, Any]]:
    """Return one thin line per run (where there are several), and open circles where unfinished runs end."""
    runs = [part.sort_values("epoch") for _, part in members.groupby("run", sort=False)]
    traces = []
    for part in runs if len(runs) > 1 else []:
        y = scale * part["value"].to_numpy(dtype=float)
        traces.append(line(part["epoch"].to_numpy(), y, str(part["run"].iloc[0]), faded(style.color, 0.3), 0.7, **quiet))
    ends = [part.iloc[-1] for part in runs if part["status"].iloc[-1] != "succeeded"]
    if ends:
        at = [float(e["epoch"]) for e in ends]
        values = [scale * float(e["value"]) for e in ends]
        circle = {"symbol": "circle-open", "size": 8, "color": style.color, "line": {"width": 1.5}}
        said = {"text": [f"{e['run']}: {e['status']}" for e in ends], "hovertemplate": "%{text}<extra></extra>"}
        traces.append(dots(at, values, "unfinished", circle, cliponaxis=False, **said, **quiet))
    return traces


def _end_texts(
    table: pd.DataFrame,
    styles: Mapping[str, LineStyle],
    scale: float,
    y_range: tuple[float, float],
    height: int,
    margin: dict[str, int],
) -> list[dict[str, Any]]:
    ends = table.sort_values("epoch").groupby("label", sort=False).last()
    labels = [
        EndLabel(_short(str(name)), float(row["epoch"]), scale * float(row["mean"]), styles[str(name)].color)
        for name, row in ends.iterrows()
        if np.isfinite(row["mean"])
    ]
    return end_labels(labels, y_range, height - margin["t"] - margin["b"])


def _n_changes(
    table: pd.DataFrame, styles: Mapping[str, LineStyle], scale: float, y_range: tuple[float, float]
) -> list[dict[str, Any]]:
    """Return "● n = 3" at each epoch from which fewer or more seeds make up a group's mean.

    One that would cover another is left out: every hover text names n.
    """
    across = NARROW / max(float(np.ptp(table["epoch"])), 1.0)
    up = 300 / (y_range[1] - y_range[0])
    taken: list[tuple[float, float]] = []
    found = []
    for label, part in table.sort_values("epoch").groupby("label", sort=False):
        changed = part[part["n"].diff().fillna(0) != 0]
        for x, mean, n in changed[["epoch", "mean", "n"]].to_numpy(dtype=float).tolist():
            y = scale * mean
            covered = any(abs(x - a) * across < 48 and abs(y - b) * up < 15 for a, b in taken)
            if covered or not y_range[0] <= y <= y_range[1]:
                continue
            taken.append((x, y))
            dot = f"<span style='color:{styles[str(label)].color}'>●</span>"
            found.append(note(f"{dot} n = {n:g}", x, y, size=10, xref="x", yref="y", yanchor="bottom", yshift=4))
    return found


def _chance_line(chance: float | None, scale: float, y_range: tuple[float, float]) -> list[dict[str, Any]]:
    if chance is None or not y_range[0] <= scale * chance <= y_range[1]:
        return []
    place = {"xref": "paper", "x0": 0, "x1": 1, "yref": "y", "y0": scale * chance, "y1": scale * chance}
    return [{"type": "line", "line": {"color": LINE, "width": 1}, **place}]


def _chance_note(chance: float | None, scale: float, y_range: tuple[float, float]) -> list[dict[str, Any]]:
    if chance is None:
        return []
    value = f"chance {scale * chance:.3g}{' %' if scale == 100 else ''}"
    if y_range[0] <= scale * chance <= y_range[1]:
        return [note(value, 0, scale * chance, size=10, yref="y", xanchor="left", yanchor="bottom", xshift=4)]
    below = scale * chance < y_range[0]
    corner = {"xanchor": "right", "xshift": -4, "yanchor": "bottom" if below else "top"}
    return [note(f"{value} {'↓' if below else '↑'}", 1, 0 if below else 1, size=10, **corner)]


def _alt(table: pd.DataFrame, column: str) -> str:
    last = table.sort_values("epoch").groupby("label", sort=False).last()
    ends = [f"{name} {wording.mean_sd_text(r['mean'], r['sd'], int(r['n']), column)}" for name, r in last.iterrows()]
    epochs = wording.count(int(table["epoch"].max()), "epoch")
    return f"Mean {wording.quantity(column)} over {epochs}; at the end: {', '.join(ends)}."
