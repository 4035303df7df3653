"""DELU of Pishchik (another DELU is the extended exponential linear unit), and HELU, the same with n fixed at 0.

Formula: f(x) = x sigmoid(x) for x <= 0, (n + 0.5) x + abs(exp(-x) - 1) for x > 0
Gradients: df/dx = s (1 + x (1 - s)) for x <= 0, n + 0.5 + exp(-x) for x > 0; df/dn = max(x, 0); 0.5 at 0 (from the left)
Parameters: n = 0, any real value (DELU); none (HELU)
Reference: E. Pishchik, Trainable Activations for Image Classification, preprints 202301.0463, 2023
Differs: the exponential is taken of min(-x, 0), as the published form gives NaN gradients below about -88; the author's code
    shares one n over the whole network (sharing="network"), the default here is one per layer; inputs below -1000, minus
    infinity among them, act as -1000
"""

from typing import ClassVar

import torch
from torch import Tensor

from .kernel import Kernel
from .masks import where_not_positive, where_positive
from .module import Activation
from .registry import register
from .transcendental import expm1

#: Below it x sigmoid(x) is 0, also in float64; at minus infinity the product would be NaN.
FAR = -1000.0


def delu(x: Tensor, n: Tensor | float) -> Tensor:
    """Return x sigmoid(x) where x <= 0, else (n + 0.5) x + 1 - exp(-x)."""
    left, right, e = _halves(x)
    return left * (e / (1 + e)) + ((n + 0.5) * right - expm1(-right, e))


def delu_gradients(grad: Tensor, x: Tensor, n: Tensor | float) -> tuple[Tensor, Tensor]:
    """Return the gradient in x and the terms of that in n."""
    left, right, e = _halves(x)
    s = e / (1 + e)
    below, above = torch.addcmul(s, left * s, 1 - s), e + (n + 0.5)
    return grad * (where_not_positive(below, x) + where_positive(above, x)), grad * right


def _halves(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return min(x, 0), max(x, 0) and exp(-abs(x)): for sigmoid(x) below 0 and for exp(-x) above."""
    left, right = x.clamp(FAR, 0), x.clamp(min=0)
    return left, right, torch.exp(left - right)


class DELU(Activation):
    """DELU with trainable n."""

    name = "delu"
    starts: ClassVar = {"n": 0.0}

    def make_kernel(self) -> Kernel:
        return Kernel("delu", delu, delu_gradients)


def helu(x: Tensor) -> Tensor:
    """Return x sigmoid(x) where x <= 0, else 0.5 x + 1 - exp(-x)."""
    return delu(x, 0.0)


def helu_gradients(grad: Tensor, x: Tensor) -> tuple[Tensor]:
    """Return the gradient in x."""
    return delu_gradients(grad, x, 0.0)[:1]


class HELU(Activation):
    """DELU with n fixed at 0."""

    name = "helu"

    def make_kernel(self) -> Kernel:
        return Kernel("helu", helu, helu_gradients)


register(
    DELU,
    title="DELU",
    formula=r"f(x) = \begin{cases} x \, \sigma(x) & x \le 0 \\ (n + 0.5) x + |e^{-x} - 1| & x > 0 \end{cases}",
    card=__doc__,
)
register(
    HELU,
    title="HELU",
    formula=r"f(x) = \begin{cases} x \, \sigma(x) & x \le 0 \\ 0.5 x + |e^{-x} - 1| & x > 0 \end{cases}",
    card=__doc__,
)
