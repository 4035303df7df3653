"""What did it become? The classic function nearest to a learned curve, where the inputs really are.

The distance of a curve f from a function g over the inputs of a site is

    min over a, b of  sqrt(sum w (f − a g − b)²) / sqrt(sum w (f − mean)²),    mean = sum w f, weights w scaled to sum to 1

the root mean square that is left of f after the best output scale a and offset b, in shares of f's own standard deviation over
the same inputs: 0 is the same function, 1 no better than a constant. It is sqrt(1 − r²) for the correlation r of f and g.

Scale and offset are always free, because what follows takes them up: between a batch norm and a convolution, a f is the same
network as f with the convolution's weights divided by a, and b goes into the next bias (but for the zeros padded at the
border). Where a shortcut carries the output past the convolution as well, only the shapes are compared. The scale of the input
is not free: a function with another one is another member of a family (Swish), or another function.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

from . import wording
from .classics import CLASSICS, Classic
from .nearest_record import LIMIT, MARGIN, Kind, Nearest

#: Numbers of a family that are tried before the best is refined.
GRID = 65
#: Only families that come so near to the best on the grid are refined.
WORTH = 0.05
#: A curve varies by less than this, relative to its size: it is a constant.
FLAT = 1e-9


def nearest_function(x: np.ndarray, f: np.ndarray, weights: np.ndarray) -> Nearest:
    """Return the classic function nearest to the curve `f` (P,) at inputs `x` (P,) with shares `weights` (P,) of any scale."""
    return nearest_functions(x, np.asarray(f)[None], weights)[0]


def nearest_functions(x: np.ndarray, f: np.ndarray, weights: np.ndarray) -> list[Nearest]:
    """Return the nearest classic function of each curve in `f` (C, P) at inputs `x` (P,) with shares `weights` (P,).

    "not measured" where the weights are all zero, or a curve is not finite somewhere that they are not.
    """
    x, f, w = (np.asarray(v, dtype=np.float64) for v in (x, f, weights))
    there = w > 0
    x, f, w = x[there], np.ascontiguousarray(f[:, there]), w[there]
    if not len(w):
        return [Nearest(kind="not measured")] * len(f)
    w = w / w.sum()
    grids = [_Grid.of(classic, x, w) for classic in CLASSICS]
    found = []
    for curve in f:
        if not np.isfinite(curve).all():
            found.append(Nearest(kind="not measured"))
        elif (curve - curve @ w) ** 2 @ w <= (FLAT * max(1.0, float(np.abs(curve).max()))) ** 2:
            found.append(Nearest(kind="found", name="constant", family="constant", distance=0.0, scale=0.0, offset=curve @ w))
        else:
            found.append(_decide(_fits(x, curve, w, grids)))
    return found


@dataclass(frozen=True)
class Fit:
    """One function after the best number, scale and offset."""

    classic: Classic
    number: float
    distance: float
    scale: float
    offset: float

    @property
    def name(self) -> str:
        """The function's name with the fitted number: "LeakyReLU(0.18)"."""
        if not self.classic.fitted:
            return self.classic.name
        size = abs(self.number)
        return f"{self.classic.name}({wording.number(self.number, 2 if size < 0.995 else 1 if size < 9.95 else 0)})"


@dataclass(frozen=True, eq=False)
class _Grid:
    """A family at several numbers (K,), ready for all curves of a site: `unit` (K, P) is w (g − mean) / sd, 0 where flat."""

    classic: Classic
    numbers: np.ndarray
    unit: np.ndarray

    @classmethod
    def of(cls, classic: Classic, x: np.ndarray, w: np.ndarray) -> "_Grid":
        numbers = classic.numbers(GRID)
        values = classic.values(x, numbers)
        centred = values - (values @ w)[:, None]
        spread = np.sqrt(centred**2 @ w)
        flat = spread <= FLAT * np.maximum(1.0, np.abs(values).max(axis=1))
        return cls(classic, numbers, w * centred / np.where(flat, np.inf, spread)[:, None])

    def nearest(self, curve: np.ndarray) -> tuple[int, float]:
        """Return which number comes nearest to a curve (P,) of mean 0 and sd 1, and its distance."""
        correlations = np.abs(self.unit @ curve)
        best = int(correlations.argmax())
        return best, float(np.sqrt(max(0.0, 1 - correlations[best] ** 2)))


def _fits(x: np.ndarray, f: np.ndarray, w: np.ndarray, grids: list[_Grid]) -> list[Fit]:
    """Return the best fit of every function to one curve (P,), nearest first."""
    curve = f - f @ w
    curve = curve / np.sqrt(curve**2 @ w)
    tried = [grid.nearest(curve) for grid in grids]
    least = min(distance for _, distance in tried)
    fits = []
    for grid, (best, near) in zip(grids, tried, strict=True):
        classic, number = grid.classic, float(grid.numbers[best])
        if classic.fitted and near <= least + WORTH:
            number = _refined(classic, grid.numbers, best, x, f, w)
        distance, scale, offset = (float(v[0]) for v in _distances(classic.values(x, np.array([number])), f, w))
        fits.append(Fit(classic, number, distance, scale, offset))
    return sorted(fits, key=lambda fit: fit.distance)


def _refined(classic: Classic, numbers: np.ndarray, best: int, x: np.ndarray, f: np.ndarray, w: np.ndarray) -> float:
    """Return the family's number of least distance between the neighbours of the best one on the grid."""
    low, high = float(numbers[max(best - 1, 0)]), float(numbers[min(best + 1, len(numbers) - 1)])

    def distance(number: float) -> float:
        return float(_distances(classic.values(x, np.array([number])), f, w)[0][0])

    answer = minimize_scalar(distance, bounds=(low, high), method="bounded", options={"xatol": 1e-5 * (high - low)})
    return float(answer.x) if answer.fun < distance(float(numbers[best])) else float(numbers[best])


def _distances(g: np.ndarray, f: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return distance, scale and offset of each function in `g` (K, P) from the curve `f` (P,): (K,) each; `w` sums to 1.

    A function that is flat over the inputs explains nothing: distance 1, scale 0.
    """
    mean_g, mean_f = g @ w, f @ w
    centred, curve = g - mean_g[:, None], f - mean_f
    variance = (centred**2) @ w
    flat = variance <= (FLAT * np.maximum(1.0, np.abs(g).max(axis=1))) ** 2
    scale = np.where(flat, 0.0, (centred * curve) @ w / np.where(flat, 1.0, variance))
    left = ((curve - scale[:, None] * centred) ** 2) @ w
    return np.sqrt(left / (curve**2 @ w)), scale, mean_f - scale * mean_g


def _decide(fits: Sequence[Fit]) -> Nearest:
    """Return what may be said of a curve with these fits, nearest first.

    Among the functions within 1 % of the nearest the simplest counts: linear, since at small inputs every smooth function is;
    then those without a fitted number, which always wins a little. Two equally simple ones cannot be told apart.
    """
    near = [fit for fit in fits if fit.distance <= fits[0].distance + MARGIN]
    simplest = min(fit.classic.rank for fit in near)
    left = [fit for fit in near if fit.classic.rank == simplest]
    best = left[0]
    others = [fit for fit in fits if fit is not best and best.classic.name not in fit.classic.contains]
    second = left[1] if len(left) > 1 else others[0]
    kind: Kind = "none" if best.distance > LIMIT else "cannot tell" if len(left) > 1 else "found"
    return Nearest(
        kind=kind,
        name=best.name,
        family=best.classic.name,
        distance=best.distance,
        scale=best.scale,
        offset=best.offset,
        runner_up=second.name,
        runner_up_distance=second.distance,
    )
