"""PReLU, with a trainable slope below 0.

Formula: f(x) = x for x > 0, a x for x <= 0
Gradients: df/dx = 1 for x > 0, a for x <= 0; df/da = min(x, 0)
Parameters: a = 0.25, any real value
Reference: K. He, X. Zhang, S. Ren, J. Sun, Delving Deep into Rectifiers, ICCV 2015, arXiv 1502.01852
Differs: the paper favours one slope per channel (sharing="channel"); the default here is one per layer, as in torch.nn.PReLU
"""

from typing import ClassVar

import torch
from torch import Tensor

from .kernel import Kernel
from .masks import where_not_positive, where_positive
from .module import Activation
from .registry import register


def prelu(x: Tensor, a: Tensor) -> Tensor:
    """Return x where x > 0, else a x."""
    return x.clamp(min=0) + a * x.clamp(max=0)


def prelu_gradients(grad: Tensor, x: Tensor, a: Tensor) -> tuple[Tensor, Tensor]:
    """Return the gradient in x and the terms of that in a."""
    below = where_not_positive(grad, x)
    return torch.addcmul(where_positive(grad, x), below, a), below * x


class PReLU(Activation):
    """PReLU with trainable a."""

    name = "prelu"
    starts: ClassVar = {"a": 0.25}

    def make_kernel(self) -> Kernel:
        return Kernel("prelu", prelu, prelu_gradients)


register(
    PReLU,
    title="PReLU",
    formula=r"f(x) = \begin{cases} x & x > 0 \\ a x & x \le 0 \end{cases}",
    card=__doc__,
)
