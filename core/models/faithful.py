"""`unfaithful`: which modules would compute something else if their forward were replaced by the graph of their code."""

import copy
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from .examples import Example, arguments_of, for_training, random_state_kept
from .operations import leaves
from .rewire import Use, rewire
from .trace import TraceError


def unfaithful(network: nn.Module, owners: Mapping[str, Use], example: Example) -> dict[str, str]:
    """Return the paths in `owners` whose code a graph does not hold, with the reason; `network` itself stays.

    `owners` maps paths to how the modules there are used. Code that asks whether its input is a tensor, for one, is read in the
    wrong way. So the results for the example are compared, in both modes, those of training as far as it runs.
    """
    reasons = {path: reason for path, use in owners.items() if (reason := _unreadable(network, path, use))}
    readable = {path: use for path, use in owners.items() if path not in reasons}
    if not readable:
        return reasons
    expected = _results(network, {}, example)
    if _same(expected, _results(network, readable, example)):
        return reasons
    wrong = [p for p, use in readable.items() if not _same(expected, _results(network, {p: use}, example))]
    return reasons | dict.fromkeys(wrong or readable, "its graph computes something else")


def unreadable(network: nn.Module, owners: Mapping[str, Use]) -> dict[str, str]:
    """Return the paths in `owners` whose code cannot be written as a graph, with the reason."""
    return {path: reason for path, use in owners.items() if (reason := _unreadable(network, path, use))}


def _unreadable(network: nn.Module, path: str, use: Use) -> str | None:
    module = network.get_submodule(path)
    pattern = copy.copy(module)
    try:
        rewire(pattern, module, use, {})
    except TraceError as error:
        return str(error) or "torch.fx cannot read it"
    return None


def _results(network: nn.Module, owners: Mapping[str, Use], example: Example) -> list[list[Any]]:
    """Return the results in evaluation and in training mode with the `owners` rewired to what they are."""
    results: list[list[Any]] = []
    for training in (False, True):
        twin = copy.deepcopy(network)
        for path, use in owners.items():
            rewire(twin.get_submodule(path), network.get_submodule(path), use, {})
        arguments = arguments_of(example)
        try:
            results.append(_run(twin.train(training), for_training(arguments) if training else arguments))
        except Exception as error:  # whatever the network's own code raises; compared with the other run
            results.append([type(error).__name__])
    return results


def _run(network: nn.Module, arguments: tuple[Any, ...]) -> list[Any]:
    with torch.no_grad(), random_state_kept(network):
        torch.manual_seed(0)
        return leaves(network(*arguments))


def _same(first: list[list[Any]], second: list[list[Any]]) -> bool:
    return all(_equal(a, b) for a, b in zip(first, second, strict=True))


def _equal(first: list[Any], second: list[Any]) -> bool:
    if len(first) != len(second):
        return False
    pairs = [(a, b) for a, b in zip(first, second, strict=True) if isinstance(a, Tensor)]
    return all(isinstance(b, Tensor) and a.shape == b.shape and torch.allclose(a, b, equal_nan=True) for a, b in pairs)
