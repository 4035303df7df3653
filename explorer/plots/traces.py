"""The few kinds of traces that all figures are made of, as plain dictionaries."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .records import Array
from .theme import AREA, faded

Values = Array | Sequence[float] | Sequence[float | None]


def line(x: Any, y: Any, name: str, color: str, width: float, dash: str = "solid", **more: Any) -> dict[str, Any]:
    """Return a line; without `hovertemplate` in `more` it is silent under the pointer."""
    style = {"color": color, "width": width, "dash": dash}
    quiet = {} if "hovertemplate" in more else {"hoverinfo": "skip"}
    return {"type": "scatter", "mode": "lines", "x": x, "y": y, "name": name, "line": style, **quiet, **more}


def dots(x: Any, y: Any, name: str, marker: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return markers; without `hovertemplate` in `more` they are silent under the pointer."""
    quiet = {} if "hovertemplate" in more else {"hoverinfo": "skip"}
    return {"type": "scatter", "mode": "markers", "x": x, "y": y, "name": name, "marker": marker, **quiet, **more}


def area(x: Array, low: Array, high: Array, name: str, color: str = AREA, **more: Any) -> dict[str, Any]:
    """Return the closed area between `low` and `high`, without an outline; points where either is not finite are left out."""
    fine = np.isfinite(low) & np.isfinite(high)
    outline = np.concatenate([x[fine], x[fine][::-1]]), np.concatenate([high[fine], low[fine][::-1]])
    return line(*outline, name, color, 0, fill="toself", fillcolor=color, **more)


def band(x: Array, low: Array, high: Array, color: str, **more: Any) -> dict[str, Any]:
    """Return the area between `low` and `high` at a fifth of `color`'s strength."""
    return area(x, low, high, "band", faded(color, 0.2), **more)


def density_area(x: Array, density: Array, base: float, height: float, **more: Any) -> dict[str, Any]:
    """Return a grey area that stands on y = `base` and is at most `height` high: only its form means something."""
    top = base + 0.92 * height * density / density.max()
    return area(x, np.full_like(x, base), top, "density of the inputs", **more)
