"""CosLU, the cosine linear unit.

Formula: f(x) = (x + a cos(b x)) sigmoid(x)
Gradients: with s = sigmoid(x): df/dx = s (1 - a b sin(b x)) + (x + a cos(b x)) s (1 - s), df/da = s cos(b x),
    df/db = -a x s sin(b x)
Parameters: a = 1, b = 1, any real value
Reference: E. Pishchik, Trainable Activations for Image Classification, preprints 202301.0463, 2023
Differs: the author's code shares one pair over the whole network (sharing="network"); the default here is one pair per layer
"""

from typing import ClassVar

import torch
from torch import Tensor

from .kernel import Kernel
from .module import Activation
from .registry import register
from .sinusoid import sinusoid_in_place
from .transcendental import sin_and_cos


def coslu(x: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """Return (x + a cos(b x)) sigmoid(x)."""
    return torch.addcmul(x, torch.cos(b * x), a) * torch.sigmoid(x)


def coslu_gradients(grad: Tensor, x: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the gradient in x and the terms of those in a and b."""
    u, s = b * x, torch.sigmoid(x)
    (sin, cos), grad = sin_and_cos(u), grad * s
    inner = torch.addcmul(x, cos, a)
    steep = torch.addcmul(torch.addcmul(inner, inner, s, value=-1), sin, a * b, value=-1)
    return torch.addcmul(grad, grad, steep), grad * cos, grad * x * sin


def coslu_slope(x: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """Return the derivative in x: s (1 + (x + a cos(b x)) (1 - s) - a b sin(b x)) with s = sigmoid(x)."""
    u, s = b * x, torch.sigmoid(x)
    sin = torch.sin(u)
    inner = torch.addcmul(x, u.cos_(), a)
    inner.addcmul_(inner, s, value=-1).addcmul_(sin, a * b, value=-1)
    return inner.mul_(s).add_(s)


def coslu_finish(sums: tuple[Tensor, Tensor], a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Return the gradients in a and b."""
    return sums[0], -a * sums[1]


IN_PLACE = sinusoid_in_place(torch.cos, torch.sin, sign=-1)


class CosLU(Activation):
    """CosLU with trainable a and b."""

    name = "coslu"
    starts: ClassVar = {"a": 1.0, "b": 1.0}

    def make_kernel(self) -> Kernel:
        return Kernel("coslu", coslu, coslu_gradients, coslu_finish, slope=coslu_slope, in_place=IN_PLACE)


register(
    CosLU,
    title="CosLU",
    formula=r"f(x) = (x + a \cos(b x)) \, \sigma(x)",
    card=__doc__,
    value_at_zero=0.5,
)
