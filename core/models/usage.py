"""`usage`: what a network calls, from a pass of an example or from its code."""

import copy
from dataclasses import dataclass

from torch import nn

from .examples import Example, random_state_kept
from .fork import fork
from .kinds import gate_name, is_activation
from .places import Place, places
from .reading import read
from .record import Record
from .watch import watched


@dataclass(frozen=True)
class Usage:
    """The `places` where a network calls activations and gates, in forward order, and the modules that it does not call.

    `network` is a copy in which each path has an activation module of its own; `records` are the passes by mode.
    """

    network: nn.Module
    records: dict[bool, Record]
    places: list[Place]
    uncalled: list[str]


def usage(model: nn.Module, example_input: Example | None = None) -> Usage:
    """Return what `model` calls in evaluation or training mode; neither the network nor a global generator changes.

    With an `example_input`, a pass in each mode is watched, on a copy; one in training mode that fails is left out. Without,
    the code is read by torch.fx, one module at a time. Raises `ExplorerError` where that is not possible.
    """
    network = separated(fork(model))
    with random_state_kept(network):
        records = read(network) if example_input is None else watched(copy.deepcopy(network), example_input)
    found = places(network, records)
    called = {place.target for place in found}
    paths = [p for p, m in network.named_modules() if (is_activation(m) or gate_name(m)) and not _inside(network, p)]
    return Usage(network, records, found, [p for p in paths if p not in called])


def separated(network: nn.Module) -> nn.Module:
    """Return `network` with a copy of its own wherever one activation object stands at several paths; parameters stay tied."""
    seen: set[int] = set()
    for parent in list(network.modules()):
        for name, child in list(parent._modules.items()):
            if child is not None and (is_activation(child) or gate_name(child)):
                parent._modules[name] = _own(child) if id(child) in seen else child
                seen.add(id(child))
    return network


def _own(module: nn.Module) -> nn.Module:
    twin = copy.copy(module)
    for name, value in vars(twin).items():
        if isinstance(value, dict):
            vars(twin)[name] = copy.copy(value)
    return twin


def _inside(network: nn.Module, path: str) -> bool:
    """Return whether a module is a part of an activation."""
    parts = path.split(".")
    return any(is_activation(network.get_submodule(".".join(parts[:i]))) for i in range(1, len(parts)))
