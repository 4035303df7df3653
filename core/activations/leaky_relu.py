"""Leaky ReLU, with a fixed slope below 0.

Formula: f(x) = x for x > 0, c x for x <= 0
Gradients: df/dx = 1 for x > 0, c for x <= 0
Parameters: none; c = 0.01 is the option negative_slope
Reference: A. L. Maas, A. Y. Hannun, A. Y. Ng, Rectifier Nonlinearities Improve Neural Network Acoustic Models, ICML 2013
Differs: nowhere
"""

from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional

from .kernel import Kernel
from .module import Activation, require_number
from .registry import register


def leaky_relu(x: Tensor, negative_slope: float) -> Tensor:
    """Return x where x > 0, else negative_slope x."""
    return functional.leaky_relu(x, negative_slope)


def leaky_relu_gradients(grad: Tensor, x: Tensor, negative_slope: float) -> tuple[Tensor]:
    """Return the gradient in x."""
    return (torch.where(x > 0, grad, grad * negative_slope),)


def leaky_relu_backward(grad: Tensor, x: Tensor, negative_slope: float) -> Tensor:
    """Return the gradient in x, in one pass."""
    return torch.ops.aten.leaky_relu_backward(grad, x, negative_slope, False)


class LeakyReLU(Activation):
    """x where x > 0, else a small multiple of x."""

    name = "leaky_relu"
    option_defaults: ClassVar = {"negative_slope": (0.01, "Slope below 0.")}

    def make_kernel(self) -> Kernel:
        slope = self.options["negative_slope"] = require_number("LeakyReLU", "negative_slope", self.options["negative_slope"])
        constants = (("negative_slope", slope),)
        return Kernel(
            "leaky_relu",
            leaky_relu,
            leaky_relu_gradients,
            constants=constants,
            native_value=leaky_relu,
            native_backward=leaky_relu_backward,
        )


register(
    LeakyReLU,
    title="LeakyReLU",
    formula=r"f(x) = \begin{cases} x & x > 0 \\ c x & x \le 0 \end{cases}, \qquad c = 0.01",
    card=__doc__,
)
