"""Texts inside figures: shortened, pushed apart, never over each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .theme import FONT

#: Width of a character as a share of the font size: what margins reserve (wide), and what is taken for cutting texts (mean).
CHARACTER = 0.58
CUT_CHARACTER = 0.5

Values = Sequence[float] | NDArray[np.float64]


def text_width(text: str, size: int = FONT) -> int:
    """Return the width of `text` in px, estimated."""
    return int(np.ceil(len(text) * size * CHARACTER))


def shorten(text: str, characters: int) -> str:
    """Return `text` with its middle replaced by … where it is longer than `characters`."""
    if len(text) <= characters:
        return text
    head = max((characters - 1) // 2, 1)
    return f"{text[:head]}…{text[len(text) - max(characters - 1 - head, 1) :]}"


def distinct(names: Sequence[str], separator: str = " · ") -> list[str]:
    """Return the names without the parts that are the same in all of them; the first part stays."""
    parts = [name.split(separator) for name in names]
    if len({len(p) for p in parts}) != 1:
        return list(names)
    kept = [i for i, same in enumerate(zip(*parts, strict=True)) if i == 0 or len(set(same)) > 1]
    return [separator.join(p[i] for i in kept) for p in parts]


def push_apart(positions: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Return `positions` moved as little as possible so that neighbours are `gap` apart, all within `low` and `high`.

    Least squares under the order of the positions (pool adjacent violators); where they cannot all fit, the gap shrinks.
    """
    count = len(positions)
    if count == 0:
        return []
    gap = min(gap, (high - low) / max(count - 1, 1))
    order = np.argsort(positions, kind="stable")
    steps = np.arange(count) * gap
    pools: list[list[float]] = []
    for value in np.asarray(positions, dtype=float)[order] - steps:
        pools.append([value])
        while len(pools) > 1 and np.mean(pools[-2]) > np.mean(pools[-1]):
            pools[-2:] = [pools[-2] + pools[-1]]
    level = np.concatenate([np.full(len(p), np.mean(p)) for p in pools])
    moved = np.clip(level, low, high - steps[-1]) + steps
    result = np.empty(count)
    result[order] = moved
    return result.tolist()


def last_inside(x: Values, y: Values, x_range: tuple[float, float], y_range: tuple[float, float]) -> tuple[float, float] | None:
    """Return where a line leaves the panel to the right, or its last point within the panel; None if it has none."""
    xs, ys = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    end = float(min(x_range[1], xs[-1]))
    xs, ys = np.append(xs[xs < end], end), np.append(ys[xs < end], np.interp(end, xs, ys))
    inside = np.flatnonzero((ys >= y_range[0]) & (ys <= y_range[1]) & (xs >= x_range[0]))
    return (float(xs[inside[-1]]), float(ys[inside[-1]])) if inside.size else None


@dataclass(frozen=True)
class EndLabel:
    """A text beside the last point (x, y) of a line of this colour."""

    text: str
    x: float
    y: float
    color: str


def end_labels(
    labels: Sequence[EndLabel],
    y_range: tuple[float, float],
    height: float,
    *,
    size: int = FONT,
    xref: str = "x",
    yref: str = "y",
) -> list[dict[str, Any]]:
    """Return annotations right of the lines' ends, pushed apart, each with a thin leader in the line's colour.

    `height` is the height of the panel in px; it does not depend on the width of the page, so neither do the offsets.
    """
    low, high = y_range
    wanted = [float(np.clip((high - label.y) / (high - low), 0, 1)) * height for label in labels]
    placed = push_apart(wanted, size * 1.35, size * 0.6, height - size * 0.6)
    return [_leader(*item, size, xref, yref) for item in zip(labels, wanted, placed, strict=True)]


def _leader(label: EndLabel, wanted: float, placed: float, size: int, xref: str, yref: str) -> dict[str, Any]:
    place = {"x": label.x, "y": label.y, "xref": xref, "yref": yref, "xanchor": "left", "yanchor": "middle"}
    leader = {"showarrow": True, "arrowhead": 0, "arrowwidth": 1, "arrowcolor": label.color, "standoff": 3}
    shift = {"ax": 18, "ay": round(placed - wanted, 1)}
    return {"text": label.text, "font": {"size": size}, "align": "left", **place, **leader, **shift}


def end_margin(texts: Sequence[str], size: int = FONT) -> int:
    """Return the right margin in px that `end_labels` of these texts need."""
    return 30 + max((text_width(t, size) for t in texts), default=0)
