"""Swish with a trainable slope at 0; with beta fixed at 1 it is SiLU.

Formula: f(x) = x sigmoid(beta x)
Gradients: with s = sigmoid(beta x): df/dx = s (1 + beta x (1 - s)), df/dbeta = x^2 s (1 - s)
Parameters: beta = 1, any real value
Reference: P. Ramachandran, B. Zoph, Q. V. Le, Searching for Activation Functions, arXiv 1710.05941, 2017
Differs: the paper speaks of one beta per channel in places; the default here is one per layer
"""

from typing import ClassVar

import torch
from torch import Tensor

from .kernel import Kernel
from .module import Activation
from .registry import register


def swish(x: Tensor, beta: Tensor) -> Tensor:
    """Return x sigmoid(beta x)."""
    return x * torch.sigmoid(beta * x)


def swish_gradients(grad: Tensor, x: Tensor, beta: Tensor) -> tuple[Tensor, Tensor]:
    """Return the gradient in x and the terms of that in beta."""
    s = torch.sigmoid(beta * x)
    rest = torch.ops.aten.sigmoid_backward(grad * x, s)  # before the second factor x, which would overflow alone
    return torch.addcmul(grad * s, rest, beta), rest * x


class Swish(Activation):
    """Swish with trainable beta."""

    name = "swish"
    starts: ClassVar = {"beta": 1.0}

    def make_kernel(self) -> Kernel:
        return Kernel("swish", swish, swish_gradients)


register(Swish, title="Swish", formula=r"f(x) = x \, \sigma(\beta x)", card=__doc__)
