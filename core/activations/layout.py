"""Views of a tensor in the order of its memory, so that one elementwise kernel serves every shape and memory format."""

import functools
import math
from dataclasses import dataclass

import torch
from torch import Tensor


def like(values: Tensor, x: Tensor) -> Tensor:
    """Return `values` (same shape as `x`, any layout) in the memory layout of `x`."""
    if values.stride() == x.stride():
        return values
    return torch.empty_like(x, dtype=values.dtype, device=values.device).copy_(values)


#: Groups of rows that are added up separately, whatever the number of threads.
MOST_GROUPS = 512


@dataclass(frozen=True)
class Layout:
    """How a tensor lies in memory, and how parameters fit to its flat view.

    The flat view has shape (elements,) for parameters of shape (); for those of shape (channels,) it is (outer, channels,
    inner), or (groups, rows, channels) where the channels lie innermost: sums over groups can then be made by several threads.
    """

    dense: bool
    """Whether the tensor has neither gaps nor overlaps; only then there is a flat view."""
    shape: tuple[int, ...]
    stride: tuple[int, ...]
    """The strides of a result: the axes in the tensor's order, without gaps."""
    flat_shape: tuple[int, ...]
    flat_stride: tuple[int, ...]
    parameter_shape: tuple[int, ...]
    sum_axes: tuple[int, ...]

    @classmethod
    def of(cls, x: Tensor, channel_axis: int | None) -> "Layout":
        """Return the layout of `x`; `channel_axis` None: one parameter for all elements."""
        return _layout(tuple(x.shape), x.stride(), channel_axis)

    # Every view costs microseconds, which small tensors feel: one `as_strided` in place of a permutation and a view.

    def flat(self, x: Tensor) -> Tensor:
        """Return the flat view of `x`, which lies in memory like the dense tensor this layout was made from."""
        return x.as_strided(self.flat_shape, self.flat_stride)

    def restore(self, flat: Tensor) -> Tensor:
        """Return the flat result in the shape and memory format of the tensor this layout was made from."""
        return flat.as_strided(self.shape, self.stride)


@functools.lru_cache(maxsize=4096)
def _layout(shape: tuple[int, ...], stride: tuple[int, ...], channel_axis: int | None) -> Layout:
    axes = list(range(len(shape)))
    # The slowest axis in memory first; one that lies in its own order stays so, whatever the strides of axes of length 1 say.
    order = axes if _lies_in(axes, shape, stride) else sorted(axes, key=lambda axis: -stride[axis])
    lengths = tuple(shape[axis] for axis in order)
    strides = dict(zip(order, _contiguous(lengths), strict=True))
    dense = _lies_in(order, shape, stride)
    known = (dense, shape, tuple(strides[axis] for axis in axes))
    if channel_axis is None:
        return Layout(*known, (math.prod(shape),), (1,), (), (0,))
    at = order.index(channel_axis % len(shape))
    outer, channels, inner = math.prod(lengths[:at]), lengths[at], math.prod(lengths[at + 1 :])
    if inner == 1:
        groups = next((n for n in range(min(outer, MOST_GROUPS), 1, -1) if outer % n == 0), 1)
        view = (groups, outer // groups, channels)
        return Layout(*known, view, _contiguous(view), (channels,), (0, 1))
    view = (outer, channels, inner)
    return Layout(*known, view, _contiguous(view), (channels, 1), (0, 2))


def _contiguous(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the strides of a tensor of this shape without gaps, the last axis fastest."""
    return tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))


def _lies_in(order: list[int], shape: tuple[int, ...], stride: tuple[int, ...]) -> bool:
    """Tell whether the axes lie in memory in this order without gaps; axes of length 1 lie anywhere."""
    wanted = _contiguous(tuple(shape[axis] for axis in order))
    return all(shape[axis] == 1 or stride[axis] == step for axis, step in zip(order, wanted, strict=True))
