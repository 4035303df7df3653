"""Bars by class: the accuracy of each, and the pairs that are confused most."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.analysis import wording

from .build import axis, build, margins, note
from .labels import shorten, text_width
from .theme import COLOURS, FONT, LINE, MATRIX, SITE_FONT, faded
from .traces import line

#: Rows that a figure holds.
MOST = 20
NAME_CHARACTERS, PAIR_CHARACTERS = 18, 26


def class_accuracy_figure(
    table: pd.DataFrame, *, most: int = MOST, height: int | None = None, title: str = "Accuracy of each class"
) -> go.Figure:
    """Return a bar per class with its 95 % Wilson interval, the lowest accuracy first, and a line at that of all classes.

    `table` has the columns label_name, n, right, accuracy, low, high (`core.analysis.confusion.class_table`). Only the `most`
    lowest are drawn.
    """
    if table.empty:
        raise ValueError("the class table has no rows: there are no images.")
    shown = table.sort_values(["accuracy", "label_name"], kind="stable").head(most)
    values, low, high = (100 * shown[c].to_numpy(dtype=float) for c in ("accuracy", "low", "high"))
    names = [str(name) for name in shown["label_name"]]
    texts = [f"{wording.percent(a)}, n = {int(n):,}" for a, n in zip(shown["accuracy"], shown["n"], strict=True)]
    pairs = zip(names, texts, low, high, strict=True)
    hovers = [f"{name}: {text}<br>95 % interval {a:.1f} to {b:.1f} %" for name, text, a, b in pairs]
    bars = _bars(values, "accuracy", hovers)
    bars["error_x"] = {
        "type": "data", "symmetric": False, "array": high - values, "arrayminus": values - low, "thickness": 1.5, "width": 4,
        "color": COLOURS[0],
    }  # fmt: skip
    overall = 100 * float(table["right"].sum() / table["n"].sum())
    whole = line([overall, overall], [-0.6, len(shown) - 0.4], "all classes", LINE, 1.5, "dash")
    word = note(
        f"all classes {overall:.1f} %", overall, 1, size=SITE_FONT, xref="x", xanchor="right", yanchor="bottom", yshift=2
    )
    x = axis("accuracy, with 95 % Wilson interval", range=[0, 104], ticksuffix=" %", tickvals=[0, 20, 40, 60, 80, 100])
    layout = _layout(x, names, texts, NAME_CHARACTERS, top=24)
    layout["annotations"].append(word)
    alt = f"{title}: from {names[0]}, {texts[0]}, to {names[-1]}, {texts[-1]}; all classes {overall:.1f} %."
    return build([bars, whole], layout, title=title, alt=alt, height=height or _height(len(shown)))


def confused_pairs_figure(
    table: pd.DataFrame, *, most: int = MOST, height: int | None = None, title: str = "What is confused most"
) -> go.Figure:
    """Return a bar per pair of classes, true → predicted, the most frequent first.

    `table` has the columns label_name, predicted_name, count, share (`core.analysis.confusion.confused_pairs`).
    """
    if table.empty:
        raise ValueError("the table of pairs has no rows: no image is wrong.")
    shown = table.head(most)
    counts = shown["count"].to_numpy(dtype=float)
    names = [f"{a} → {b}" for a, b in zip(shown["label_name"], shown["predicted_name"], strict=True)]
    texts = [f"{int(n):,} ({wording.percent(s)})" for n, s in zip(counts, shown["share"], strict=True)]
    hovers = [f"{name}: {text} of the images of this class" for name, text in zip(names, texts, strict=True)]
    x = axis("images", range=[0, 1.05 * float(counts.max())], nticks=6)
    alt = f"{title}: {names[0]} with {int(counts[0]):,} images is first of {len(shown)} pairs drawn."
    layout = _layout(x, names, texts, PAIR_CHARACTERS)
    return build([_bars(counts, "images", hovers)], layout, title=title, alt=alt, height=height or _height(len(shown)))


def _height(rows: int) -> int:
    return min(MATRIX, max(150, 72 + 26 * rows))


def _bars(values: np.ndarray, name: str, hovers: list[str]) -> dict[str, Any]:
    return {
        "type": "bar", "orientation": "h", "x": values, "y": list(range(len(values))), "name": name, "width": 0.66,
        "marker": {"color": faded(COLOURS[0], 0.55)}, "text": hovers, "textposition": "none",
        "hovertemplate": "%{text}<extra></extra>",
    }  # fmt: skip


def _layout(x: dict[str, Any], names: list[str], texts: list[str], characters: int, top: int = 8) -> dict[str, Any]:
    """Return axes, margins and notes of rows with a name to the left and a text to the right."""
    short = [shorten(name, characters) for name in names]
    rows: dict[str, Any] = {"tickvals": list(range(len(names))), "ticktext": short, "tickfont": {"size": FONT}}
    place = {"yref": "y", "xanchor": "left", "yanchor": "middle", "xshift": 8}
    left, right = max(text_width(name) for name in short), max(text_width(text, SITE_FONT) for text in texts)
    return {
        "xaxis": x,
        "yaxis": axis(range=[len(names) - 0.4, -0.6], zeroline=False, showgrid=False, **rows),
        "margin": margins(16 + left, 16 + right, top, 44),
        "annotations": [note(text, 1, i, size=SITE_FONT, **place) for i, text in enumerate(texts)],
    }
