"""ELU, CELU and SELU, exponential linear units with fixed constants.

Formula: f(x) = scale x for x > 0, scale c (exp(steep x) - 1) for x <= 0
Gradients: df/dx = scale for x > 0, scale c steep exp(steep x) for x <= 0
Parameters: none; ELU: scale = 1, c = 1 (option alpha), steep = 1; CELU: scale = 1, c = 1 (option alpha), steep = 1 / c; SELU:
    scale = 1.0507009873554805, c = 1.6732632423543772, steep = 1
Reference: D.-A. Clevert, T. Unterthiner, S. Hochreiter, ELU, ICLR 2016, arXiv 1511.07289; J. T. Barron,
    Continuously Differentiable Exponential Linear Units (CELU), arXiv 1704.07483; G. Klambauer, T. Unterthiner, A. Mayr,
    S. Hochreiter, Self-Normalizing Neural Networks (SELU), NeurIPS 2017, arXiv 1706.02515
Differs: nowhere
"""

from typing import ClassVar

import torch
from torch import Tensor

from .kernel import Kernel
from .module import Activation, require_number, require_positive
from .registry import register
from .transcendental import expm1, one_exponential_is_cheap

SELU_ALPHA, SELU_SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946


def elu(x: Tensor, alpha: float, scale: float, steep: float) -> Tensor:
    """Return scale x where x > 0, else scale alpha (exp(steep x) - 1)."""
    if not one_exponential_is_cheap(x):
        return torch.ops.aten.elu(x, alpha, scale, steep)
    return scale * (x.clamp(min=0) + alpha * expm1(steep * x.clamp(max=0)))


def elu_gradients(grad: Tensor, x: Tensor, alpha: float, scale: float, steep: float) -> tuple[Tensor]:
    """Return the gradient in x."""
    below = alpha * steep * torch.exp(steep * x.clamp(max=0))
    return (grad * (scale * torch.where(x > 0, torch.ones_like(x), below)),)


def elu_backward(grad: Tensor, x: Tensor, alpha: float, scale: float, steep: float) -> Tensor:
    """Return the gradient in x, in one pass."""
    return torch.ops.aten.elu_backward(grad, alpha, scale, steep, False, x)


def elu_kernel(name: str, alpha: float, scale: float = 1.0, steep: float = 1.0) -> Kernel:
    """Return the kernel for the three constants."""
    constants = (("alpha", alpha), ("scale", scale), ("steep", steep))
    return Kernel(
        name,
        elu,
        elu_gradients,
        constants=constants,
        native_value=elu,
        native_backward=elu_backward,
        compile_native=True,
    )


class ELU(Activation):
    """x where x > 0, else alpha (exp(x) - 1)."""

    name = "elu"
    option_defaults: ClassVar = {"alpha": (1.0, "Minus the limit at minus infinity; not trained.")}

    def make_kernel(self) -> Kernel:
        self.options["alpha"] = require_number("ELU", "alpha", self.options["alpha"])
        return elu_kernel("elu", self.options["alpha"])


class CELU(Activation):
    """x where x > 0, else alpha (exp(x / alpha) - 1)."""

    name = "celu"
    option_defaults: ClassVar = {"alpha": (1.0, "Minus the limit at minus infinity; not trained.")}

    def make_kernel(self) -> Kernel:
        alpha = self.options["alpha"] = require_positive("CELU", "alpha", self.options["alpha"])
        return elu_kernel("celu", alpha, steep=1 / alpha)


class SELU(Activation):
    """ELU with the two constants of self-normalising networks."""

    name = "selu"

    def make_kernel(self) -> Kernel:
        return elu_kernel("selu", SELU_ALPHA, SELU_SCALE)


register(
    ELU,
    title="ELU",
    formula=r"f(x) = \begin{cases} x & x > 0 \\ \alpha (e^{x} - 1) & x \le 0 \end{cases}, \qquad \alpha = 1",
    card=__doc__,
)
register(
    CELU,
    title="CELU",
    formula=r"f(x) = \begin{cases} x & x > 0 \\ \alpha (e^{x / \alpha} - 1) & x \le 0 \end{cases}, \qquad \alpha = 1",
    card=__doc__,
)
register(
    SELU,
    title="SELU",
    formula=r"f(x) = 1.0507 \begin{cases} x & x > 0 \\ 1.6733 \, (e^{x} - 1) & x \le 0 \end{cases}",
    card=__doc__,
)
