"""PD-ReLU, ReLU with a pseudo derivative in backpropagation.

Formula: f(x) = max(0, x)
Gradients: training uses p(x); the true derivative is 1 for x > 0, else 0. p(x) = 1 for x >= 0, and for x < 0 by `shape`:
    exponential exp(x / t), ramp max(0, 1 + x / t), window c for x > -t else 0, constant c; sigmoid is sigmoid(s x) everywhere
Parameters: none; the defaults t = 1 (exponential), t = 2 (ramp, window), c = 0.5 (window), c = 0.01 (constant) and s = ln 2
    give all shapes but the constant the same area of false gradient below 0, namely 1
Reference: Z. Hu, Y. Li, Z. Yang, Improving Convolutional Neural Network Using Pseudo Derivative ReLU, ICSAI 2018,
    doi 10.1109/ICSAI.2018.8599372
Differs: the published pseudo derivatives were not available; all five shapes and their defaults are this project's choice
"""

import functools
import math
from collections.abc import Callable
from typing import ClassVar

import torch
from torch import Tensor

from ..errors import ExplorerError, unknown_name
from .kernel import Kernel
from .module import Activation, require_positive
from .registry import register


def exponential(x: Tensor, t: float) -> Tensor:
    """Return exp(min(x, 0) / t)."""
    return torch.exp(x.clamp(max=0) / t)


def ramp(x: Tensor, t: float) -> Tensor:
    """Return 1 + x / t, kept between 0 and 1."""
    return (1 + x / t).clamp(0, 1)


def sigmoid(x: Tensor, s: float) -> Tensor:
    """Return sigmoid(s x), on both sides of 0."""
    return torch.sigmoid(s * x)


def window(x: Tensor, t: float, c: float) -> Tensor:
    """Return 1 where x >= 0, c where -t < x < 0, else 0."""
    return torch.where(x >= 0, 1.0, c * (x > -t).to(x.dtype))


def constant(x: Tensor, c: float) -> Tensor:
    """Return 1 where x >= 0, else c."""
    return torch.where(x >= 0, torch.ones_like(x), c)


#: The pseudo derivatives, and the options of each with their defaults.
SHAPES: dict[str, tuple[Callable[..., Tensor], dict[str, float]]] = {
    "exponential": (exponential, {"t": 1.0}),
    "ramp": (ramp, {"t": 2.0}),
    "sigmoid": (sigmoid, {"s": math.log(2)}),
    "window": (window, {"t": 2.0, "c": 0.5}),
    "constant": (constant, {"c": 0.01}),
}


#: The pseudo derivatives in LaTeX, without dollar signs.
SHAPE_FORMULAS: dict[str, str] = {
    "exponential": r"p(x) = e^{\min(x, 0) / t}",
    "ramp": r"p(x) = \min(\max(1 + x / t, 0), 1)",
    "sigmoid": r"p(x) = \sigma(s x)",
    "window": r"p(x) = \begin{cases} 1 & x \ge 0 \\ c & -t < x < 0 \\ 0 & x \le -t \end{cases}",
    "constant": r"p(x) = \begin{cases} 1 & x \ge 0 \\ c & x < 0 \end{cases}",
}


def pdrelu(x: Tensor, **constants: float) -> Tensor:
    """Return max(0, x); the constants belong to the pseudo derivative."""
    return torch.relu(x)


def relu_derivative(x: Tensor, **constants: float) -> Tensor:
    """Return the derivative of max(0, x), 0 at 0."""
    return (x > 0).to(x.dtype)


@functools.cache
def as_gradients(pseudo: Callable[..., Tensor]) -> Callable[..., tuple[Tensor]]:
    """Return the pseudo derivative in the form that a kernel wants: one function object for each shape."""

    def gradients(grad: Tensor, x: Tensor, **constants: float) -> tuple[Tensor]:
        return (grad * pseudo(x, **constants),)

    return gradients


class PDReLU(Activation):
    """ReLU forward, a pseudo derivative backward."""

    name = "pdrelu"
    option_defaults: ClassVar = {
        "shape": ("exponential", f"Pseudo derivative: {', '.join(SHAPES)}."),
        "t": (None, "Width below 0; by default 1 (exponential) or 2 (ramp, window)."),
        "s": (None, "Steepness of the sigmoid; by default ln 2."),
        "c": (None, "Height below 0; by default 0.5 (window) or 0.01 (constant)."),
    }
    option_choices: ClassVar = {"shape": tuple(SHAPES)}

    def make_kernel(self) -> Kernel:
        shape = self.options["shape"]
        if shape not in SHAPES:
            raise unknown_name("shape of PD-ReLU", str(shape), SHAPES)
        function, defaults = SHAPES[shape]
        constants = {**defaults, **self._given(shape, defaults)}
        self.options = {"shape": shape, **constants}
        return Kernel(
            f"pdrelu_{shape}",
            pdrelu,
            as_gradients(function),
            true_derivative=relu_derivative,
            constants=tuple(constants.items()),
            native_value=pdrelu,
        )

    def _given(self, shape: str, defaults: dict[str, float]) -> dict[str, float]:
        given = {k: v for k, v in self.options.items() if k != "shape" and v is not None}
        for key in given:
            if key not in defaults:
                known = ", ".join(("shape", *defaults))
                raise ExplorerError(f"PD-ReLU with shape='{shape}' has no option '{key}'. Its options: {known}.")
        return {key: require_positive("PD-ReLU", key, value) for key, value in given.items()}


register(
    PDReLU,
    title="PD-ReLU",
    formula=r"f(x) = \max(0, x), \qquad p(x) = e^{\min(x, 0) / t}",
    card=__doc__,
    surrogate_gradient=True,
)
