"""Runs a kernel over a tensor: as compiled code, in blocks that stay in the processor's cache, or as plain torch functions."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from . import compiler
from .kernel import Kernel
from .layout import Layout, like

#: Elements of a block on a CPU: few enough for the cache, many enough for torch's threads and for Python between two functions.
BLOCK = 1 << 18
#: Elements that are added up separately, on one thread, so that sums do not depend on the number of threads.
PART = 1 << 12


@dataclass(frozen=True)
class Call:
    """One use of a kernel: where the parameters belong, and how its gradients are to be taken."""

    kernel: Kernel
    channel_axis: int | None = None
    floors: tuple[float | None, ...] = ()
    held: bool = False
    true_gradients: bool = False
    compiled: bool = False


def precision(x: Tensor) -> torch.dtype:
    """Return the dtype of the arithmetic: float64 for float64, else float32."""
    return torch.float64 if x.dtype == torch.float64 else torch.float32


def forward(call: Call, x: Tensor, noise: tuple[Tensor, Tensor] | None, parameters: tuple[Tensor, ...]) -> Tensor:
    """Return f(x) in the dtype and memory format of `x`."""
    if call.kernel.native_value is not None and noise is None and not _compiles_native(call):
        return call.kernel.native_value(x, **dict(call.kernel.constants))
    if _transformed() or x.numel() == 0:
        return plain_forward(call, x, noise, parameters)
    x, layout = _dense(x, call.channel_axis)
    flat, arguments, wide = _flatten(call, layout, x, noise, parameters)
    if call.compiled and compiler.usable(flat):
        result = compiler.value(call.kernel, flat, arguments, wide, layout.sum_axes)
        if result is not None:
            return layout.restore(result)
    in_place = call.kernel.in_place if x.dtype == precision(x) else None
    if in_place is None and _in_one_piece(call, flat):
        return layout.restore(call.kernel.evaluate(flat.to(precision(x)), _noise_last(arguments, wide)).to(x.dtype))
    result = torch.empty_like(flat)
    for part, into, *part_wide in zip(*(_blocks(call, t) for t in (flat, result, *wide)), strict=True):
        if in_place is not None:
            in_place.value(into, part, *_noise_last(arguments, part_wide))
        else:
            into.copy_(call.kernel.evaluate(part.to(precision(x)), _noise_last(arguments, part_wide)))
    return layout.restore(result)


def backward(
    call: Call,
    grad: Tensor,
    x: Tensor,
    noise: tuple[Tensor, Tensor] | None,
    parameters: tuple[Tensor, ...],
    with_parameters: bool,
) -> tuple[Tensor, list[Tensor]]:
    """Return the gradient in `x` (its dtype and memory format) and, if wanted, those of the effective parameters."""
    if _transformed() or torch.is_grad_enabled() or x.numel() == 0:
        return plain_backward(call, grad, x, noise, parameters, with_parameters)
    x, layout = _dense(x, call.channel_axis)
    grad = like(grad, x)
    if call.kernel.native_backward is not None and not _compiles_native(call):
        return call.kernel.native_backward(grad, x, **dict(call.kernel.constants)), []
    flat, arguments, wide = _flatten(call, layout, x, noise, parameters)
    flat_grad = layout.flat(grad)
    if call.compiled and compiler.usable(flat):
        result = compiler.gradients(
            call.kernel, flat_grad, flat, arguments, wide, layout.sum_axes, with_parameters, call.true_gradients
        )
        if result is not None:
            grad_x, *sums = result
            return layout.restore(grad_x), [_shaped(s, p) for s, p in zip(sums, parameters, strict=False)]

    def plain(part: Tensor, part_grad: Tensor, *part_wide: Tensor) -> tuple[Tensor, ...]:
        values, g = part.to(precision(x)), part_grad.to(precision(x))
        return call.kernel.pull_back(g, values, _noise_last(arguments, part_wide), true=call.true_gradients)

    def sums_of(terms: Sequence[Tensor]) -> list[Tensor]:
        return [_partial_sums(term, layout) for term in terms] if with_parameters else []

    in_place = call.kernel.in_place if x.dtype == precision(x) else None
    if in_place is None and _in_one_piece(call, flat):
        first, *terms = plain(flat, flat_grad, *wide)
        into_x, partial = first.to(x.dtype), [sums_of(terms)]
    else:
        into_x, partial = torch.empty_like(flat), []
        for into, part, part_grad, *part_wide in zip(
            *(_blocks(call, t) for t in (into_x, flat, flat_grad, *wide)), strict=True
        ):
            if in_place is not None:
                partial.append(sums_of(in_place.gradients(into, part_grad, part, *_noise_last(arguments, part_wide))))
            else:
                first, *terms = plain(part, part_grad, *part_wide)
                into.copy_(first)
                partial.append(sums_of(terms))
    sums = [torch.cat(s).sum(0, keepdim=True).reshape(layout.parameter_shape) for s in zip(*partial, strict=True)]
    totals = call.kernel.conclude(sums, arguments[: len(sums)])
    return layout.restore(into_x), [_shaped(t, p) for t, p in zip(totals, parameters, strict=False)]


def slope(call: Call, x: Tensor, parameters: tuple[Tensor, ...]) -> Tensor:
    """Return f'(x) by the kernel's `slope`, in the dtype and memory format of `x`; never compiled."""
    assert call.kernel.slope is not None
    x, layout = _dense(x, call.channel_axis)
    flat, arguments, _ = _flatten(call, layout, x, None, parameters)
    constants = dict(call.kernel.constants)
    if _in_one_piece(call, flat):
        return layout.restore(call.kernel.slope(flat.to(precision(x)), *arguments, **constants).to(x.dtype))
    result = torch.empty_like(flat)
    for part, into in zip(_blocks(call, flat), _blocks(call, result), strict=True):
        into.copy_(call.kernel.slope(part.to(precision(x)), *arguments, **constants))
    return layout.restore(result)


def plain_forward(call: Call, x: Tensor, noise: tuple[Tensor, Tensor] | None, parameters: tuple[Tensor, ...]) -> Tensor:
    """Return f(x) in plain, differentiable torch functions on the tensor as it is."""
    return call.kernel.evaluate(x.to(precision(x)), _plain_arguments(call, x, noise, parameters)).to(x.dtype)


def plain_backward(
    call: Call,
    grad: Tensor,
    x: Tensor,
    noise: tuple[Tensor, Tensor] | None,
    parameters: tuple[Tensor, ...],
    with_parameters: bool,
) -> tuple[Tensor, list[Tensor]]:
    """Return the same as `backward` in plain functions, so that it can be differentiated, traced and vectorised again."""
    arguments = _plain_arguments(call, x, noise, parameters)
    first, *terms = call.kernel.pull_back(grad.to(precision(x)), x.to(precision(x)), arguments, true=call.true_gradients)
    channel = None if call.channel_axis is None else call.channel_axis % x.ndim
    axes = [axis for axis in range(x.ndim) if axis != channel]
    sums = [term.sum(axes, keepdim=True) for term in terms] if with_parameters else []
    totals = call.kernel.conclude(sums, arguments[: len(sums)])
    return first.to(x.dtype), [t.reshape(p.shape) for t, p in zip(totals, parameters, strict=False)]


def _transformed() -> bool:
    return torch.compiler.is_compiling() or torch._C._are_functorch_transforms_active()


def _plain_arguments(
    call: Call, x: Tensor, noise: tuple[Tensor, Tensor] | None, parameters: tuple[Tensor, ...]
) -> tuple[Tensor, ...]:
    shape = () if call.channel_axis is None else (-1,) + (1,) * (x.ndim - 1 - call.channel_axis % x.ndim)
    arguments = [p.to(precision(x)).reshape(shape) for p in parameters]
    return (*arguments, *(n.to(precision(x)) for n in noise or ()))


def _dense(x: Tensor, channel_axis: int | None) -> tuple[Tensor, Layout]:
    """Return `x` and its layout; a copy where `x` has gaps or overlaps (a slice, an expanded tensor)."""
    layout = Layout.of(x, channel_axis)
    if layout.dense:
        return x, layout
    x = x.clone(memory_format=torch.preserve_format)
    return x, Layout.of(x, channel_axis)


def _flatten(
    call: Call, layout: Layout, x: Tensor, noise: tuple[Tensor, Tensor] | None, parameters: tuple[Tensor, ...]
) -> tuple[Tensor, tuple[Tensor, ...], list[Tensor]]:
    """Return the flat input, the small arguments (parameters, then sigma), and [z] of a noise step."""
    dtype, shape = precision(x), layout.parameter_shape
    small = [p if p.shape == shape and p.dtype == dtype else p.to(dtype).reshape(shape) for p in parameters]
    if noise is None:
        return layout.flat(x), tuple(small), []
    z, sigma = noise
    return layout.flat(x), (*small, sigma.to(dtype)), [layout.flat(like(z, x))]


def _noise_last(arguments: tuple[Tensor, ...], wide: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """Return (*parameters, z, sigma) from (*parameters, sigma) and [z]; without noise the arguments as they are."""
    if not wide:
        return arguments
    *parameters, sigma = arguments
    return (*parameters, wide[0].to(sigma.dtype), sigma)


def _shaped(total: Tensor, p: Tensor) -> Tensor:
    return total if total.shape == p.shape else total.reshape(p.shape)


def _compiles_native(call: Call) -> bool:
    return call.compiled and call.kernel.compile_native


def _in_one_piece(call: Call, flat: Tensor) -> bool:
    return flat.device.type != "cpu" or flat.numel() <= BLOCK or call.kernel.light


def _blocks(call: Call, flat: Tensor) -> tuple[Tensor, ...]:
    if _in_one_piece(call, flat):
        return (flat,)
    row = math.prod(flat.shape[1:])
    return flat.split(max(1, BLOCK // row))


def _partial_sums(term: Tensor, layout: Layout) -> Tensor:
    """Return sums of a block of the flat view, one row for each part that was added up: (parts,), or (parts, channels)."""
    if term.ndim == 3:
        return term.sum(layout.sum_axes[-1])
    even = len(term) // PART * PART
    parts = [term[:even].view(-1, PART).sum(1), *([term[even:].sum(0, keepdim=True)] if even < len(term) else [])]
    return torch.cat(parts)
