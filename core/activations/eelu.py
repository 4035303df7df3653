"""EELU, the elastic exponential linear unit (another EELU is the exponential error linear unit).

Formula: f(x) = k x for x >= 0, alpha (exp(beta x) - 1) for x < 0; k = 1, or in a noise step clip(N(1, sigma^2), 0, 2)
    per element, with one sigma ~ U(0, eps) per layer and forward pass; truncation="reject" draws from the Gaussian
    truncated to [0, 2] instead, without point masses at 0 and 2
Gradients: df/dx = k for x >= 0 (also at 0), alpha beta exp(beta x) for x < 0; df/dalpha = exp(beta x) - 1 and
    df/dbeta = alpha x exp(beta x) for x < 0
Parameters: alpha = 0.25, beta = 1, per channel; used as max(0, value), the gradient passes straight through the clamp
Reference: D. Kim, J. Kim, J. Kim, Elastic exponential linear units for convolutional neural networks, Neurocomputing 406 (2020)
    253-266, doi 10.1016/j.neucom.2020.03.051
Differs: held parameters really stand still in noise steps, while in the author's code momentum and weight decay move them
    (held="drift"); the paper's truncated Gaussian is clipping in the author's code, and here (truncation="reject" takes the
    text at its word); noise and hold are two switches, and the alternation belongs to the training loop
"""

from typing import ClassVar

import torch
from torch import Tensor

from ..errors import unknown_name
from .kernel import InPlace, Kernel
from .masks import where_negative, where_not_negative
from .module import Activation, require_number
from .noise_draw import draw_normal
from .registry import register
from .transcendental import expm1


def eelu(x: Tensor, alpha: Tensor, beta: Tensor, z: Tensor | None = None, sigma: Tensor | None = None) -> Tensor:
    """Return k x where x >= 0, else alpha (exp(beta x) - 1); k = clip(1 + sigma z, 0, 2), or 1 without noise."""
    right = x.clamp(min=0) if z is None or sigma is None else x.clamp(min=0) * multiplier(z, sigma)
    return right + alpha * expm1(beta * x.clamp(max=0))


def eelu_gradients(
    grad: Tensor, x: Tensor, alpha: Tensor, beta: Tensor, z: Tensor | None = None, sigma: Tensor | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the gradient in x and the terms of those in alpha and beta."""
    exponent = beta * x.clamp(max=0)
    below = where_negative(grad, x) * torch.exp(exponent)
    above = where_not_negative(grad, x)
    above = above if z is None or sigma is None else above * multiplier(z, sigma)
    return torch.addcmul(above, below, alpha * beta), grad * expm1(exponent), below * x


def eelu_finish(sums: tuple[Tensor, Tensor], alpha: Tensor, beta: Tensor) -> tuple[Tensor, Tensor]:
    """Return the gradients in alpha and beta."""
    return sums[0], alpha * sums[1]


def eelu_into(
    into: Tensor, x: Tensor, alpha: Tensor, beta: Tensor, z: Tensor | None = None, sigma: Tensor | None = None
) -> None:
    """Write the value into `into`."""
    torch.clamp(x, min=0, out=into)
    if z is not None and sigma is not None:
        into.mul_(_new_multiplier(z, sigma))
    left = x.clamp(max=0).mul_(beta)
    into.addcmul_(torch.expm1(left, out=left), alpha)


def eelu_gradients_into(
    into: Tensor, grad: Tensor, x: Tensor, alpha: Tensor, beta: Tensor, z: Tensor | None = None, sigma: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Write the gradient in x into `into`; return the terms of those in alpha and beta."""
    exponent = x.clamp(max=0).mul_(beta)
    below = torch.exp(exponent).mul_(where_negative(grad, x))
    above = where_not_negative(grad, x)
    if z is not None and sigma is not None:
        above.mul_(_new_multiplier(z, sigma))
    torch.addcmul(above, below, alpha * beta, out=into)
    return torch.expm1(exponent, out=exponent).mul_(grad), below.mul_(x)


def multiplier(z: Tensor, sigma: Tensor) -> Tensor:
    """Return k, the noisy slope of every element: standard normals `z` turned into N(1, sigma^2), clipped to [0, 2]."""
    return (1 + sigma * z).clamp(0, 2)


def _new_multiplier(z: Tensor, sigma: Tensor) -> Tensor:
    """Return the same, made in one new tensor."""
    return torch.mul(z, sigma).add_(1).clamp_(0, 2)


def truncate(z: Tensor, sigma: Tensor) -> Tensor:
    """Return normals `z` mapped, in order, to the law of those with abs(sigma z) <= 1: what rejection would keep."""
    wide = z.to(torch.float64)
    outside = torch.special.ndtr(-1 / sigma.to(torch.float64))  # on one side; 0 for sigma = 0
    below = outside + torch.special.ndtr(-wide.abs()) * (1 - 2 * outside)  # from the tail, where it is exact
    return torch.copysign(torch.special.ndtri(below), wide).to(z.dtype)


class EELU(Activation):
    """EELU with trainable alpha and beta, and noise in training."""

    name = "eelu"
    starts: ClassVar = {"alpha": 0.25, "beta": 1.0}
    floors: ClassVar = {"alpha": 0.0, "beta": 0.0}
    stochastic = True
    alternates = True
    option_defaults: ClassVar = {
        "eps": (0.1, "Largest spread of the noise: sigma is drawn from U(0, eps) for every pass."),
        "truncation": ("clip", "How the noise is kept in [0, 2]: clip, as the author's code, or reject, as the paper's text."),
        "held": ("still", "Alpha and beta in noise steps: still, or drift (momentum, decay) as in the author's code."),
    }
    option_choices: ClassVar = {"truncation": ("clip", "reject"), "held": ("still", "drift")}

    def make_kernel(self) -> Kernel:
        self.options["eps"] = require_number("EELU", "eps", self.options["eps"], at_least=0)
        for key, choices in self.option_choices.items():
            if self.options[key] not in choices:
                raise unknown_name(f"{key} of EELU", str(self.options[key]), choices)
        return Kernel("eelu", eelu, eelu_gradients, eelu_finish, in_place=InPlace(eelu_into, eelu_gradients_into))

    def draw_noise(self, x: Tensor) -> tuple[Tensor, Tensor] | None:
        if not self.makes_noise:
            return None
        z, sigma = draw_normal(x, self.options["eps"], self.noise_generator, self.noise_site)
        return (truncate(z, sigma), sigma) if self.options["truncation"] == "reject" else (z, sigma)


register(
    EELU,
    title="EELU",
    formula=r"f(x) = \begin{cases} k x & x \ge 0 \\ \alpha (e^{\beta x} - 1) & x < 0 \end{cases}"
    r" \qquad k \sim \mathcal{N}(1, \sigma^2) \text{ clipped to } [0, 2], \; \sigma \sim U(0, \varepsilon)",
    card=__doc__,
    default_sharing="channel",
    surrogate_gradient=True,
)
