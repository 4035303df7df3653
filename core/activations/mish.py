"""Mish.

Formula: f(x) = x tanh(softplus(x))
Gradients: with t = tanh(softplus(x)): df/dx = t + x (1 - t^2) sigmoid(x)
Parameters: none
Reference: D. Misra, Mish: A Self Regularized Non-Monotonic Activation Function, BMVC 2020, arXiv 1908.08681
Differs: nowhere
"""

import torch
from torch import Tensor
from torch.nn import functional

from .kernel import Kernel
from .module import Activation
from .registry import register


def mish(x: Tensor) -> Tensor:
    """Return x tanh(softplus(x))."""
    return functional.mish(x)


def mish_gradients(grad: Tensor, x: Tensor) -> tuple[Tensor]:
    """Return the gradient in x."""
    t = torch.tanh(functional.softplus(x))
    return (grad * (t + x * (1 - t * t) * torch.sigmoid(x)),)


def mish_backward(grad: Tensor, x: Tensor) -> Tensor:
    """Return the gradient in x, in one pass."""
    return torch.ops.aten.mish_backward(grad, x)


class Mish(Activation):
    """x tanh(softplus(x))."""

    name = "mish"

    def make_kernel(self) -> Kernel:
        return Kernel("mish", mish, mish_gradients, native_value=mish, native_backward=mish_backward)


register(Mish, title="Mish", formula=r"f(x) = x \tanh(\ln(1 + e^{x}))", card=__doc__)
