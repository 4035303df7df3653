"""`layout_read`: where an operation takes the channels, as far as its code tells without the shapes."""

from typing import Any

import torch

from .layouts import Layout, concatenated, joined
from .operations import KEEP, argument


def layout_read(name: str, args: Any, kwargs: Any, layouts: list[Layout]) -> Layout:
    """Return the layout of the result of the operation `name` on tensors of these layouts."""
    weight = argument(args, kwargs, 1, "weight") if isinstance(args, tuple) else None
    if isinstance(weight, torch.Tensor) and name in ("conv1d", "conv2d", "conv3d", "linear"):
        return Layout(len(weight), -1 if name == "linear" else 1)
    if name == "layer_norm" and isinstance(shape := argument(args, kwargs, 1, "normalized_shape"), tuple | list):
        return Layout(shape[0], -1) if len(shape) == 1 else layouts[0]
    if name == "cat":
        return concatenated(layouts, argument(args, kwargs, 1, "dim", 0))
    if name in KEEP:
        return joined(layouts)
    return after_shape(name, args, kwargs, layouts[0])


def after_shape(name: str, args: tuple[Any, ...], kwargs: dict[str, Any], layout: Layout) -> Layout:
    """Return the layout after a shape operation, as far as it can be told without knowing the shape."""
    unknown = Layout(problem=f"the axes after '{name}' are not known without an example")
    if name == "permute":
        dims = args[1] if len(args) == 2 and isinstance(args[1], tuple | list) else kwargs.get("dims", args[1:])
        if not layout.known or not all(isinstance(d, int) for d in dims):
            return unknown
        axis = [d % len(dims) for d in dims].index(layout.axis % len(dims))
        return Layout(layout.channels, -1 if axis == len(dims) - 1 else axis)
    if name == "flatten" and layout.axis > 0 and argument(args, kwargs, 1, "start_dim", 0) > layout.axis:
        return layout
    if name in ("mean", "sum", "amax") and layout.axis == 1:
        dims = argument(args, kwargs, 1, "dim")
        dims = dims if isinstance(dims, tuple | list) else (dims,)
        return layout if all(isinstance(d, int) and (d > 1 or d in (-1, -2)) for d in dims) else unknown
    return unknown
