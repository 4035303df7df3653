"""What makes a good pseudo derivative: this project's criteria, measured for any function p."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

#: The grid: even steps of 2.5e-5 near 0, then growing ones to -1e6.
_NEAR, _FAR, _POINTS = 50.0, 1e6, 2_000_001
#: What counts as 0 or as equal.
_TOLERANCE = 1e-6


@dataclass(frozen=True, kw_only=True)
class PseudoDerivativeCriteria:
    """How a pseudo derivative p of ReLU behaves. The paper's own criteria were not available: these are this project's."""

    value_at_zero: float
    continuous_at_zero: bool
    """Whether p has no jump at 0."""
    jump_at_zero: float
    """Largest distance between p(0) and p just beside it."""
    monotone: bool
    """Whether p nowhere falls from left to right."""
    largest_fall: float
    """How far p falls below what it was further left, at most; 0 for a monotone p."""
    limit_at_minus_infinity: float
    vanishes: bool
    """Whether p tends to 0 at minus infinity."""
    largest: float
    at_most_one: bool
    area_below_zero: float
    """How much false gradient passes: the integral of p over x < 0, infinite where p does not vanish."""
    departure_above_zero: float
    """Largest distance of p from 1, the true derivative, over x > 0."""


@torch.no_grad()
def pseudo_derivative_criteria(p: Callable[[Tensor], Tensor]) -> PseudoDerivativeCriteria:
    """Return the criteria of `p`, which takes a float64 tensor (P,) and returns its values there.

    p is measured at 2 million points of [-50, 50] and out to ±1e6; a structure finer than 1e-4 is not seen.
    """
    x = torch.linspace(-_NEAR, 0, _POINTS, dtype=torch.float64)
    tail = -torch.logspace(math.log10(_FAR), math.log10(_NEAR), 200_001, dtype=torch.float64)
    tail[-1] = -_NEAR
    left, far, right = p(x[:-1]), p(tail), p(-x.flip(0)[1:])
    zero, above, beside = p(torch.tensor([0.0, 1e-9, -1e-9], dtype=torch.float64)).tolist()
    whole = torch.cat([far, left, torch.tensor([zero], dtype=torch.float64), right])
    jump = max(abs(zero - beside), abs(zero - above))
    vanishes = abs(far[0].item()) < _TOLERANCE
    area = torch.trapezoid(torch.cat([left, left.new_tensor([beside])]), x) + torch.trapezoid(far, tail)
    return PseudoDerivativeCriteria(
        value_at_zero=zero,
        continuous_at_zero=jump < _TOLERANCE,
        jump_at_zero=jump,
        monotone=bool((whole.diff() >= -1e-12).all()),
        largest_fall=max((whole.cummax(0).values - whole).max().item(), 0.0),
        limit_at_minus_infinity=far[0].item(),
        vanishes=vanishes,
        largest=whole.max().item(),
        at_most_one=whole.max().item() <= 1 + 1e-12,
        area_below_zero=area.item() if vanishes else float("inf"),
        departure_above_zero=(right - 1).abs().max().item(),
    )
