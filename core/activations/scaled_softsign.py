"""ScaledSoftSign, a soft sign with trainable height and width.

Formula: f(x) = a x / (b + abs(x) + 1e-8)
Gradients: with d = b + abs(x) + 1e-8: df/dx = a (b + 1e-8) / d^2, df/da = x / d, df/db = -a x / d^2
Parameters: a = 1, b = 1, any real value; with b < 0 there is a pole where abs(x) = -b - 1e-8
Reference: E. Pishchik, Trainable Activations for Image Classification, preprints 202301.0463, 2023
Differs: the author's code shares one pair over the whole network (sharing="network"); the default here is one pair per layer;
    inputs beyond 1e30, infinity among them, act as 1e30
"""

from typing import ClassVar

import torch
from torch import Tensor

from .kernel import Kernel
from .module import Activation
from .registry import register

#: The author's guard against a division by 0.
GUARD = 1e-8
#: Beyond it the function has reached its limit, and a division of infinities would give NaN.
FAR = 1e30


def scaled_softsign(x: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """Return a x / (b + abs(x) + 1e-8)."""
    x = x.clamp(-FAR, FAR)
    return a * x / (x.abs() + (b + GUARD))


def scaled_softsign_gradients(grad: Tensor, x: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the gradient in x and the terms of those in a and b."""
    x = x.clamp(-FAR, FAR)
    inverse = torch.reciprocal(x.abs() + (b + GUARD))
    scaled = grad * inverse
    in_a = scaled * x
    return scaled * inverse * (a * (b + GUARD)), in_a, in_a * inverse


def scaled_softsign_finish(sums: tuple[Tensor, Tensor], a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Return the gradients in a and b."""
    return sums[0], -a * sums[1]


class ScaledSoftSign(Activation):
    """ScaledSoftSign with trainable a and b."""

    name = "scaled_softsign"
    starts: ClassVar = {"a": 1.0, "b": 1.0}

    def make_kernel(self) -> Kernel:
        return Kernel("scaled_softsign", scaled_softsign, scaled_softsign_gradients, scaled_softsign_finish)


register(
    ScaledSoftSign,
    title="ScaledSoftSign",
    formula=r"f(x) = \frac{a x}{b + |x| + 10^{-8}}",
    card=__doc__,
    bounded=True,
)
