"""Softplus, a smooth ReLU.

Formula: f(x) = ln(1 + exp(x))
Gradients: df/dx = sigmoid(x)
Parameters: none
Reference: C. Dugas, Y. Bengio, F. Bélisle, C. Nadeau, R. Garcia, Incorporating Second-Order Functional Knowledge for Better
    Option Pricing, NIPS 2000
Differs: nowhere; torch.nn.Softplus goes over to x above 20, which float64 tells from the formula, this one above 40
"""

import torch
from torch import Tensor
from torch.nn import functional

from .kernel import Kernel
from .module import Activation
from .registry import register
from .transcendental import log1p, one_exponential_is_cheap

#: Above it exp(-x) is below the precision of float64 beside x.
LINEAR_FROM = 40


def softplus(x: Tensor) -> Tensor:
    """Return ln(1 + exp(x))."""
    if not one_exponential_is_cheap(x):
        return functional.softplus(x, 1, LINEAR_FROM)
    return x.clamp(min=0) + log1p(torch.exp(-x.abs()))


def softplus_gradients(grad: Tensor, x: Tensor) -> tuple[Tensor]:
    """Return the gradient in x."""
    return (grad * torch.sigmoid(x),)


def softplus_backward(grad: Tensor, x: Tensor) -> Tensor:
    """Return the gradient in x, in one pass."""
    return torch.ops.aten.softplus_backward(grad, x, 1, LINEAR_FROM)


class Softplus(Activation):
    """ln(1 + exp(x))."""

    name = "softplus"

    def make_kernel(self) -> Kernel:
        return Kernel(
            "softplus",
            softplus,
            softplus_gradients,
            native_value=softplus,
            native_backward=softplus_backward,
            compile_native=True,
        )


register(Softplus, title="Softplus", formula=r"f(x) = \ln(1 + e^{x})", card=__doc__, value_at_zero=0.6931471805599453)
