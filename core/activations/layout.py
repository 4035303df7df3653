"""Views of a tensor in the order of its memory, so that one elementwise kernel serves every shape and memory format."""

import functools
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


#: Groups of rows that are added up separately, whatever the number of threads.
MOST_GROUPS = 512


@dataclass(frozen=True)
class Layout:
    """How a dense tensor lies in memory, and how parameters fit to its flat view.

    The flat view has shape (elements,) for parameters of shape (); for those of shape (channels,) it is (outer, channels,
    inner), or (groups, rows, channels) where the channels lie innermost: sums over groups can then be made by several threads.
    """

    order: tuple[int, ...]
    inverse: tuple[int, ...]
    plain: bool
    """Whether the axes lie in memory in their own order."""
    permuted: tuple[int, ...]
    flat_shape: tuple[int, ...]
    parameter_shape: tuple[int, ...]
    sum_axes: tuple[int, ...]

    @classmethod
    def of(cls, x: Tensor, channel_axis: int | None) -> "Layout":
        """Return the layout of the dense tensor `x`; `channel_axis` None: one parameter for all elements."""
        return _layout(tuple(memory_order(x)), tuple(x.shape), channel_axis)

    def flat(self, x: Tensor) -> Tensor:
        """Return the flat view of `x`, which lies in memory like the tensor this layout was made from."""
        return (x if self.plain else x.permute(self.order)).view(self.flat_shape)

    def restore(self, flat: Tensor) -> Tensor:
        """Return the flat result in the shape and memory format of the tensor this layout was made from."""
        return flat.view(self.permuted) if self.plain else flat.view(self.permuted).permute(self.inverse)


@functools.lru_cache(maxsize=4096)
def _layout(order: tuple[int, ...], shape: tuple[int, ...], channel_axis: int | None) -> Layout:
    permuted = tuple(shape[axis] for axis in order)
    inverse = tuple(sorted(range(len(order)), key=order.__getitem__))
    known = (order, inverse, order == inverse == tuple(range(len(order))), permuted)
    if channel_axis is None:
        return Layout(*known, (math.prod(shape),), (), (0,))
    at = order.index(channel_axis % len(shape))
    outer, channels, inner = math.prod(permuted[:at]), permuted[at], math.prod(permuted[at + 1 :])
    if inner == 1:
        groups = next((n for n in range(min(outer, MOST_GROUPS), 1, -1) if outer % n == 0), 1)
        return Layout(*known, (groups, outer // groups, channels), (channels,), (0, 1))
    return Layout(*known, (outer, channels, inner), (channels, 1), (0, 2))
