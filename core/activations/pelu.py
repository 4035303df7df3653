"""PELU, the parametric exponential linear unit.

Formula: f(x) = (a / b) x for x >= 0, a (exp(x / b) - 1) for x < 0
Gradients: df/dx = a / b for x >= 0, (a / b) exp(x / b) for x < 0; df/da = x / b or exp(x / b) - 1; df/db = -a x / b^2, times
    exp(x / b) for x < 0
Parameters: a = 1, b = 1; used as max(0.1, value), the gradient passes straight through
Reference: L. Trottier, P. Giguère, B. Chaib-draa, Parametric Exponential Linear Unit for Deep Convolutional Neural Networks,
    ICMLA 2017, arXiv 1605.09332
Differs: the floor of 0.1 acts in the forward pass while the stored value is free
"""

from typing import ClassVar

import torch
from torch import Tensor

from .kernel import Kernel
from .module import Activation
from .registry import register
from .transcendental import expm1


def pelu(x: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """Return (a / b) x where x >= 0, else a (exp(x / b) - 1)."""
    scaled = x / b
    return a * (scaled.clamp(min=0) + expm1(scaled.clamp(max=0)))


def pelu_gradients(grad: Tensor, x: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the gradient in x and the terms of those in a and b."""
    steep = torch.reciprocal(b)
    left = x.clamp(max=0) * steep
    in_x = grad * torch.exp(left) * (a * steep)  # exp(0) = 1 on the right
    return in_x, grad * torch.addcmul(expm1(left), x.clamp(min=0), steep), in_x * x


def pelu_finish(sums: tuple[Tensor, Tensor], a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Return the gradients in a and b."""
    return sums[0], -sums[1] / b


class PELU(Activation):
    """PELU with trainable a and b."""

    name = "pelu"
    starts: ClassVar = {"a": 1.0, "b": 1.0}
    floors: ClassVar = {"a": 0.1, "b": 0.1}

    def make_kernel(self) -> Kernel:
        return Kernel("pelu", pelu, pelu_gradients, pelu_finish)


register(
    PELU,
    title="PELU",
    formula=r"f(x) = \begin{cases} \frac{a}{b} x & x \ge 0 \\ a (e^{x / b} - 1) & x < 0 \end{cases}",
    card=__doc__,
    surrogate_gradient=True,
)
