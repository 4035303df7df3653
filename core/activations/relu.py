"""ReLU, the rectified linear unit.

Formula: f(x) = max(0, x)
Gradients: df/dx = 1 for x > 0, else 0
Parameters: none
Reference: V. Nair, G. E. Hinton, Rectified Linear Units Improve Restricted Boltzmann Machines, ICML 2010
Differs: nowhere
"""

import torch
from torch import Tensor

from .kernel import Kernel
from .masks import where_positive
from .module import Activation
from .registry import register


def relu_gradients(grad: Tensor, x: Tensor) -> tuple[Tensor]:
    """Return the gradient in x, 0 at 0."""
    return (where_positive(grad, x),)


def relu_backward(grad: Tensor, x: Tensor) -> Tensor:
    """Return grad where x > 0, else 0, in one pass."""
    return torch.ops.aten.threshold_backward(grad, x, 0)


class ReLU(Activation):
    """max(0, x)."""

    name = "relu"

    def make_kernel(self) -> Kernel:
        return Kernel("relu", torch.relu, relu_gradients, native_value=torch.relu, native_backward=relu_backward)


register(ReLU, title="ReLU", formula=r"f(x) = \max(0, x)", card=__doc__)
