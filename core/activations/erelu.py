"""EReLU and EPReLU, rectifiers whose slope above 0 makes noise in training.

Formula: f(x) = k x for x >= 0, and for x < 0: 0 (EReLU), a x (EPReLU); k = 1, or in a noise step k ~ U(1 - eps, 1 + eps) per
    element
Gradients: df/dx = k for x >= 0 (also at 0), 0 or a for x < 0; df/da = min(x, 0)
Parameters: none (EReLU); a = 0.1, per channel, held in noise steps (EPReLU)
Reference: X. Jiang, Y. Pang, X. Li, J. Pan, Y. Xie, Deep neural networks with Elastic Rectified Linear Units for object
    recognition, Neurocomputing 275 (2018) 1132-1139; baselines of D. Kim, J. Kim, J. Kim, Neurocomputing 406 (2020) 253-266
Differs: noise and hold are two switches, and the alternation of noise and clean steps belongs to the training loop, as for EELU
"""

from typing import ClassVar

import torch
from torch import Tensor

from .kernel import Kernel
from .masks import where_negative, where_not_negative
from .module import Activation, require_number
from .noise_draw import draw_uniform
from .registry import register

_EPS = "Spread of the noise: in training k is drawn from U(1 - eps, 1 + eps) for every element."


def erelu(x: Tensor, z: Tensor | None = None, eps: Tensor | None = None) -> Tensor:
    """Return k x where x >= 0, else 0; k = 1 + eps z, or 1 without noise."""
    right = x.clamp(min=0)
    return right if z is None or eps is None else right * (1 + eps * z)


def erelu_gradients(grad: Tensor, x: Tensor, z: Tensor | None = None, eps: Tensor | None = None) -> tuple[Tensor]:
    """Return the gradient in x."""
    above = where_not_negative(grad, x)
    return (above if z is None or eps is None else above * (1 + eps * z),)


def eprelu(x: Tensor, a: Tensor, z: Tensor | None = None, eps: Tensor | None = None) -> Tensor:
    """Return k x where x >= 0, else a x."""
    return erelu(x, z, eps) + a * x.clamp(max=0)


def eprelu_gradients(
    grad: Tensor, x: Tensor, a: Tensor, z: Tensor | None = None, eps: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Return the gradient in x and the terms of that in a."""
    below = where_negative(grad, x)
    return torch.addcmul(erelu_gradients(grad, x, z, eps)[0], below, a), below * x


class EReLU(Activation):
    """ReLU with a noisy slope in training."""

    name = "erelu"
    stochastic = True
    option_defaults: ClassVar = {"eps": (0.4, _EPS)}

    def make_kernel(self) -> Kernel:
        self.options["eps"] = require_number(type(self).__name__, "eps", self.options["eps"], at_least=0)
        return Kernel("erelu", erelu, erelu_gradients)

    def draw_noise(self, x: Tensor) -> tuple[Tensor, Tensor] | None:
        return draw_uniform(x, self.options["eps"], self.noise_generator, self.noise_site) if self.makes_noise else None


class EPReLU(EReLU):
    """PReLU with a noisy slope above 0 in training, and trainable a below."""

    name = "eprelu"
    alternates = True
    starts: ClassVar = {"a": 0.1}

    def make_kernel(self) -> Kernel:
        super().make_kernel()
        return Kernel("eprelu", eprelu, eprelu_gradients)


_NOISE = r" \qquad k \sim U(1 - \varepsilon, 1 + \varepsilon)"
register(
    EReLU,
    title="EReLU",
    formula=r"f(x) = \begin{cases} k x & x \ge 0 \\ 0 & x < 0 \end{cases}" + _NOISE,
    card=__doc__,
)
register(
    EPReLU,
    title="EPReLU",
    formula=r"f(x) = \begin{cases} k x & x \ge 0 \\ a x & x < 0 \end{cases}" + _NOISE,
    card=__doc__,
    default_sharing="channel",
)
