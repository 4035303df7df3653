"""What CosLU and SinLU share without a compiler: f(x) = (x + a w(b x)) sigmoid(x), w being a cosine or a sine."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from .kernel import InPlace


def sinusoid_in_place(wave: Callable[..., Tensor], derivative: Callable[..., Tensor], sign: int) -> InPlace:
    """Return the code that writes over its own results for w = `wave`, with w' = `sign` × `derivative` (both torch functions).

    Terms of the gradients, s being sigmoid(x) and g the incoming gradient, each in the shape of x: of a, g s w(b x); of b,
    g s x `derivative`(b x), which is to be multiplied by sign × a. Call it once for a family and keep the result: those of two
    calls are not equal, and neither are kernels that hold them.
    """
    return InPlace(partial(_value, wave), partial(_gradients, wave, derivative, sign))


def _value(wave: Callable[..., Tensor], into: Tensor, x: Tensor, a: Tensor, b: Tensor) -> None:
    inner = x * b
    wave(inner, out=inner).mul_(a).add_(x)
    torch.sigmoid(x, out=into).mul_(inner)


def _gradients(
    wave: Callable[..., Tensor],
    derivative: Callable[..., Tensor],
    sign: int,
    into: Tensor,
    grad: Tensor,
    x: Tensor,
    a: Tensor,
    b: Tensor,
) -> tuple[Tensor, Tensor]:
    w, s = x * b, torch.sigmoid(x)
    slope, scaled = derivative(w), grad * s
    wave(w, out=w)
    torch.addcmul(x, w, a, out=into).mul_(grad)
    torch.ops.aten.sigmoid_backward.grad_input(into, s, grad_input=into)
    slope.mul_(scaled)
    into.addcmul_(slope, a * b, value=sign).add_(scaled)
    return w.mul_(scaled), slope.mul_(x)
