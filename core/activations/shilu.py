"""ShiLU, a ReLU with trainable slope and offset.

Formula: f(x) = a max(0, x) + b
Gradients: df/dx = a for x > 0, else 0 (also at 0); df/da = max(0, x); df/db = 1
Parameters: a = 1, b = 1, any real value
Reference: E. Pishchik, Trainable Activations for Image Classification, preprints 202301.0463, 2023
Differs: the author's code shares one pair over the whole network (sharing="network"); the default here is one pair per layer
"""

from typing import ClassVar

import torch
from torch import Tensor

from .kernel import InPlace, Kernel
from .masks import where_positive
from .module import Activation
from .registry import register


def shilu(x: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """Return a max(0, x) + b."""
    return a * torch.relu(x) + b


def shilu_gradients(grad: Tensor, x: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the gradient in x and the terms of those in a and b."""
    above = where_positive(grad, x)
    return above * a, above * x, grad


def shilu_into(into: Tensor, x: Tensor, a: Tensor, b: Tensor) -> None:
    """Write the value into `into`."""
    torch.clamp_min(x, 0, out=into).mul_(a).add_(b)


def shilu_gradients_into(into: Tensor, grad: Tensor, x: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Write the gradient in x into `into`; return the terms of those in a and b."""
    torch.ops.aten.threshold_backward.grad_input(grad, x, 0, grad_input=into)
    term = into * x
    into.mul_(a)
    return term, grad


class ShiLU(Activation):
    """ShiLU with trainable a and b."""

    name = "shilu"
    starts: ClassVar = {"a": 1.0, "b": 1.0}

    def make_kernel(self) -> Kernel:
        return Kernel("shilu", shilu, shilu_gradients, in_place=InPlace(shilu_into, shilu_gradients_into), light=True)


register(ShiLU, title="ShiLU", formula=r"f(x) = a \max(0, x) + b", card=__doc__, value_at_zero=1.0)
