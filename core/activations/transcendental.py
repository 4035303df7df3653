"""Functions whose compiled float32 code costs less than torch's own, as exact; elsewhere they are torch's own."""

import math

import torch
from torch import Tensor


def expm1(x: Tensor, e: Tensor | None = None) -> Tensor:
    """Return exp(x) - 1; compiled, it shares the exponential with the formula around it, or is made from `e`.

    `e` need only be exp(x) where abs(x) >= 1/2: so one exponential can serve formulas of which one is 0 at every place.
    """
    return _expm1(x, torch.exp(x) if e is None else e) if one_exponential_is_cheap(x) else torch.expm1(x)


def log1p(x: Tensor) -> Tensor:
    """Return ln(1 + x) for 0 <= x <= 1."""
    if not one_exponential_is_cheap(x):
        return torch.log1p(x)
    # 2 artanh(t) = 2 (t + t^3/3 + … + t^15/15) for t = x / (2 + x), at most 1/3: the next term is below 3e-9 of the sum.
    t = x / (2 + x)
    square = t * t
    series = square * (1 / 15) + 1 / 13
    series = (series * square + 1 / 11) * square + 1 / 9
    series = (series * square + 1 / 7) * square + 1 / 5
    series = (series * square + 1 / 3) * square
    return 2 * (series * t + t)


def sigmoid_and_tanh(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return sigmoid(x) and tanh(x); compiled, both are made from exp(-abs(x))."""
    if not one_exponential_is_cheap(x):
        return torch.sigmoid(x), torch.tanh(x)
    down = -x.abs()
    e = torch.exp(down)
    share = torch.reciprocal(1 + e)
    both = _expm1(2 * down, e * e)
    return torch.where(x >= 0, share, e * share), torch.copysign(both / (2 + both), x)


def sin_and_cos(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return sin(x) and cos(x); compiled for a CPU, both from one angle in [-pi/2, pi/2].

    Those are within 3e-7 for abs(x) < 2e5, where neighbouring float32 numbers lie up to 0.016 apart (4e-6 where products are
    rounded before the sum). From there on they are 0 and 1 or -1: the phase of such a number is hardly more than its rounding.
    """
    if not one_exponential_is_cheap(x) or x.device.type != "cpu":
        return torch.sin(x), torch.cos(x)
    turns = torch.round(x * (1 / math.pi))
    # pi in three numbers of 8, 12 and 24 bits, so that the first products are exact.
    angle = ((x - turns * 3.140625) - turns * 0.0009675025939941406) - turns * 1.5099580252808664e-07
    angle = torch.where(x.abs() < 2e5, angle, x - x)  # NaN for infinity
    square = angle * angle
    # Least greatest error for abs(angle) < 1.6: 6e-9 and 5e-10.
    odd = (2.5939385458387564e-06 * square - 0.00019803811883149173) * square + 0.008332977982835221
    sin = ((odd * square - 0.16666655472266834) * square) * angle + angle
    even = (-2.614006830161975e-07 * square + 2.4766686674600414e-05) * square - 0.0013888529321319629
    cos = ((even * square + 0.04166665392146481) * square - 0.5) * square + 1
    sign = 1 - 2 * (turns - 2 * torch.floor(0.5 * turns))  # every half turn changes it
    return sign * sin, sign * cos


def one_exponential_is_cheap(x: Tensor) -> bool:
    """Tell whether arithmetic around one exponential costs less than torch's own functions: in compiled float32 code."""
    return torch.compiler.is_compiling() and x.dtype == torch.float32


def _expm1(x: Tensor, e: Tensor) -> Tensor:
    """Return exp(x) - 1 from e = exp(x): a series near 0, where the difference would lose digits."""
    # (exp(x) - 1) / x = 1/1! + x/2! + … + x^8/9!; the next term is below 1e-9 for abs(x) < 1/2. Written out, as the compiler
    # takes numbers from a list for inputs.
    series = x * (1 / 362880) + 1 / 40320
    series = (series * x + 1 / 5040) * x + 1 / 720
    series = (series * x + 1 / 120) * x + 1 / 24
    series = (series * x + 1 / 6) * x + 1 / 2
    return torch.where(x.abs() < 0.5, (series * x + 1) * x, e - 1)
