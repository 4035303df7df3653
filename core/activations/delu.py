"""DELU of Pishchik (another DELU is the extended exponential linear unit).

Formula: f(x) = x sigmoid(x) for x <= 0, (n + 0.5) x + abs(exp(-x) - 1) for x > 0
Gradients: df/dx = s (1 + x (1 - s)) for x <= 0, n + 0.5 + exp(-x) for x > 0; df/dn = max(x, 0); 0.5 at 0 (from the left)
Parameters: n = 0, any real value
Reference: E. Pishchik, Trainable Activations for Image Classification, preprints 202301.0463, 2023
Differs: the exponential is taken of min(-x, 0), as the published form gives NaN gradients below about -88; the author's code
    shares one n over the whole network (sharing="network"), the default here is one per layer
"""

from typing import ClassVar

import torch
from torch import Tensor

from .kernel import Kernel
from .masks import where_not_positive, where_positive
from .module import Activation
from .registry import register


def delu(x: Tensor, n: Tensor) -> Tensor:
    """Return x sigmoid(x) where x <= 0, else (n + 0.5) x + 1 - exp(-x)."""
    left, right = x.clamp(max=0), x.clamp(min=0)
    return left * torch.sigmoid(left) + ((n + 0.5) * right - torch.expm1(-right))


def delu_gradients(x: Tensor, n: Tensor) -> tuple[Tensor, Tensor]:
    """Return the derivatives of `delu` in x and n."""
    left, right = x.clamp(max=0), x.clamp(min=0)
    s = torch.sigmoid(left)
    below, above = s * (1 + left * (1 - s)), n + 0.5 + torch.exp(-right)
    return where_not_positive(below, x) + where_positive(above, x), right


class DELU(Activation):
    """DELU with trainable n."""

    name = "delu"
    starts: ClassVar = {"n": 0.0}

    def make_kernel(self) -> Kernel:
        return Kernel("delu", delu, delu_gradients)


register(
    DELU,
    title="DELU",
    formula=r"f(x) = \begin{cases} x \, \sigma(x) & x \le 0 \\ (n + 0.5) x + |e^{-x} - 1| & x > 0 \end{cases}",
    card=__doc__,
)
