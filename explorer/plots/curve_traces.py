"""The traces of one learned curve: density, start, the whole curve dashed, the reached part solid."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .records import Array, SiteCurve
from .theme import AREA, MARK, faded

#: Share of a panel's height that belongs to the density.
DENSITY_SHARE = 0.2


@dataclass(frozen=True)
class Frame:
    """The ranges that all panels share, and the strip at the bottom that the densities stand in."""

    x: tuple[float, float]
    y: tuple[float, float]
    strip: float


def shared_frame(curves: Sequence[SiteCurve], density: bool = True) -> Frame:
    """Return x over all grids, and y over all finite points (start included) with room for the densities.

    Where the parts that no input reaches would take more than half of y, y covers the reached parts only.
    """
    xs = np.concatenate([c.x for c in curves])
    low, high = padded([part for c in curves for part in _lines(c, reached=True)])
    all_low, all_high = padded([part for c in curves for part in _lines(c, reached=False)])
    if all_high - all_low <= 2 * (high - low):
        low, high = all_low, all_high
    strip = 0.0
    if density and any(c.density is not None for c in curves):
        strip = (high - low) * DENSITY_SHARE / (1 - DENSITY_SHARE)
    return Frame((float(xs.min()), float(xs.max())), (low - strip, high), strip)


def _lines(curve: SiteCurve, reached: bool) -> list[Array]:
    lines = [curve.y, curve.start, *(band for band in (curve.low, curve.high) if band is not None)]
    return [line[curve.reached] if reached else line for line in lines]


def padded(parts: Sequence[Array], share: float = 0.06) -> tuple[float, float]:
    """Return the range of all finite values with `share` of it added on both sides; (-1, 1) where there are none."""
    values = np.concatenate([np.ravel(p) for p in parts]) if len(parts) else np.array([])
    values = values[np.isfinite(values)]
    if values.size == 0:
        return -1.0, 1.0
    low, high = float(values.min()), float(values.max())
    room = share * (high - low) or 0.5
    return low - room, high + room


def curve_traces(
    curve: SiteCurve, frame: Frame, color: str, *, axes: tuple[str, str] = ("x", "y"), start: bool = True
) -> list[dict[str, Any]]:
    """Return the traces of one panel, back to front. The one named after the site holds every point of the curve."""
    place = {"xaxis": axes[0], "yaxis": axes[1], "type": "scatter", "mode": "lines"}
    traces = []
    if curve.density is not None and frame.strip > 0:
        traces.append({**place, **density_shape(curve.x, curve.density, frame.y[0], frame.strip)})
    if curve.low is not None and curve.high is not None:
        traces.append({**place, **band_shape(curve.x, curve.low, curve.high, color)})
    if start and np.isfinite(curve.start).any():
        dots = {"color": MARK, "width": 1, "dash": "dot"}
        traces.append({**place, "x": curve.x, "y": curve.start, "line": dots, "name": "start", "hoverinfo": "skip"})
    return [*traces, *_now(curve, color, place)]


def _now(curve: SiteCurve, color: str, place: dict[str, Any]) -> list[dict[str, Any]]:
    whole = {
        **place, "x": curve.x, "y": curve.y, "name": curve.site, "line": {"color": color, "width": 1, "dash": "dash"},
        "hovertemplate": "x %{x:.3g}<br>f(x) %{y:.3g}<extra>" + curve.site + "</extra>",
    }  # fmt: skip
    reached = {
        **place, "x": curve.x, "y": np.where(curve.reached, curve.y, np.nan), "name": f"{curve.site}, reached",
        "line": {"color": color, "width": 2.2}, "hoverinfo": "skip",
    }  # fmt: skip
    return [whole, reached]


def density_shape(x: Array, density: Array, base: float, height: float) -> dict[str, Any]:
    """Return a grey area that stands on y = `base` and is at most `height` high: only its form means something."""
    top = base + 0.92 * height * density / density.max()
    return {
        "x": np.concatenate([x, x[::-1]]), "y": np.concatenate([top, np.full_like(x, base)]), "fill": "toself",
        "fillcolor": AREA, "line": {"width": 0}, "name": "density of the inputs", "hoverinfo": "skip",
    }  # fmt: skip


def band_shape(x: Array, low: Array, high: Array, color: str, opacity: float = 0.2) -> dict[str, Any]:
    """Return the area between `low` and `high` in a lighter `color`."""
    fine = np.isfinite(low) & np.isfinite(high)
    return {
        "x": np.concatenate([x[fine], x[fine][::-1]]), "y": np.concatenate([high[fine], low[fine][::-1]]),
        "fill": "toself", "fillcolor": faded(color, opacity), "line": {"width": 0}, "name": "band", "hoverinfo": "skip",
    }  # fmt: skip
