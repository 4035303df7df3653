"""APALU, the adaptive piecewise approximated activation linear unit.

Formula: f(x) = a (x + x sigmoid(1.702 x)) for x >= 0, b (exp(x) - 1) for x < 0
Gradients: df/dx = a (1 + s + 1.702 x s (1 - s)) for x >= 0 (1.5 a at 0), b exp(x) for x < 0, s = sigmoid(1.702 x);
    df/da = x + x s for x >= 0; df/db = exp(x) - 1 for x < 0
Parameters: a = 0.55, b = 0.065 (start="published"), or a = 2/3, b = 1 (start="smooth", differentiable at 0);
    used as max(0, value)
Reference: B. Subramanian, R. Jeyaraj, R. A. Ugli, J. Kim, APALU, arXiv 2402.08244, 2024
Differs: the starts are this project's choice, after a third-party note, as is positivity by a clamp in the forward pass
    whose gradient passes straight through; one exponential, of a number at or below 0, serves both branches: none overflows
"""

from typing import ClassVar

import torch
from torch import Tensor

from ..errors import unknown_name
from .kernel import Kernel
from .masks import where_negative, where_not_negative
from .module import Activation
from .registry import register
from .transcendental import expm1

STARTS = {"published": {"a": 0.55, "b": 0.065}, "smooth": {"a": 2 / 3, "b": 1.0}}


def apalu(x: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """Return a (x + x sigmoid(1.702 x)) where x >= 0, else b (exp(x) - 1)."""
    left, right, e = _halves(x)
    return a * torch.addcmul(right, right, torch.reciprocal(1 + e)) + b * expm1(left, e)


def apalu_gradients(grad: Tensor, x: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the gradient in x and the terms of those in a and b."""
    left, right, e = _halves(x)
    s = torch.reciprocal(1 + e)
    product = right * s
    slope = torch.addcmul(1 + s, 1.702 * product, 1 - s)
    below = where_negative(grad, x) * e * b
    return torch.addcmul(below, where_not_negative(grad, x) * slope, a), grad * (right + product), grad * expm1(left, e)


def _halves(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return min(x, 0), max(x, 0), and one exponential for both: exp(x) below 0, and above it exp(-1.702 x) for the sigmoid."""
    left, right = x.clamp(max=0), x.clamp(min=0)
    return left, right, torch.exp(left - 1.702 * right)


class APALU(Activation):
    """APALU with trainable a and b."""

    name = "apalu"
    starts: ClassVar = STARTS["published"]
    floors: ClassVar = {"a": 0.0, "b": 0.0}
    option_defaults: ClassVar = {"start": ("published", "Initial values: published (0.55 and 0.065) or smooth (2/3 and 1).")}
    option_choices: ClassVar = {"start": tuple(STARTS)}

    def make_kernel(self) -> Kernel:
        return Kernel("apalu", apalu, apalu_gradients)

    def make_starts(self) -> dict[str, float]:
        start = self.options["start"]
        if start not in STARTS:
            raise unknown_name("start of APALU", str(start), STARTS)
        return dict(STARTS[start])


register(
    APALU,
    title="APALU",
    formula=r"f(x) = \begin{cases} a (x + x \, \sigma(1.702 x)) & x \ge 0 \\ b (e^{x} - 1) & x < 0 \end{cases}",
    card=__doc__,
    surrogate_gradient=True,
)
