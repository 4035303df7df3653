"""SiLU, also called Swish with beta = 1.

Formula: f(x) = x sigmoid(x)
Gradients: df/dx = s (1 + x (1 - s)), s = sigmoid(x)
Parameters: none
Reference: S. Elfwing, E. Uchibe, K. Doya, Sigmoid-Weighted Linear Units, Neural Networks 107 (2018) 3-11, arXiv 1702.03118
Differs: nowhere
"""

import torch
from torch import Tensor
from torch.nn import functional

from .kernel import Kernel
from .module import Activation
from .registry import register


def silu(x: Tensor) -> Tensor:
    """Return x sigmoid(x)."""
    return functional.silu(x)


def silu_gradients(grad: Tensor, x: Tensor) -> tuple[Tensor]:
    """Return the gradient in x."""
    s = torch.sigmoid(x)
    return (grad * s * (1 + x * (1 - s)),)


def silu_backward(grad: Tensor, x: Tensor) -> Tensor:
    """Return the gradient in x, in one pass."""
    return torch.ops.aten.silu_backward(grad, x)


class SiLU(Activation):
    """x sigmoid(x)."""

    name = "silu"

    def make_kernel(self) -> Kernel:
        return Kernel("silu", silu, silu_gradients, native_value=silu, native_backward=silu_backward)


register(SiLU, title="SiLU", formula=r"f(x) = x \, \sigma(x)", card=__doc__)
