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

from .kernel import InPlace, Kernel
from .module import Activation
from .registry import register
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


def coslu_into(into: Tensor, x: Tensor, a: Tensor, b: Tensor) -> None:
    """Write the value into `into`."""
    inner = (x * b).cos_().mul_(a).add_(x)
    torch.sigmoid(x, out=into).mul_(inner)


def coslu_gradients_into(into: Tensor, grad: Tensor, x: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Write the gradient in x into `into`; return the terms of those in a and b."""
    cos, s = x * b, torch.sigmoid(x)
    sin, scaled = cos.sin(), grad * s
    cos.cos_()
    torch.addcmul(x, cos, a, out=into).mul_(grad)
    torch.ops.aten.sigmoid_backward.grad_input(into, s, grad_input=into)
    sin.mul_(scaled)
    into.addcmul_(sin, a * b, value=-1).add_(scaled)
    return cos.mul_(scaled), sin.mul_(x)


class CosLU(Activation):
    """CosLU with trainable a and b."""

    name = "coslu"
    starts: ClassVar = {"a": 1.0, "b": 1.0}

    def make_kernel(self) -> Kernel:
        return Kernel(
            "coslu", coslu, coslu_gradients, coslu_finish, slope=coslu_slope, in_place=InPlace(coslu_into, coslu_gradients_into)
        )


register(
    CosLU,
    title="CosLU",
    formula=r"f(x) = (x + a \cos(b x)) \, \sigma(x)",
    card=__doc__,
    value_at_zero=0.5,
)
