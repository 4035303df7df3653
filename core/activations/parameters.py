"""Activation parameters in a network: which they are, and ties between modules."""

from collections.abc import Iterable

from torch import nn

from ..errors import ExplorerError
from .module import Activation


def is_activation_parameter(module: nn.Module, name: str) -> bool:
    """Tell whether `name`, as in `module.named_parameters()`, is a parameter of an activation."""
    path, _, _ = name.rpartition(".")
    return isinstance(module.get_submodule(path), Activation)


def share_parameters(modules: Iterable[Activation]) -> None:
    """Let several activations hold the same Parameters, those of the first; the modules stay separate objects."""
    first, *others = list(modules)
    for other in others:
        if type(other) is not type(first) or other.options != first.options or _shape(other) != _shape(first):
            raise ExplorerError(
                f"Only activations of one kind, with the same options and parameter shapes, can share parameters; "
                f"received {first!r} and {other!r}."
            )
    for other in others:
        for name in first.parameter_names:
            setattr(other, name, getattr(first, name))


def _shape(module: Activation) -> tuple[int, ...] | None:
    return (module.num_channels or 0,) if module.per_channel else None
