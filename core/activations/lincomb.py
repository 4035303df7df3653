"""LinComb and NormLinComb, trainable sums of four fixed functions.

Formula: f(x) = (w1 max(0, x) + w2 sigmoid(x) + w3 tanh(x) + w4 x / (1 + abs(x))) / d; d = 1 for LinComb, and
    w1 + w2 + w3 + w4 + 1e-8 for NormLinComb, or the Euclidean norm of w + 1e-8 (norm="euclidean")
Gradients: df/dx = sum of w_i F_i'(x) / d, with F_1'(0) = 0; df/dw_i = F_i(x) / d for LinComb, (F_i(x) - f(x) dd/dw_i) / d
Parameters: w = (1/4, 1/4, 1/4, 1/4), any real values; shape (4,), or (C, 4) for one set per channel
Reference: E. Pishchik, Trainable Activations for Image Classification, preprints 202301.0463, 2023
Differs: the author's code shares one set over the whole network (sharing="network"), the default here is one per layer; the
    author's code divides by the sum of the weights and its description names the norm, which is the option norm="euclidean"
"""

from typing import ClassVar

import torch
from torch import Tensor

from ..errors import unknown_name
from .kernel import Kernel
from .masks import where_positive
from .module import Activation
from .registry import register
from .transcendental import sigmoid_and_tanh

PARTS = ("relu", "sigmoid", "tanh", "softsign")
#: The author's guard against a division by 0.
GUARD = 1e-8
#: Beyond it x / (1 + abs(x)) has reached its limit, and a division of infinities would give NaN.
FAR = 1e30


def parts(x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return max(0, x), sigmoid(x), tanh(x) and x / (1 + abs(x))."""
    near = x.clamp(-FAR, FAR)
    sigmoid, tanh = sigmoid_and_tanh(x)
    return x.clamp(min=0), sigmoid, tanh, near / (1 + near.abs())


def lincomb(x: Tensor, w1: Tensor, w2: Tensor, w3: Tensor, w4: Tensor) -> Tensor:
    """Return the weighted sum of the four functions."""
    relu, sigmoid, tanh, softsign = parts(x)
    return w1 * relu + w2 * sigmoid + w3 * tanh + w4 * softsign


def lincomb_gradients(
    grad: Tensor, x: Tensor, w1: Tensor, w2: Tensor, w3: Tensor, w4: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Return the gradient in x and the terms of those in the weights."""
    (sigmoid, tanh), near = sigmoid_and_tanh(x), x.clamp(-FAR, FAR)
    above, inverse = where_positive(grad, x), torch.reciprocal(1 + near.abs())
    flat, in_w2, in_w3 = grad * inverse, grad * sigmoid, grad * tanh
    in_x = torch.addcmul(w1 * above, flat * inverse, w4)
    in_x = torch.addcmul(in_x, torch.addcmul(in_w2, in_w2, sigmoid, value=-1), w2)
    in_x = torch.addcmul(in_x, torch.addcmul(grad, in_w3, tanh, value=-1), w3)
    return in_x, above * x, in_w2, in_w3, flat * near


def norm_lincomb(x: Tensor, w1: Tensor, w2: Tensor, w3: Tensor, w4: Tensor, norm: str) -> Tensor:
    """Return the weighted sum of the four functions, divided by the sum or the norm of the weights."""
    weights = (w1, w2, w3, w4)
    d = divisor(weights, norm)[0]
    return lincomb(x, *(w / d for w in weights))


def norm_lincomb_gradients(
    grad: Tensor, x: Tensor, w1: Tensor, w2: Tensor, w3: Tensor, w4: Tensor, norm: str
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Return the gradient in x and the terms of those in the weights."""
    weights = (w1, w2, w3, w4)
    d = divisor(weights, norm)[0]
    return lincomb_gradients(grad, x, *(w / d for w in weights))


def norm_lincomb_finish(sums: tuple[Tensor, ...], *weights: Tensor, norm: str) -> tuple[Tensor, ...]:
    """Return the gradients in the weights, from the sums of grad times each function."""
    d, slopes = divisor(weights, norm)
    whole = sums[0] * weights[0] + sums[1] * weights[1] + sums[2] * weights[2] + sums[3] * weights[3]
    return tuple((total - slope * whole / d) / d for total, slope in zip(sums, slopes, strict=True))


def divisor(weights: tuple[Tensor, ...], norm: str) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Return what NormLinComb divides by, and its derivative in each weight."""
    if norm == "sum":
        total = weights[0] + weights[1] + weights[2] + weights[3]
        return total + GUARD, tuple(torch.ones_like(w) for w in weights)
    length = torch.sqrt(sum((w * w for w in weights), torch.zeros_like(weights[0])))
    return length + GUARD, tuple(w / length for w in weights)


class LinComb(Activation):
    """A trainable sum of ReLU, sigmoid, tanh and soft sign."""

    name = "lincomb"
    starts: ClassVar = {"w": 0.25}
    components: ClassVar = {"w": PARTS}

    def make_kernel(self) -> Kernel:
        return Kernel("lincomb", lincomb, lincomb_gradients)


class NormLinComb(LinComb):
    """LinComb divided by the sum (or the norm) of its weights."""

    name = "norm_lincomb"
    option_defaults: ClassVar = {
        "norm": ("sum", "What divides: sum of the weights, as the author's code, or euclidean, as its description.")
    }
    option_choices: ClassVar = {"norm": ("sum", "euclidean")}

    def make_kernel(self) -> Kernel:
        norm = self.options["norm"]
        if norm not in self.option_choices["norm"]:
            raise unknown_name("norm of NormLinComb", str(norm), self.option_choices["norm"])
        return Kernel("norm_lincomb", norm_lincomb, norm_lincomb_gradients, norm_lincomb_finish, constants=(("norm", norm),))


_SUM = r"w_1 \max(0, x) + w_2 \, \sigma(x) + w_3 \tanh(x) + w_4 \, \frac{x}{1 + |x|}"
register(LinComb, title="LinComb", formula=f"f(x) = {_SUM}", card=__doc__, value_at_zero=0.125)
register(
    NormLinComb,
    title="NormLinComb",
    formula=rf"f(x) = \frac{{1}}{{w_1 + w_2 + w_3 + w_4 + 10^{{-8}}}} \left( {_SUM} \right)",
    card=__doc__,
    value_at_zero=0.125,
)
