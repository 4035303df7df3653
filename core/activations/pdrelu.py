"""PD-ReLU, ReLU with a pseudo derivative in backpropagation.

Formula: f(x) = max(0, x)
Gradients: training uses p(x) = 1 for x >= 0, exp(x / t) for x < 0; the true derivative is 1 for x > 0, else 0
Parameters: none
Reference: Z. Hu, Y. Li, Z. Yang, Improving Convolutional Neural Network Using Pseudo Derivative ReLU, ICSAI 2018,
    doi 10.1109/ICSAI.2018.8599372
Differs: the published pseudo derivatives were not available; the exponential shape is this project's choice
"""

from typing import ClassVar

import torch
from torch import Tensor

from .kernel import Kernel
from .module import Activation, require_positive
from .registry import register


def pdrelu(x: Tensor, t: float = 1.0) -> Tensor:
    """Return max(0, x); `t` belongs to the pseudo derivative."""
    return torch.relu(x)


def pdrelu_gradients(x: Tensor, t: float = 1.0) -> tuple[Tensor]:
    """Return the pseudo derivative p(x) = exp(min(x, 0) / t)."""
    return (torch.exp(x.clamp(max=0) / t),)


def relu_derivative(x: Tensor, t: float = 1.0) -> Tensor:
    """Return the derivative of max(0, x), 0 at 0."""
    return (x > 0).to(x.dtype)


class PDReLU(Activation):
    """ReLU forward, a pseudo derivative backward."""

    name = "pdrelu"
    option_defaults: ClassVar = {
        "t": (1.0, "Scale of the exponential: the pseudo derivative below 0 is exp(x / t), of area t.")
    }

    def make_kernel(self) -> Kernel:
        self.options["t"] = require_positive("PD-ReLU", "t", self.options["t"])
        constants = (("t", self.options["t"]),)
        return Kernel("pdrelu", pdrelu, pdrelu_gradients, relu_derivative, constants, native_value=pdrelu)


register(
    PDReLU,
    title="PD-ReLU",
    formula=r"f(x) = \max(0, x), \qquad p(x) = e^{\min(x, 0) / t}",
    card=__doc__,
    surrogate_gradient=True,
)
