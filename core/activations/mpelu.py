"""MPELU, the multiple parametric exponential linear unit.

Formula: f(x) = x for x >= 0, alpha (exp(beta x) - 1) for x < 0
Gradients: df/dx = 1 for x >= 0 (also at 0), alpha beta exp(beta x) for x < 0; df/dalpha = exp(beta x) - 1 and
    df/dbeta = alpha x exp(beta x) for x < 0
Parameters: alpha = 0.25 (start_alpha=0.25, or 1), beta = 1, per channel, any real value
Reference: Y. Li, C. Fan, Y. Li, Q. Wu, Y. Ming, Improving Deep Neural Network with Multiple Parametric Exponential Linear
    Units, Neurocomputing 301 (2018) 11-24, arXiv 1606.00305
Differs: nothing keeps beta above 0; where it is below, the negative side grows exponentially
"""

from typing import ClassVar

from torch import Tensor

from .eelu import eelu, eelu_finish, eelu_gradients
from .kernel import Kernel
from .module import Activation, require_number
from .registry import register


class MPELU(Activation):
    """MPELU with trainable alpha and beta: EELU without noise and without a floor."""

    name = "mpelu"
    starts: ClassVar = {"alpha": 0.25, "beta": 1.0}
    option_defaults: ClassVar = {"start_alpha": (0.25, "Initial value of alpha: the paper uses 0.25 and 1.")}

    def make_kernel(self) -> Kernel:
        return Kernel("mpelu", mpelu, mpelu_gradients, eelu_finish)

    def make_starts(self) -> dict[str, float]:
        self.options["start_alpha"] = require_number("MPELU", "start_alpha", self.options["start_alpha"])
        return {"alpha": self.options["start_alpha"], "beta": 1.0}


def mpelu(x: Tensor, alpha: Tensor, beta: Tensor) -> Tensor:
    """Return x where x >= 0, else alpha (exp(beta x) - 1)."""
    return eelu(x, alpha, beta)


def mpelu_gradients(grad: Tensor, x: Tensor, alpha: Tensor, beta: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the gradient in x and the terms of those in alpha and beta."""
    return eelu_gradients(grad, x, alpha, beta)


register(
    MPELU,
    title="MPELU",
    formula=r"f(x) = \begin{cases} x & x \ge 0 \\ \alpha (e^{\beta x} - 1) & x < 0 \end{cases}",
    card=__doc__,
    default_sharing="channel",
)
