"""Examples: the arguments of a forward pass that shows what a network does."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from .operations import leaves, mapped

Example = Tensor | tuple[Any, ...]


def arguments_of(example: Example) -> tuple[Any, ...]:
    """Return the arguments of a forward pass, each tensor a copy."""
    arguments = example if isinstance(example, tuple) else (example,)
    return tuple(mapped(arguments, lambda x: x.detach().clone() if isinstance(x, Tensor) else x))


def for_training(arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the arguments with a batch of one repeated to two, since batch normalisation cannot train on one."""
    tensors = [x for x in leaves(arguments) if isinstance(x, Tensor)]
    if all(x.ndim and len(x) == 1 for x in tensors):
        return tuple(mapped(arguments, lambda x: torch.cat([x, x]) if isinstance(x, Tensor) else x))
    return arguments


@contextmanager
def random_state_kept(network: nn.Module) -> Iterator[None]:
    """Keep the global generators, of the CPU and of the devices of `network`, as they are."""
    devices = {p.device for p in network.parameters() if p.device.type == "cuda"}
    with torch.random.fork_rng(devices=list(devices)):
        yield
