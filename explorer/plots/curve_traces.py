"""The traces of one learned curve: density, start, the whole curve dashed, the reached part solid."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .records import Array, SiteCurve
from .theme import MARK
from .traces import band, density_area, line

#: Share of a panel's height that belongs to the density.
DENSITY_SHARE = 0.2
#: What a large panel shows beside the reached inputs, as a share of their range.
REACHED_ROOM = 0.12


@dataclass(frozen=True)
class Frame:
    """The ranges that all panels share, and the strip at the bottom that the densities stand in."""

    x: tuple[float, float]
    y: tuple[float, float]
    strip: float


def shared_frame(curves: Sequence[SiteCurve], density: bool = True, room: float = 0.02) -> Frame:
    """Return x over what any site's inputs reach, and y over all finite points there (start included).

    x has `room` on both sides, as a share of its range, as far as the grids go; y has room for the densities below. Where
    parts that no input reaches would take most of y, y covers the reached parts only.
    """
    x = _reach(curves, room)
    shown = [(curve, (curve.x >= x[0]) & (curve.x <= x[1])) for curve in curves]
    everything = [y[inside] for curve, inside in shown for y in _lines(curve)]
    low, high = wide_range([y[curve.reached] for curve in curves for y in _lines(curve)], everything)
    strip = 0.0
    if density and any(c.density is not None for c in curves):
        strip = (high - low) * DENSITY_SHARE / (1 - DENSITY_SHARE)
    return Frame(x, (low - strip, high), strip)


def _reach(curves: Sequence[SiteCurve], room: float) -> tuple[float, float]:
    grid = min(float(c.x[0]) for c in curves), max(float(c.x[-1]) for c in curves)
    ends = [part[[0, -1]] for part in (c.x[c.reached] for c in curves) if part.size > 1]
    if not ends:
        return grid
    low, high = float(np.min(ends)), float(np.max(ends))
    return max(grid[0], low - room * (high - low)), min(grid[1], high + room * (high - low))


def site_frame(curve: SiteCurve, density: bool = True) -> Frame:
    """Return the frame of one site alone: its reached inputs with an eighth of their range on both sides."""
    return shared_frame([curve], density, room=REACHED_ROOM)


def _lines(curve: SiteCurve) -> list[Array]:
    return [curve.y, curve.start, *(band for band in (curve.low, curve.high) if band is not None)]


def wide_range(reached: Sequence[Array], everything: Sequence[Array], share: float = 0.06) -> tuple[float, float]:
    """Return the padded range of everything, or of the reached parts where everything takes over 2.5 times as much."""
    low, high = padded(reached, share)
    all_low, all_high = padded(everything, share)
    return (all_low, all_high) if all_high - all_low <= 2.5 * (high - low) else (low, high)


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
    place = {"xaxis": axes[0], "yaxis": axes[1]}
    x, traces = curve.x, []
    if curve.density is not None and frame.strip > 0:
        traces.append(density_area(x, curve.density, frame.y[0], frame.strip, **place))
    if curve.low is not None and curve.high is not None:
        traces.append(band(x, curve.low, curve.high, color, **place))
    if start and np.isfinite(curve.start).any():
        traces.append(line(x, curve.start, "start", MARK, 1, "dot", **place))
    reached = np.where(curve.reached, curve.y, np.nan)
    traces.append(line(x, curve.y, curve.site, color, 1, "dash", hovertemplate=curve_hover(curve.site), **place))
    traces.append(line(x, reached, f"{curve.site}, reached", color, 2.2, **place))
    return traces


def curve_hover(name: str) -> str:
    """Return what stands beside the pointer on a curve."""
    return f"x %{{x:.3g}}<br>f(x) %{{y:.3g}}<extra>{name}</extra>"
