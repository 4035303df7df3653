"""The one autograd function behind every activation: it keeps the input and the small parameters, nothing else."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from . import engine
from .engine import Call


def apply(x: Tensor, call: Call, z: Tensor | None, sigma: Tensor | None, parameters: Sequence[Tensor]) -> Tensor:
    """Return f(x), with the closed-form gradients for autograd and for the transforms of torch.func."""
    transformed = torch._C._are_functorch_transforms_active()
    function = TransformableFunction if transformed else ElementwiseFunction
    return function.apply(x, call, z, sigma, *parameters)


@torch.no_grad()
def true_derivative(x: Tensor, call: Call, parameters: Sequence[Tensor]) -> Tensor:
    """Return f'(x) of the forward function, noise off, without a graph: shape, dtype and format of `x`; the rest as in `apply`.

    Compiled, it is the code that training compiled: hence the sums for the parameters, which cost less than a second kernel.
    """
    effective = _effective(call, tuple(parameters))
    if call.kernel.slope is not None and not call.compiled and x.numel():
        return engine.slope(call, x, effective)
    call = dataclasses.replace(call, true_gradients=call.kernel.true_derivative is not None)
    with_parameters = call.compiled and len(parameters) > 0
    return engine.backward(call, torch.ones_like(x), x, None, effective, with_parameters)[0]


class ElementwiseFunction(torch.autograd.Function):
    """f(x) with closed-form gradients.

    Kept for backward: x in its own dtype, the parameters and, in a noise step, the normals (x's dtype) and sigma. It can be
    differentiated twice: the second derivative is that of the closed-form gradients.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, call: Call, z: Tensor | None, sigma: Tensor | None, *parameters: Tensor) -> Tensor:
        ctx.call = call
        ctx.save_for_backward(x, z, sigma, *parameters)
        return engine.forward(call, x, _noise(z, sigma), _effective(call, parameters))

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        call: Call = ctx.call
        x, z, sigma, *parameters = ctx.saved_tensors
        wanted = ctx.needs_input_grad[4:]
        learn = any(wanted) and not call.held
        effective = _effective(call, tuple(parameters))
        grad_x, totals = engine.backward(call, grads[0], x, _noise(z, sigma), effective, learn)
        if not learn:
            totals = [torch.zeros_like(p) for p in parameters]
        elif call.true_gradients:
            totals = [_clamp_gradient(t, p, f) for t, p, f in zip(totals, parameters, call.floors, strict=True)]
        results = [t.to(p.dtype) if w else None for t, p, w in zip(totals, parameters, wanted, strict=True)]
        return grad_x if ctx.needs_input_grad[0] else None, None, None, None, *results


class TransformableFunction(ElementwiseFunction):
    """The same in the form that torch.func needs; every call is slower, as torch takes the signature apart."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor, call: Call, z: Tensor | None, sigma: Tensor | None, *parameters: Tensor) -> Tensor:  # type: ignore[override]
        return engine.forward(call, x, _noise(z, sigma), _effective(call, parameters))

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        x, call, z, sigma, *parameters = inputs
        ctx.call = call
        ctx.save_for_backward(x, z, sigma, *parameters)


def _noise(z: Tensor | None, sigma: Tensor | None) -> tuple[Tensor, Tensor] | None:
    return None if z is None or sigma is None else (z, sigma)


def _effective(call: Call, parameters: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Return the parameters as the formula uses them: some are kept at or above a floor, whatever value is stored."""
    return tuple(p if f is None else _straight_clamp(p, f) for p, f in zip(parameters, call.floors, strict=True))


def _straight_clamp(p: Tensor, floor: float) -> Tensor:
    """Return max(p, floor); under a second differentiation the gradient passes as if nothing had been clamped."""
    if not (torch.is_grad_enabled() and p.requires_grad):
        return p.detach().clamp(min=floor)
    return p + (p.clamp(min=floor) - p).detach()


def _clamp_gradient(total: Tensor, p: Tensor, floor: float | None) -> Tensor:
    return total if floor is None else torch.where(p < floor, torch.zeros_like(total), total)
