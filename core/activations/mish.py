"""Mish.

Formula: f(x) = x tanh(softplus(x))
Gradients: with e = exp(x) and n = e (e + 2), tanh(softplus(x)) = n / (n + 2): df/dx = n / (n + 2) + 4 x e (e + 1) / (n + 2)^2
Parameters: none
Reference: D. Misra, Mish: A Self Regularized Non-Monotonic Activation Function, BMVC 2020, arXiv 1908.08681
Differs: nowhere; above 20, where the tanh is 1 also in float64, the exponential is that of 20
"""

import torch
from torch import Tensor
from torch.nn import functional

from .kernel import Kernel
from .module import Activation
from .registry import register
from .transcendental import one_exponential_is_cheap

#: From here on tanh(softplus(x)) is 1.
FLAT_FROM = 20


def mish(x: Tensor) -> Tensor:
    """Return x tanh(softplus(x)): compiled with one exponential, else with torch's two functions."""
    if not one_exponential_is_cheap(x):
        return x * torch.tanh(functional.softplus(x))
    e = torch.exp(x.clamp(max=FLAT_FROM))
    n = e * (e + 2)
    return x * (n / (n + 2))


def mish_gradients(grad: Tensor, x: Tensor) -> tuple[Tensor]:
    """Return the gradient in x."""
    if not one_exponential_is_cheap(x):
        share = torch.tanh(functional.softplus(x))
        inner = torch.ops.aten.tanh_backward(grad * x, share)
        return (torch.addcmul(torch.ops.aten.softplus_backward(inner, x, 1, FLAT_FROM), grad, share),)
    near = x.clamp(max=FLAT_FROM)
    e = torch.exp(near)
    n = e * (e + 2)
    inverse = torch.reciprocal(n + 2)
    return (grad * inverse * torch.addcmul(n, near * e, (e + 1) * inverse, value=4),)


class Mish(Activation):
    """x tanh(softplus(x))."""

    name = "mish"

    def make_kernel(self) -> Kernel:
        return Kernel("mish", mish, mish_gradients)


register(Mish, title="Mish", formula=r"f(x) = x \tanh(\ln(1 + e^{x}))", card=__doc__)
