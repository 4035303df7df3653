"""An activation measured at many points: where it breaks, where it is flat, how far its values reach."""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from .module import Activation

#: Half the width of the fine grid, its points, and the largest input that is looked at.
NEAR, POINTS, FAR = 20.0, 5121, 1e4
#: A derivative below this counts as none.
FLAT = 1e-6

Interval = tuple[float, float]


class Sample:
    """An activation with its noise off, at given values of the numbers in its formula.

    `values`: one for each of `module.scalar_names`, used as the formula does, at or above their floors; None: the start values.
    """

    def __init__(self, module: Activation, values: Sequence[float] | None = None) -> None:
        self.kernel, self.names = module.kernel, module.scalar_names
        given = list(module.start_scalars().values()) if values is None else values
        floors = [module.floors.get(name.partition(".")[0], -math.inf) for name in self.names]
        self.values = tuple(max(value, floor) for value, floor in zip(given, floors, strict=True))
        far = torch.logspace(math.log10(NEAR), math.log10(FAR), 1501, dtype=torch.float64, device="cpu")[1:]
        self.near = torch.linspace(-NEAR, NEAR, POINTS, dtype=torch.float64, device="cpu")
        self.points = torch.cat([-far.flip(0), self.near, far])

    def value(self, x: Tensor) -> Tensor:
        """Return f at `x` (P,), in its precision."""
        return self.kernel.evaluate(x, self._arguments(x))

    def slopes(self, x: Tensor) -> Tensor:
        """Return the true derivatives in x and in every parameter at `x` (P,): shape (1 + parameters, P)."""
        arguments = self._arguments(x)
        first, *terms = self.kernel.pull_back(torch.ones_like(x), x, arguments, true=True)
        return torch.stack([first, *self.kernel.conclude(list(terms), arguments)])

    def slope(self, x: Tensor) -> Tensor:
        """Return the true derivative in x at `x` (P,)."""
        return self.slopes(x)[0]

    def slope_in_training(self, x: Tensor) -> Tensor:
        """Return the derivative in x that training uses at `x` (P,)."""
        return self.kernel.pull_back(torch.ones_like(x), x, self._arguments(x))[0]

    def breaks(self, function: Callable[[Tensor], Tensor]) -> tuple[list[float], list[float]]:
        """Return where a function jumps, and where it, or the slope, grows without bound between two points of the grid."""
        left, right = _squeezed(self.near, function)
        broken = _differs(function(left), function(right))
        left, right = left[broken], right[broken]
        sizes = torch.stack([f(x).abs() for f in (self.value, self.slope) for x in (left, right)])
        steep = (sizes.nan_to_num(nan=math.inf) > 1e6).any(0)
        middle = (left + right) / 2
        return middle[~steep].tolist(), middle[steep].tolist()

    def range(self, edges: Sequence[float]) -> Interval:
        """Return the smallest and the largest value; infinite where the values go on growing far out, or close to an edge."""
        values = self.value(self.points)
        inner = values[self.points.abs() <= FAR / 10]
        near = torch.tensor([edge for edge in edges if math.isfinite(edge)], dtype=torch.float64, device="cpu")
        close, closer = (self.value(torch.cat([near - step, near + step])) for step in (1e-3, 1e-11))
        values, inner = torch.cat([values, closer]), torch.cat([inner, closer])
        high = math.inf if _top(closer) > _top(close) + 5 else _limit(values, inner)
        low = -math.inf if _top(-closer) > _top(-close) + 5 else -_limit(-values, -inner)
        return low + 0.0, high + 0.0

    def value_at_zero(self) -> float:
        """Return f(0)."""
        return self.value(self.near[POINTS // 2 : POINTS // 2 + 1]).item()

    def largest(self) -> float:
        """Return the largest size of the finite values in [-20, 20]."""
        values = self.value(self.near).abs()
        return max(values[values.isfinite()].tolist(), default=0.0)

    def flat(self, slope: Callable[[Tensor], Tensor]) -> tuple[Interval, ...]:
        """Return where a derivative is nearly 0 over a length of more than 1."""
        found = _intervals(self.points, lambda x: slope(x).abs() < FLAT)
        return tuple((low, high) for low, high in found if min(high, FAR) - max(low, -FAR) > 1)

    def not_finite(self) -> list[Interval]:
        """Return where, in single precision, the value or a derivative is not finite."""

        def bad(x: Tensor) -> Tensor:
            single = x.float()
            return ~(self.value(single).isfinite() & self.slopes(single).isfinite().all(0))

        return _intervals(self.points, bad)

    def idle(self) -> tuple[str, ...]:
        """Return the parameters whose derivative is 0 wherever one looks."""
        sizes = self.slopes(self.near)[1:].nan_to_num(nan=1.0).abs()
        return tuple(name for name, row in zip(self.names, sizes, strict=True) if row.max() == 0)

    def _arguments(self, x: Tensor) -> tuple[Tensor, ...]:
        return tuple(torch.tensor(start, dtype=x.dtype, device=x.device) for start in self.values)


# ---- bisection, on all intervals of a grid at once


def _squeezed(grid: Tensor, function: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor]:
    """Return, for each interval of the grid, the ends of a tiny part of it over which the function changes most.

    Over such a part a smooth function changes by next to nothing. Intervals at whose ends it is not finite are left out.
    """
    finite = function(grid).isfinite()
    inside = finite[:-1] & finite[1:]
    left, right = grid[:-1][inside], grid[1:][inside]
    for _ in range(36):
        middle = (left + right) / 2
        first, half, last = function(left), function(middle), function(right)
        to_left = (half - first).abs().nan_to_num(nan=math.inf) > (last - half).abs().nan_to_num(nan=math.inf)
        left, right = torch.where(to_left, left, middle), torch.where(to_left, middle, right)
    return left, right


def _differs(first: Tensor, last: Tensor) -> Tensor:
    """Return where two ends of a tiny interval differ as only those of a jump do."""
    return ~((last - first).abs() <= 1e-4 * torch.maximum(first.abs(), last.abs()).clamp(min=1))


def _intervals(points: Tensor, holds: Callable[[Tensor], Tensor]) -> list[Interval]:
    """Return where a condition holds, the ends found by bisection; infinite where it holds at the first or the last point."""
    there = holds(points)
    edges = torch.nonzero(there[1:] != there[:-1]).flatten()
    outside, inside = points[edges], points[edges + 1]
    outside, inside = torch.where(there[edges], inside, outside), torch.where(there[edges], outside, inside)
    for _ in range(36):
        middle = (outside + inside) / 2
        yes = holds(middle)
        outside, inside = torch.where(yes, outside, middle), torch.where(yes, middle, inside)
    ends = inside.tolist()
    ends = [-math.inf] * bool(there[0]) + ends + [math.inf] * bool(there[-1])
    return list(zip(ends[::2], ends[1::2], strict=True))


def _top(values: Tensor) -> float:
    """Return the largest value that is a number; -inf if there is none."""
    return max(values[~values.isnan()].tolist(), default=-math.inf)


def _limit(values: Tensor, inner: Tensor) -> float:
    """Return the largest of `values`, or infinity if those of `inner`, a tenth of the inputs, are all clearly smaller."""
    top, before = _top(values), _top(inner)
    return math.inf if top > before + 1e-3 * (1 + abs(before)) else top
