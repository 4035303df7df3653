"""exp(x) - 1 for x <= 0, exact near 0, at the cost of exp(x) in compiled code."""

import torch
from torch import Tensor


def expm1(x: Tensor) -> Tensor:
    """Return exp(x) - 1 for x <= 0.

    Compiled for float32 it is the series near 0 and exp(x) - 1 elsewhere, which shares the exponential with the formula around
    it: torch.expm1 takes four times as long there. Elsewhere it is torch.expm1.
    """
    if not torch.compiler.is_compiling() or x.dtype != torch.float32:
        return torch.expm1(x)
    # (exp(x) - 1) / x = 1/1! + x/2! + … + x^8/9!; the next term is below 1e-9 for x > -1/2. Written out, as the compiler takes
    # numbers from a list for inputs.
    series = x * (1 / 362880) + 1 / 40320
    series = (series * x + 1 / 5040) * x + 1 / 720
    series = (series * x + 1 / 120) * x + 1 / 24
    series = (series * x + 1 / 6) * x + 1 / 2
    return torch.where(x > -0.5, (series * x + 1) * x, torch.exp(x) - 1)
