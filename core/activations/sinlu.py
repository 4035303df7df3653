"""SinLU, the sinusoidal linear unit.

Formula: f(x) = (x + a sin(b x)) sigmoid(x)
Gradients: with s = sigmoid(x): df/dx = s (1 + a b cos(b x)) + (x + a sin(b x)) s (1 - s), df/da = s sin(b x),
    df/db = a x s cos(b x)
Parameters: a = 1, b = 1, any real value
Reference: A. Paul, R. Bandyopadhyay, J. H. Yoon, Z. W. Geem, R. Sarkar, SinLU: Sinu-Sigmoidal Linear Unit, Mathematics
    10 (2022) 337; a baseline of E. Pishchik, Trainable Activations for Image Classification, preprints 202301.0463, 2023
Differs: Pishchik's code shares one pair over the whole network (sharing="network"); the default here is one pair per layer
"""

from typing import ClassVar

import torch
from torch import Tensor

from .kernel import Kernel
from .module import Activation
from .registry import register
from .sinusoid import sinusoid_in_place
from .transcendental import sin_and_cos


def sinlu(x: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """Return (x + a sin(b x)) sigmoid(x)."""
    return torch.addcmul(x, torch.sin(b * x), a) * torch.sigmoid(x)


def sinlu_gradients(grad: Tensor, x: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the gradient in x and the terms of those in a and b."""
    u, s = b * x, torch.sigmoid(x)
    (sin, cos), grad = sin_and_cos(u), grad * s
    inner = torch.addcmul(x, sin, a)
    steep = torch.addcmul(torch.addcmul(inner, inner, s, value=-1), cos, a * b)
    return torch.addcmul(grad, grad, steep), grad * sin, grad * x * cos


def sinlu_finish(sums: tuple[Tensor, Tensor], a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Return the gradients in a and b."""
    return sums[0], a * sums[1]


IN_PLACE = sinusoid_in_place(torch.sin, torch.cos, sign=1)


class SinLU(Activation):
    """SinLU with trainable a and b."""

    name = "sinlu"
    starts: ClassVar = {"a": 1.0, "b": 1.0}

    def make_kernel(self) -> Kernel:
        return Kernel("sinlu", sinlu, sinlu_gradients, sinlu_finish, in_place=IN_PLACE)


register(SinLU, title="SinLU", formula=r"f(x) = (x + a \sin(b x)) \, \sigma(x)", card=__doc__)
