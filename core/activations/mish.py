"""Mish.

Formula: f(x) = x tanh(softplus(x))
Gradients: with e = exp(x) and n = e (e + 2), tanh(softplus(x)) = n / (n + 2): df/dx = n / (n + 2) + 4 x e (e + 1) / (n + 2)^2
Parameters: none
Reference: D. Misra, Mish: A Self Regularized Non-Monotonic Activation Function, BMVC 2020, arXiv 1908.08681
Differs: nowhere; above 20, where the tanh is 1 also in float64, the exponential is that of 20
"""

import torch
from torch import Tensor

from .kernel import InPlace, Kernel
from .module import Activation
from .registry import register

#: From here on tanh(softplus(x)) is 1.
FLAT_FROM = 20


def mish(x: Tensor) -> Tensor:
    """Return x tanh(softplus(x)), with one exponential."""
    e = torch.exp(x.clamp(max=FLAT_FROM))
    n = e * (e + 2)
    return x * (n / (n + 2))


def mish_gradients(grad: Tensor, x: Tensor) -> tuple[Tensor]:
    """Return the gradient in x."""
    near = x.clamp(max=FLAT_FROM)
    e = torch.exp(near)
    n = e * (e + 2)
    inverse = torch.reciprocal(n + 2)
    return (grad * inverse * torch.addcmul(n, near * e, (e + 1) * inverse, value=4),)


def mish_into(into: Tensor, x: Tensor) -> None:
    """Write the value into `into`; one exponential costs less than torch's softplus."""
    torch.clamp_max(x, FLAT_FROM, out=into).exp_()
    n = (into + 2).mul_(into)
    torch.div(n, torch.add(n, 2, out=into), out=into).mul_(x)


def mish_gradients_into(into: Tensor, grad: Tensor, x: Tensor) -> tuple[()]:
    """Write the gradient in x into `into`."""
    near = x.clamp(max=FLAT_FROM)
    e = near.exp()
    n = (e + 2).mul_(e)
    inverse = torch.add(n, 2, out=into).reciprocal_()
    n.addcmul_(near.mul_(e), e.add_(1).mul_(inverse), value=4)
    into.mul_(grad).mul_(n)
    return ()


class Mish(Activation):
    """x tanh(softplus(x))."""

    name = "mish"

    def make_kernel(self) -> Kernel:
        return Kernel("mish", mish, mish_gradients, in_place=InPlace(mish_into, mish_gradients_into))


register(Mish, title="Mish", formula=r"f(x) = x \tanh(\ln(1 + e^{x}))", card=__doc__)
