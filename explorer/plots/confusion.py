"""The confusion matrix: what each class was taken for."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.analysis import wording

from .build import axis, build, margins, note
from .labels import shorten, text_width
from .theme import COLOURS, FONT, MATRIX, SITE_FONT
from .traces import dots

#: More classes are too many for a matrix: `confused_pairs_figure` names the pairs that matter.
MAX_CLASSES = 25
#: Up to so many classes the cells hold their counts.
COUNTED = 14
NAME_CHARACTERS = 12
#: The cells of right predictions: no magnitude, so a grey of their own.
RIGHT = "#D9D9D9"
#: Counts are white on the darker part of the colours, below this share of the largest, and dark on the rest.
LIGHT_FROM, ON_DARK, ON_LIGHT = 0.45, "#F5F7FA", "#10161E"
TOP = 26


@dataclass(frozen=True)
class ConfusionRecord:
    """The matrix behind the figure: `counts` and `shares` (K, K), true classes down, predicted ones across."""

    names: list[str]
    counts: np.ndarray
    shares: np.ndarray


def fits_matrix(classes: int) -> bool:
    """Return whether so many classes can be drawn as a matrix."""
    return classes <= MAX_CLASSES


def confusion_record(table: pd.DataFrame) -> ConfusionRecord:
    """Return the matrix of a table of `core.analysis.confusion.confusion_table`."""
    names = list(table.drop_duplicates("label").sort_values("label")["label_name"].astype(str))
    shape = (len(names), len(names))
    ordered = table.sort_values(["label", "predicted"])
    counts = ordered["count"].to_numpy(dtype=int).reshape(shape)
    return ConfusionRecord(names, counts, ordered["share"].to_numpy(dtype=float).reshape(shape))


def confusion_figure(
    table: pd.DataFrame,
    *,
    marked: tuple[int, int] | None = None,
    height: int = MATRIX,
    title: str = "Confusion matrix",
) -> go.Figure:
    """Return the matrix: a row per true class, a column per predicted one; the cells hold counts.

    `table` has the columns label, predicted, label_name, predicted_name, count, share. Colours show the share of the row's
    images, of wrong predictions only: right ones are grey, pairs that do not occur are empty. `marked` frames a cell (label,
    predicted). Every cell is a point with customdata [label, predicted], so that a click chooses it.
    """
    record = confusion_record(table)
    number = len(record.names)
    if not 0 < number <= MAX_CLASSES:
        raise ValueError(f"a confusion matrix shows 1 to {MAX_CLASSES} classes; received {number}.")
    data = [_right(record), *_wrong(record), _targets(record)]
    names = [shorten(name, NAME_CHARACTERS) for name in record.names]
    room = max(text_width(name, SITE_FONT) for name in names)
    ticks: dict[str, Any] = {"tickvals": list(range(number)), "ticktext": names, "tickfont": {"size": SITE_FONT}}
    hidden: dict[str, Any] = {"zeroline": False, "showgrid": False}
    below = note("predicted class", 0.5, 0, size=FONT, xanchor="center", yanchor="top", yshift=-room - 20)
    above: dict[str, Any] = {"size": SITE_FONT, "xanchor": "right", "yanchor": "bottom", "yshift": 3}
    layout = {
        "xaxis": axis(range=[-0.5, number - 0.5], tickangle=-90, **ticks, **hidden),
        "yaxis": axis("true class", range=[number - 0.5, -0.5], **ticks, **hidden),
        "margin": margins(room + 34, 70, TOP, room + 46),
        "annotations": [note("colour: share of the row, where wrong", 1, 1, **above), below],
        "shapes": _frame(record, marked),
        "hoverdistance": -1,  # the nearest cell is the one under the pointer
    }
    return build(data, layout, title=title, alt=_alt(record), height=height)


def _right(record: ConfusionRecord) -> dict[str, Any]:
    values = np.where(np.eye(len(record.names), dtype=bool) & (record.counts > 0), 0.0, np.nan)
    return _cells(record, "right", values, ON_LIGHT, showscale=False, colorscale=[[0, RIGHT], [1, RIGHT]], zmin=0, zmax=1)


def _wrong(record: ConfusionRecord) -> list[dict[str, Any]]:
    """Return the cells of wrong predictions, those of dark and those of light colours, with one scale of colours."""
    off = ~np.eye(len(record.names), dtype=bool) & (record.counts > 0)
    values = np.where(off, 100 * record.shares, np.nan)
    top = float(values[off].max()) if off.any() else 1.0
    bar = {"thickness": 12, "outlinewidth": 0, "x": 1.0, "xpad": 12, "ticksuffix": " %", "tickfont": {"size": 11}, "nticks": 6}
    colours: dict[str, Any] = {"colorscale": "Viridis", "zmin": 0, "zmax": top}
    dark, light = (np.where(part, values, np.nan) for part in (values < LIGHT_FROM * top, values >= LIGHT_FROM * top))
    return [
        _cells(record, "wrong", dark, ON_DARK, **colours, colorbar=bar),
        _cells(record, "wrong, often", light, ON_LIGHT, **colours, showscale=False),
    ]


def _cells(record: ConfusionRecord, name: str, values: np.ndarray, ink: str, **colours: Any) -> dict[str, Any]:
    number = len(record.names)
    trace = {"type": "heatmap", "x": list(range(number)), "y": list(range(number)), "z": values, "name": name}
    if number <= COUNTED:
        # An empty cell would be given its text, too.
        pairs = (zip(*rows, strict=True) for rows in zip(record.counts, np.isfinite(values), strict=True))
        texts = [[f"{count:,}" if drawn else "" for count, drawn in row] for row in pairs]
        trace |= {"text": texts, "texttemplate": "%{text}", "textfont": {"size": SITE_FONT, "color": ink}}
    return {**trace, "hoverinfo": "skip", "xgap": 1, "ygap": 1, **colours}


def _targets(record: ConfusionRecord) -> dict[str, Any]:
    """Return an unseen point per cell: what the pointer and a click find."""
    labels, predicted = np.divmod(np.arange(record.counts.size), len(record.names))
    texts = [_cell_text(record, int(i), int(j)) for i, j in zip(labels, predicted, strict=True)]
    unseen = {"marker": {"opacity": 0}}
    return dots(
        predicted, labels, "cells", {"size": 14, "opacity": 0, "color": RIGHT},
        customdata=np.stack([labels, predicted], 1).tolist(), text=texts, hovertemplate="%{text}<extra></extra>",
        selected=unseen, unselected=unseen,
    )  # fmt: skip


def _cell_text(record: ConfusionRecord, label: int, predicted: int) -> str:
    count, total = int(record.counts[label, predicted]), int(record.counts[label].sum())
    what = f"{record.names[label]}: right" if label == predicted else f"{record.names[label]} → {record.names[predicted]}"
    if total == 0:
        return f"{what}<br>no images of this class"
    return f"{what}<br>{count:,} of {total:,} images ({wording.percent(float(record.shares[label, predicted]))})"


def _frame(record: ConfusionRecord, marked: tuple[int, int] | None) -> list[dict[str, Any]]:
    if marked is None or not all(0 <= i < len(record.names) for i in marked):
        return []
    label, predicted = marked
    corners = {"x0": predicted - 0.5, "x1": predicted + 0.5, "y0": label - 0.5, "y1": label + 0.5}
    return [{"type": "rect", **corners, "line": {"color": COLOURS[1], "width": 3}}]


def _alt(record: ConfusionRecord) -> str:
    total, right = int(record.counts.sum()), int(np.trace(record.counts))
    text = f"Confusion matrix of {len(record.names)} classes: {right:,} of {total:,} images on the diagonal, which are right"
    wrong = record.counts - np.diag(np.diag(record.counts))
    if not wrong.any():
        return f"{text}; none beside it."
    i, j = np.unravel_index(int(wrong.argmax()), wrong.shape)
    return f"{text}; of the rest, most are {record.names[i]} taken for {record.names[j]}, {wrong[i, j]:,}."
