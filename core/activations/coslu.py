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


def coslu(x: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """Return (x + a cos(b x)) sigmoid(x)."""
    return torch.addcmul(x, torch.cos(b * x), a) * torch.sigmoid(x)


def coslu_gradients(x: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the derivatives of `coslu` in x, a and b."""
    u, s = b * x, torch.sigmoid(x)
    in_a = torch.cos(u) * s
    sin = torch.sin(u) * s * a
    rise = torch.addcmul(x * s, in_a, a) * (1 - s)
    return s - sin * b + rise, in_a, -x * sin


class CosLU(Activation):
    """CosLU with trainable a and b."""

    name = "coslu"
    starts: ClassVar = {"a": 1.0, "b": 1.0}

    def make_kernel(self) -> Kernel:
        return Kernel("coslu", coslu, coslu_gradients)


register(
    CosLU,
    title="CosLU",
    formula=r"f(x) = (x + a \cos(b x)) \, \sigma(x)",
    card=__doc__,
    value_at_zero=0.5,
)
