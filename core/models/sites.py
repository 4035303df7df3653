"""Sites: the places in a network where an activation acts."""

from dataclasses import dataclass

import torch
from torch import nn

from ..activations import Activation
from .examples import Example, arguments_of
from .fork import fork
from .kinds import activation_name, is_activation
from .layouts import Layout, joined, layer_layout
from .places import Place
from .usage import usage


@dataclass(frozen=True, kw_only=True)
class Site:
    """One place where an activation acts on a tensor (N, …, channels, …).

    `path` is the module's name in the network ("layer1.0.act1"), `activation` the function's name, `channels` the length of
    the axis `channel_axis` (None where it cannot be told). The second call of a module has the path that surgery gives it
    ("layer1.0.relu_2") and the same `module`. So has an activation that is called as a function; its `module` is the one whose
    forward calls it.
    """

    path: str
    module: nn.Module
    activation: str
    channels: int | None
    channel_axis: int = 1


def sites(model: nn.Module, example_input: Example | None = None) -> list[Site]:
    """Return the activation sites of `model` in forward order.

    Order and channels come from a pass of `example_input` (a batch, or a tuple of arguments) through a copy, in evaluation and
    in training mode; modules that neither reaches are left out, and activations of a module that runs several times stand at
    their first call. Without an example only modules are listed, in the order of registration, which is the forward order in
    our own networks; the channels are those of the activation or of the layer registered before it.
    """
    if example_input is None:
        return _registered(model)
    seen = usage(model, example_input)
    return [_site(model, place, site_layout(place, seen.network)) for place in seen.places if not place.gate]


def site_stage(path: str) -> str:
    """Return the part of the network a site belongs to: "layer1" for "layer1.0.act1", "stem" for one at the top."""
    head, dot, _ = path.partition(".")
    return head if dot else "stem"


def called_shapes(model: nn.Module, example_input: Example) -> dict[str, list[torch.Size]]:
    """Return the input shapes of every activation module that a pass of `example_input` calls, in order of the first call."""
    twin = fork(model).eval()
    shapes: dict[str, list[torch.Size]] = {}
    for path, module in twin.named_modules():
        if is_activation(module):
            module.register_forward_pre_hook(lambda _, args, path=path: shapes.setdefault(path, []).append(args[0].shape))
    with torch.no_grad():
        twin(*arguments_of(example_input))
    return shapes


def site_layout(place: Place, network: nn.Module) -> Layout:
    """Return where the channels of a place of `network` lie: the activation's own word, else what its calls agree on."""
    module = network.get_submodule(place.target) if place.target is not None else None
    own = _own_layout(module) if module is not None else None
    return own or joined(call.layout for call in place.seen)


def _site(model: nn.Module, place: Place, layout: Layout) -> Site:
    return Site(
        path=place.path,
        module=model.get_submodule(place.owner if place.target is None else place.target),
        activation=place.function,
        channels=layout.channels,
        channel_axis=layout.axis,
    )


def _registered(model: nn.Module) -> list[Site]:
    found: list[Site] = []
    layout = Layout()
    for path, module in model.named_modules():
        if is_activation(module):
            here = _own_layout(module) or layout
            name = activation_name(module)
            found.append(Site(path=path, module=module, activation=name, channels=here.channels, channel_axis=here.axis))
        else:
            layout = layer_layout(module) or layout
    return found


def _own_layout(module: nn.Module) -> Layout | None:
    """Return the layout that one of our activations was made for."""
    if isinstance(module, Activation) and module.num_channels is not None:
        return Layout(module.num_channels, module.channel_axis)
    return None
