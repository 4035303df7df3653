"""The traces of one learned curve: density, start, the whole curve dashed, the reached part solid."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from .records import Array, SiteCurve
from .theme import MARK
from .traces import band, density_area, line

#: Share of a panel's height that belongs to the density.
DENSITY_SHARE = 0.2
#: What a large panel shows beside the reached inputs, as a share of their range.
REACHED_ROOM = 0.33


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
    reached, everything = ([part for c in curves for part in _lines(c, r)] for r in (True, False))
    low, high = wide_range(reached, everything)
    strip = 0.0
    if density and any(c.density is not None for c in curves):
        strip = (high - low) * DENSITY_SHARE / (1 - DENSITY_SHARE)
    return Frame((float(xs.min()), float(xs.max())), (low - strip, high), strip)


def site_frame(curve: SiteCurve, density: bool = True) -> Frame:
    """Return the frame of one site alone: its reached inputs with a third of their range on both sides."""
    reached = curve.x[curve.reached]
    room = REACHED_ROOM * float(np.ptp(reached))
    x = (max(float(curve.x[0]), float(reached[0]) - room), min(float(curve.x[-1]), float(reached[-1]) + room))
    if not x[1] > x[0]:
        return shared_frame([curve], density)
    kept = (curve.x >= x[0]) & (curve.x <= x[1])
    return replace(shared_frame([_part(curve, kept)], density), x=x)


def _part(curve: SiteCurve, kept: np.ndarray) -> SiteCurve:
    arrays = {f.name: getattr(curve, f.name) for f in fields(curve)}
    return replace(curve, **{k: v[kept] for k, v in arrays.items() if isinstance(v, np.ndarray)})


def _lines(curve: SiteCurve, reached: bool) -> list[Array]:
    lines = [curve.y, curve.start, *(band for band in (curve.low, curve.high) if band is not None)]
    return [line[curve.reached] if reached else line for line in lines]


def wide_range(reached: Sequence[Array], everything: Sequence[Array], share: float = 0.06) -> tuple[float, float]:
    """Return the padded range of everything, or of the reached parts where everything would take more than twice as much."""
    low, high = padded(reached, share)
    all_low, all_high = padded(everything, share)
    return (all_low, all_high) if all_high - all_low <= 2 * (high - low) else (low, high)


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
