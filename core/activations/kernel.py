"""An activation as elementwise mathematics: what a family file hands to the machinery."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor


@dataclass(frozen=True)
class InPlace:
    """The same closed forms for plain torch without a graph: they write over their own intermediate results.

    `value(into, x, *parameters, *noise)` writes f(x) into `into`; `gradients(into, grad, x, *parameters, *noise)` writes the
    gradient in x into it and returns the terms of the parameters, as in `Kernel`. All tensors have the dtype of the
    computation; `x`, `grad` and the noise are left as they are. No constants.
    """

    value: Callable[..., None]
    gradients: Callable[..., tuple[Tensor, ...]]


@dataclass(frozen=True)
class Kernel:
    """Closed forms of one activation; every callable is elementwise and written in differentiable torch functions.

    `value(x, *parameters, *noise, **constants)` returns f(x). `gradients(grad, x, *parameters, *noise, **constants)` returns
    the gradient in x that training uses and, for each parameter, terms of the shape of x; their sums, handed to
    `finish(sums, *parameters, **constants)` if there is one, are the gradients of the parameters. `noise` is empty, or
    (z, sigma) in a noise step: numbers of the shape of x and one number. Parameters arrive broadcastable to x, in the
    precision of the computation.
    """

    name: str
    value: Callable[..., Tensor]
    gradients: Callable[..., tuple[Tensor, ...]]
    finish: Callable[..., tuple[Tensor, ...]] | None = None
    """What the terms have in common, taken out of the sums: it costs nothing there."""
    true_derivative: Callable[..., Tensor] | None = None
    """The derivative of `value` in x where `gradients` holds another one."""
    slope: Callable[..., Tensor] | None = None
    """f'(x) of `value` alone, without a graph, where the terms of the parameters, which `gradients` computes, cost much."""
    constants: tuple[tuple[str, Any], ...] = ()
    light: bool = False
    """Whether so little is computed that, without a compiler, blocks cost more than they save."""
    native_value: Callable[..., Tensor] | None = None
    """A single torch function that does the same for any dtype and layout."""
    native_backward: Callable[..., Tensor] | None = None
    """A single torch function (grad_output, x, **constants) -> grad_x, for activations without parameters."""
    in_place: InPlace | None = None
    """For activations that keep less than autograd would keep of the formula, and hence compute some of it again."""
    compile_native: bool = False
    """Whether compiled code of `value` and `gradients` is faster than the native functions."""

    def evaluate(self, x: Tensor, arguments: tuple[Tensor, ...]) -> Tensor:
        """Return f(x)."""
        return self.value(x, *arguments, **dict(self.constants))

    def pull_back(self, grad: Tensor, x: Tensor, arguments: tuple[Tensor, ...], *, true: bool = False) -> tuple[Tensor, ...]:
        """Return the gradient in x (`true`: of f, else the one training uses), then the terms of each parameter."""
        first, *terms = self.gradients(grad, x, *arguments, **dict(self.constants))
        if true and self.true_derivative is not None:
            first = grad * self.true_derivative(x, *arguments, **dict(self.constants))
        return first, *terms

    def conclude(self, sums: list[Tensor], parameters: tuple[Tensor, ...]) -> list[Tensor]:
        """Return the gradients of the parameters from the sums of their terms."""
        if self.finish is None or not sums:
            return sums
        return list(self.finish(tuple(sums), *parameters, **dict(self.constants)))
