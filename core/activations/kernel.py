"""An activation as elementwise mathematics: what a family file hands to the machinery."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor


@dataclass(frozen=True)
class Kernel:
    """Closed forms of one activation; every callable is elementwise and written in differentiable torch functions.

    `value(x, *parameters, *noise, **constants)` returns f(x); `gradients`, called alike, returns the derivative that training
    uses and one derivative for each parameter, all of the shape of x. `noise` is empty, or (z, sigma) in a noise step: standard
    normals of the shape of x and a number. Parameters arrive broadcastable to x, in the precision of the computation.
    """

    name: str
    value: Callable[..., Tensor]
    gradients: Callable[..., tuple[Tensor, ...]]
    true_derivative: Callable[..., Tensor] | None = None
    """The derivative of `value` in x where `gradients` holds another one."""
    constants: tuple[tuple[str, Any], ...] = ()
    native_value: Callable[..., Tensor] | None = None
    """A single torch function that does the same for any dtype and layout."""
    native_backward: Callable[..., Tensor] | None = None
    """A single torch function (grad_output, x, **constants) -> grad_x, for activations without parameters."""

    def evaluate(self, x: Tensor, arguments: tuple[Tensor, ...]) -> Tensor:
        """Return f(x)."""
        return self.value(x, *arguments, **dict(self.constants))

    def differentiate(self, x: Tensor, arguments: tuple[Tensor, ...], *, true: bool = False) -> tuple[Tensor, ...]:
        """Return df/dx (`true`: of the forward function, else the one training uses), then df/dp for each parameter."""
        first, *rest = self.gradients(x, *arguments, **dict(self.constants))
        if true and self.true_derivative is not None:
            first = self.true_derivative(x, *arguments, **dict(self.constants))
        return first, *rest
