"""Noise of another kind, made as strong as a given one: by its strength at a site, or by the accuracy that it costs."""

import math
from collections.abc import Callable
from dataclasses import dataclass

#: Two values count as equal within this share of the wanted one.
TOLERANCE = 0.05
#: The variance that is tried first where nothing is known.
START = 0.01
#: The search ends here: dropout with this variance of its multiplier keeps one output in ten thousand.
SMALLEST, LARGEST = 1e-10, 1e4
MOST = 16


@dataclass(frozen=True, kw_only=True)
class Match:
    """The variance of a multiplier at which `value` was measured; `matched`: it lies within the tolerance of the wanted one."""

    variance: float
    value: float
    matched: bool
    tried: int


def match_variance(
    measure: Callable[[float], float],
    wanted: float,
    *,
    start: float = START,
    tolerance: float = TOLERANCE,
    absolute: float = 0.0,
) -> Match:
    """Return the variance of a multiplier at which `measure(variance)` is `wanted` within `tolerance` × wanted.

    `measure` grows with the variance, in proportion where the noise is weak: the search follows a secant on logarithmic scales
    and falls back to halving the bracket. `absolute`: a tolerance that counts where it is wider. A wanted value that is out of
    reach gives the nearest that was seen, with `matched` False.
    """
    seen: list[tuple[float, float]] = []
    variance = start
    while len(seen) < MOST and SMALLEST <= variance <= LARGEST:
        value = measure(variance)
        seen.append((variance, value))
        if abs(value - wanted) <= max(tolerance * wanted, absolute):
            return Match(variance=variance, value=value, matched=True, tried=len(seen))
        variance = _next(seen, wanted)
    nearest = min(seen, key=lambda pair: abs(pair[1] - wanted))
    return Match(variance=nearest[0], value=nearest[1], matched=False, tried=len(seen))


def _next(seen: list[tuple[float, float]], wanted: float) -> float:
    """Return the next variance to try, between the nearest ones that gave too little and too much."""
    low = max((v for v, value in seen if value < wanted), default=0.0)
    high = min((v for v, value in seen if value >= wanted), default=math.inf)
    variance, value = seen[-1]
    factor = (wanted / value) ** (1 / _slope(seen)) if value > 0 else 4.0
    guess = variance * min(max(factor, 0.05), 20.0)
    if low < guess < high:
        return guess
    return math.sqrt(low * high) if 0 < low < high < math.inf else (high / 4 if low == 0 else 4 * low)


def _slope(seen: list[tuple[float, float]]) -> float:
    """Return the slope of the last two values on logarithmic scales, 1 where it cannot be told."""
    if len(seen) < 2 or min(seen[-1][1], seen[-2][1]) <= 0:
        return 1.0
    (v1, y1), (v2, y2) = seen[-2:]
    rise, run = math.log(y2 / y1), math.log(v2 / v1)
    return min(max(rise / run, 0.2), 5.0) if run else 1.0
