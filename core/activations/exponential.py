"""exp(x) - 1 for x <= 0, exact near 0, at the cost of exp(x) in compiled code."""

import torch
from torch import Tensor

#: 1/2!, 1/3!, … 1/9!: the series of (exp(x) - 1) / x, whose next term is below 1e-9 for x > -1/2.
_SERIES = (1 / 362880, 1 / 40320, 1 / 5040, 1 / 720, 1 / 120, 1 / 24, 1 / 6, 1 / 2, 1.0)


def expm1(x: Tensor) -> Tensor:
    """Return exp(x) - 1 for x <= 0.

    Compiled for float32 it is the series near 0 and exp(x) - 1 elsewhere, which shares the exponential with the formula around
    it: torch.expm1 takes four times as long there. Elsewhere it is torch.expm1.
    """
    if not torch.compiler.is_compiling() or x.dtype != torch.float32:
        return torch.expm1(x)
    series = torch.full_like(x, _SERIES[0])
    for coefficient in _SERIES[1:]:
        series = series * x + coefficient
    return torch.where(x > -0.5, series * x, torch.exp(x) - 1)
