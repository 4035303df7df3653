"""`layouts_after`: where an operation on tensors takes the channels."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from .layouts import Layout, concatenated, joined
from .operations import KEEP, SHAPE, argument, leaves, operation


def layouts_after(function: Any, args: Any, kwargs: Any, carrying: list[tuple[Tensor, Layout]]) -> list[Layout]:
    """Return the layouts of the results of an operation on the tensors in `carrying`, whose layouts are given."""
    name = operation(function)
    if name.startswith("conv"):
        weight = argument(args, kwargs, 1, "weight")
        groups = argument(args, kwargs, 6, "groups", 1)
        return [Layout(weight.shape[1] * groups if "transpose" in name else len(weight), 1)]
    if name == "linear":
        return [Layout(len(argument(args, kwargs, 1, "weight")), -1)]
    if name == "layer_norm" and len(argument(args, kwargs, 1, "normalized_shape")) == 1:
        return [Layout(argument(args, kwargs, 1, "normalized_shape")[0], -1)]
    if not carrying:
        return [Layout()]
    rank = carrying[0][0].ndim
    if name == "cat":
        return [concatenated([layout for _, layout in carrying], argument(args, kwargs, 1, "dim", 0), rank)]
    if name in SHAPE:
        return follow(function, args, kwargs, *carrying[0])
    if name in KEEP:
        full = [(x, layout) for x, layout in carrying if x.numel() == max(y.numel() for y, _ in carrying)]
        return [joined([layout for _, layout in full], rank)]
    return [Layout(problem=f"nothing is known of the axes after '{name}'")]


def follow(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], x: Tensor, layout: Layout
) -> list[Layout]:
    """Return the layouts of the results of a call of `function` on `x`, whose layout is given.

    The call is made on a tensor in which every entry is the number of its channel: the axis along which the result varies is
    that of the channels.
    """
    if not layout.known or not -x.ndim <= layout.axis < x.ndim or x.shape[layout.axis] != layout.channels:
        return [layout]
    numbers = torch.arange(x.shape[layout.axis], dtype=torch.float64, device=x.device)
    shape = [1] * x.ndim
    shape[layout.axis] = -1
    stand_in = numbers.view(shape).expand(x.shape).clone()
    arguments = tuple(stand_in if a is x else a for a in args)
    results = function(*arguments, **{key: stand_in if a is x else a for key, a in kwargs.items()})
    return [_layout(y, layout, operation(function)) for y in leaves(results) if isinstance(y, Tensor)] or [layout]


def _layout(y: Tensor, before: Layout, name: str) -> Layout:
    if y.numel() == 0:
        return Layout(problem=f"nothing is left after '{name}'")
    varying = [axis for axis in range(y.ndim) if (y != y.narrow(axis, 0, 1)).any()]
    if before.channels == 1 and -y.ndim <= before.axis < y.ndim and y.shape[before.axis] == 1:
        return before
    if len(varying) != 1 or len(y.unique()) != y.shape[varying[0]]:
        return Layout(problem=f"'{name}' leaves the channels on {'no' if not varying else 'no single'} axis")
    return Layout(y.shape[varying[0]], _axis(varying[0], y.ndim, before.axis))


def _axis(axis: int, rank: int, before: int) -> int:
    """Return the axis as layers count it: 1, or -1 for the last one."""
    if axis == rank - 1 and (axis != 1 or before == -1):
        return -1
    return axis
