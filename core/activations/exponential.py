"""Exponentials whose compiled float32 code costs less than torch's own functions, as exact; elsewhere they are torch's own."""

import torch
from torch import Tensor


def expm1(x: Tensor) -> Tensor:
    """Return exp(x) - 1 for x <= 0; compiled, it shares the exponential with the formula around it."""
    return _expm1(x, torch.exp(x)) if _cheap(x) else torch.expm1(x)


def sigmoid_and_tanh(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return sigmoid(x) and tanh(x); compiled, both are made from exp(-abs(x))."""
    if not _cheap(x):
        return torch.sigmoid(x), torch.tanh(x)
    down = -x.abs()
    e = torch.exp(down)
    share = torch.reciprocal(1 + e)
    both = _expm1(2 * down, e * e)
    return torch.where(x >= 0, share, e * share), torch.copysign(both / (2 + both), x)


def _cheap(x: Tensor) -> bool:
    return torch.compiler.is_compiling() and x.dtype == torch.float32


def _expm1(x: Tensor, e: Tensor) -> Tensor:
    """Return exp(x) - 1 for x <= 0 from e = exp(x): a series near 0, where the difference would lose digits."""
    # (exp(x) - 1) / x = 1/1! + x/2! + … + x^8/9!; the next term is below 1e-9 for x > -1/2. Written out, as the compiler takes
    # numbers from a list for inputs.
    series = x * (1 / 362880) + 1 / 40320
    series = (series * x + 1 / 5040) * x + 1 / 720
    series = (series * x + 1 / 120) * x + 1 / 24
    series = (series * x + 1 / 6) * x + 1 / 2
    return torch.where(x > -0.5, (series * x + 1) * x, e - 1)
