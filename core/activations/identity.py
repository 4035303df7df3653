"""The identity, a network without an activation at that place.

Formula: f(x) = x
Gradients: df/dx = 1
Parameters: none
Reference: the linear baseline
Differs: nowhere; the output is a copy, as that of every other activation
"""

from torch import Tensor

from .kernel import Kernel
from .module import Activation
from .registry import register


def identity(x: Tensor) -> Tensor:
    """Return a copy of x in its memory format."""
    return x.clone()


def identity_gradients(grad: Tensor, x: Tensor) -> tuple[Tensor]:
    """Return the gradient as it came."""
    return (grad.clone(),)


def identity_backward(grad: Tensor, x: Tensor) -> Tensor:
    """Return the gradient as it came."""
    return grad.clone()


class Identity(Activation):
    """x."""

    name = "identity"

    def make_kernel(self) -> Kernel:
        return Kernel("identity", identity, identity_gradients, native_value=identity, native_backward=identity_backward)


register(Identity, title="Identity", formula="f(x) = x", card=__doc__)
