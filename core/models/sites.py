"""Sites: the places in a network where an activation acts."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ..activations import Activation
from .fork import fork
from .kinds import activation_name, is_activation


@dataclass(frozen=True, kw_only=True)
class Site:
    """One place where an activation acts on a tensor (N, …, channels, …).

    `path` is the module's name in the network ("layer1.0.act1"), `activation` the function's name, `channels` the length of
    the axis `channel_axis` (None where it cannot be told without an example input).
    """

    path: str
    module: nn.Module
    activation: str
    channels: int | None
    channel_axis: int = 1


def sites(model: nn.Module, example_input: Tensor | tuple[Any, ...] | None = None) -> list[Site]:
    """Return the activation sites of `model` in forward order.

    Order and channels come from a pass of `example_input` (a batch, or a tuple of arguments) through a fork in evaluation mode;
    modules that the pass does not reach are left out, and one that is called several times stands at its first call. Without
    an example the order is that of registration, which is the forward order in our own networks, and the channels are those of
    the activation or of the layer registered before it.
    """
    if example_input is None:
        return _registered(model)
    shapes = called_shapes(model, example_input)
    modules = dict(model.named_modules())
    return [_site(path, modules[path], _axis_length(calls[0])) for path, calls in shapes.items()]


def site_stage(path: str) -> str:
    """Return the part of the network a site belongs to: "layer1" for "layer1.0.act1", "stem" for one at the top."""
    head, dot, _ = path.partition(".")
    return head if dot else "stem"


def called_shapes(model: nn.Module, example_input: Tensor | tuple[Any, ...]) -> dict[str, list[torch.Size]]:
    """Return the input shapes of every activation module that a pass of `example_input` calls, in order of the first call."""
    twin = fork(model).eval()
    shapes: dict[str, list[torch.Size]] = {}
    for path, module in twin.named_modules():
        if is_activation(module):
            module.register_forward_pre_hook(lambda _, args, path=path: shapes.setdefault(path, []).append(args[0].shape))
    arguments = example_input if isinstance(example_input, tuple) else (example_input,)
    with torch.no_grad():
        twin(*arguments)
    return shapes


def _registered(model: nn.Module) -> list[Site]:
    found: list[Site] = []
    channels: int | None = None
    for path, module in model.named_modules():
        if is_activation(module):
            found.append(_site(path, module, channels))
        else:
            channels = _width(module) or channels
    return found


def _site(path: str, module: nn.Module, channels: int | None) -> Site:
    axis = 1
    if isinstance(module, Activation):
        axis = module.channel_axis
        channels = module.num_channels or channels
    return Site(path=path, module=module, activation=activation_name(module), channels=channels, channel_axis=axis)


def _axis_length(shape: torch.Size) -> int | None:
    return shape[1] if len(shape) > 1 else None


def _width(module: nn.Module) -> int | None:
    """Return the channels that a layer puts out, None for a module that is no such layer."""
    for name in ("out_channels", "num_features", "out_features"):
        value = getattr(module, name, None)
        if isinstance(value, int):
            return value
    return None
