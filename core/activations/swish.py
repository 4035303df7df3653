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

from .kernel import InPlace, Kernel
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


def swish_into(into: Tensor, x: Tensor, beta: Tensor) -> None:
    """Write the value into `into`."""
    torch.mul(x, beta, out=into).sigmoid_().mul_(x)


def swish_gradients_into(into: Tensor, grad: Tensor, x: Tensor, beta: Tensor) -> tuple[Tensor]:
    """Write the gradient in x into `into`; return the terms of that in beta."""
    torch.mul(x, beta, out=into).sigmoid_()
    rest = grad * x
    torch.ops.aten.sigmoid_backward.grad_input(rest, into, grad_input=rest)
    into.mul_(grad).addcmul_(rest, beta)
    return (rest.mul_(x),)


class Swish(Activation):
    """Swish with trainable beta."""

    name = "swish"
    starts: ClassVar = {"beta": 1.0}

    def make_kernel(self) -> Kernel:
        return Kernel("swish", swish, swish_gradients, in_place=InPlace(swish_into, swish_gradients_into))


register(Swish, title="Swish", formula=r"f(x) = x \, \sigma(\beta x)", card=__doc__)
