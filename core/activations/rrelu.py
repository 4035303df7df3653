"""RReLU, a leaky ReLU with a random slope in training.

Formula: f(x) = x for x > 0, r x for x <= 0; r ~ U(lower, upper) per element in a noise step, else (lower + upper) / 2
Gradients: df/dx = 1 for x > 0, r for x <= 0
Parameters: none; lower = 1/8 and upper = 1/3 are options
Reference: B. Xu, N. Wang, T. Chen, M. Li, Empirical Evaluation of Rectified Activations in Convolutional Network,
    arXiv 1505.00853, 2015
Differs: nowhere
"""

from typing import ClassVar

from torch import Tensor

from ..errors import ExplorerError
from .kernel import Kernel
from .masks import where_not_positive, where_positive
from .module import Activation, require_number
from .noise_draw import draw_uniform
from .registry import register


def rrelu(x: Tensor, z: Tensor | None = None, spread: Tensor | None = None, *, middle: float) -> Tensor:
    """Return x where x > 0, else r x; r = middle + spread z, or middle without noise."""
    slope = middle if z is None or spread is None else middle + spread * z
    return x.clamp(min=0) + slope * x.clamp(max=0)


def rrelu_gradients(
    grad: Tensor, x: Tensor, z: Tensor | None = None, spread: Tensor | None = None, *, middle: float
) -> tuple[Tensor]:
    """Return the gradient in x."""
    slope = middle if z is None or spread is None else middle + spread * z
    return (where_positive(grad, x) + where_not_positive(grad, x) * slope,)


class RReLU(Activation):
    """x where x > 0, else a multiple of x that is random in training."""

    name = "rrelu"
    stochastic = True
    option_defaults: ClassVar = {
        "lower": (0.125, "Smallest slope below 0."),
        "upper": (1 / 3, "Largest slope below 0."),
    }

    def make_kernel(self) -> Kernel:
        lower, upper = (require_number("RReLU", key, self.options[key]) for key in ("lower", "upper"))
        if lower > upper:
            raise ExplorerError(f"lower of RReLU must not be above upper; received {lower:g} and {upper:g}.")
        self.options = {"lower": lower, "upper": upper}
        return Kernel("rrelu", rrelu, rrelu_gradients, constants=(("middle", (lower + upper) / 2),))

    def draw_noise(self, x: Tensor) -> tuple[Tensor, Tensor] | None:
        spread = (self.options["upper"] - self.options["lower"]) / 2
        return draw_uniform(x, spread, self.noise_generator, self.noise_site) if self.makes_noise else None


register(
    RReLU,
    title="RReLU",
    formula=r"f(x) = \begin{cases} x & x > 0 \\ r x & x \le 0 \end{cases}"
    r" \qquad r \sim U(\tfrac{1}{8}, \tfrac{1}{3}), \text{ else } \tfrac{11}{48}",
    card=__doc__,
)
