"""Views of a tensor in the order of its memory, so that one elementwise kernel serves every shape and memory format."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor


def dense(x: Tensor) -> Tensor:
    """Return `x`, or a copy in the same order of axes if `x` has gaps or overlaps (a slice, an expanded tensor)."""
    return x if x.permute(memory_order(x)).is_contiguous() else x.clone(memory_format=torch.preserve_format)


def memory_order(x: Tensor) -> list[int]:
    """Return the axes of `x`, the slowest in memory first."""
    if x.is_contiguous():
        return list(range(x.ndim))
    strides = x.stride()
    return sorted(range(x.ndim), key=lambda axis: -strides[axis])


def like(values: Tensor, x: Tensor) -> Tensor:
    """Return `values` (same shape as `x`, any layout) in the memory layout of `x`."""
    if values.stride() == x.stride():
        return values
    return torch.empty_like(x, dtype=values.dtype, device=values.device).copy_(values)


@dataclass(frozen=True)
class Layout:
    """How a dense tensor lies in memory, and how parameters fit to its flat view.

    The flat view has shape (elements,) for parameters of shape (), and (outer, channels) or (outer, channels, inner) for
    parameters of shape (channels,).
    """

    order: tuple[int, ...]
    permuted: tuple[int, ...]
    flat_shape: tuple[int, ...]
    parameter_shape: tuple[int, ...]
    sum_axes: tuple[int, ...]

    @classmethod
    def of(cls, x: Tensor, channel_axis: int | None) -> "Layout":
        """Return the layout of the dense tensor `x`; `channel_axis` None: one parameter for all elements."""
        order = memory_order(x)
        permuted = tuple(x.shape[axis] for axis in order)
        if channel_axis is None:
            return cls(tuple(order), permuted, (x.numel(),), (), (0,))
        at = order.index(channel_axis % x.ndim)
        outer, channels, inner = math.prod(permuted[:at]), permuted[at], math.prod(permuted[at + 1 :])
        if inner == 1:
            return cls(tuple(order), permuted, (outer, channels), (channels,), (0,))
        return cls(tuple(order), permuted, (outer, channels, inner), (channels, 1), (0, 2))

    def flat(self, x: Tensor) -> Tensor:
        """Return the flat view of `x`, which lies in memory like the tensor this layout was made from."""
        return x.permute(self.order).reshape(self.flat_shape)

    def restore(self, flat: Tensor) -> Tensor:
        """Return the flat result in the shape and memory format of the tensor this layout was made from."""
        inverse = sorted(range(len(self.order)), key=self.order.__getitem__)
        return flat.view(self.permuted).permute(inverse)
