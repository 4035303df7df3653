"""GELU, the Gaussian error linear unit.

Formula: f(x) = x Phi(x), with Phi the distribution function of the standard normal
Gradients: df/dx = Phi(x) + x phi(x), with phi the density of the standard normal
Parameters: none
Reference: D. Hendrycks, K. Gimpel, Gaussian Error Linear Units, arXiv 1606.08415, 2016
Differs: nowhere; this is the exact form, not the approximation by tanh
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

from .kernel import Kernel
from .module import Activation
from .registry import register


def gelu(x: Tensor) -> Tensor:
    """Return x Phi(x)."""
    return functional.gelu(x)


def gelu_gradients(grad: Tensor, x: Tensor) -> tuple[Tensor]:
    """Return the gradient in x."""
    distribution = 0.5 * torch.erfc(x * -math.sqrt(0.5))
    density = torch.exp(-0.5 * x * x) * (1 / math.sqrt(2 * math.pi))
    return (grad * (distribution + x * density),)


def gelu_backward(grad: Tensor, x: Tensor) -> Tensor:
    """Return the gradient in x, in one pass."""
    return torch.ops.aten.gelu_backward(grad, x)


class GELU(Activation):
    """x Phi(x)."""

    name = "gelu"

    def make_kernel(self) -> Kernel:
        return Kernel("gelu", gelu, gelu_gradients, native_value=gelu, native_backward=gelu_backward)


register(GELU, title="GELU", formula=r"f(x) = x \, \Phi(x)", card=__doc__)
