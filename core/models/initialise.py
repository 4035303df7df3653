"""How a network's weights start; every number is drawn from the generator that is given."""

import math

import torch
from torch import Tensor, nn

from ..activations import Activation
from ..errors import ExplorerError

INITS = ("default", "paper")


def initialise(model: nn.Module, generator: torch.Generator | None = None, init: str = "default") -> None:
    """Draw the weights of the convolutions and fully connected layers of `model`, in place.

    "default": kaiming-normal convolutions; the first convolution and fully connected layers as torch starts them (Pishchik's
    set-up). "paper": where the activation's own paper names a start, that one. Known is EELU's, with the activation at its
    starting alpha and beta: convolutions N(0, 2 / (fan_in (1 + alpha² beta²))), fully connected N(0, 0.01²) with zero bias
    (the bias is ours). All other activations start as in "default".

    `generator` None: torch's default generator, as any torch layer. Numbers are drawn on the generator's own device and then
    copied, so that a network starts equal on every device. BN and the activations already have their start.
    """
    if init not in INITS:
        raise ExplorerError(f"init must be one of {', '.join(INITS)}; received {init!r}.")
    followers = _followers(model) if init == "paper" else {}
    first = True
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d):
            _start_conv(layer, generator, first, followers.get(layer))
            first = False
        elif isinstance(layer, nn.Linear):
            _start_linear(layer, generator, followers.get(layer))


def _start_conv(conv: nn.Conv2d, generator: torch.Generator | None, first: bool, follower: nn.Module | None) -> None:
    fan_in = conv.weight[0].numel()
    slope = _eelu_slope(follower)
    if slope is not None:
        _normal(conv.weight, math.sqrt(2 / (fan_in * (1 + slope**2))), generator)
    elif first:
        _uniform(conv.weight, 1 / math.sqrt(fan_in), generator)
    else:
        _normal(conv.weight, math.sqrt(2 / fan_in), generator)
    if conv.bias is not None:
        _uniform(conv.bias, 1 / math.sqrt(fan_in), generator)


def _start_linear(linear: nn.Linear, generator: torch.Generator | None, follower: nn.Module | None) -> None:
    bound = 1 / math.sqrt(linear.in_features)
    if _eelu_slope(follower) is not None:
        _normal(linear.weight, 0.01, generator)
        bound = 0.0
    else:
        _uniform(linear.weight, bound, generator)
    if linear.bias is not None:
        _uniform(linear.bias, bound, generator)


def _followers(model: nn.Module) -> dict[nn.Module, nn.Module]:
    """Return the activation that comes next after each layer in order of registration; the last one where none comes."""
    waiting: list[nn.Module] = []
    found: dict[nn.Module, nn.Module] = {}
    last: nn.Module | None = None
    for module in model.modules():
        if isinstance(module, Activation):
            found.update(dict.fromkeys(waiting, module))
            waiting, last = [], module
        elif isinstance(module, nn.Conv2d | nn.Linear):
            waiting.append(module)
    return found if last is None else {**found, **dict.fromkeys(waiting, last)}


def _eelu_slope(activation: nn.Module | None) -> float | None:
    """Return alpha · beta at the start of an EELU, None for anything else."""
    if not isinstance(activation, Activation) or activation.name != "eelu":
        return None
    start = activation.start_values()
    return start["alpha"] * start["beta"]


@torch.no_grad()
def _normal(target: Tensor, sd: float, generator: torch.Generator | None) -> None:
    drawn = _empty(target, generator).normal_(0.0, sd, generator=generator)
    target.copy_(drawn)


@torch.no_grad()
def _uniform(target: Tensor, bound: float, generator: torch.Generator | None) -> None:
    drawn = _empty(target, generator).uniform_(-bound, bound, generator=generator)
    target.copy_(drawn)


def _empty(target: Tensor, generator: torch.Generator | None) -> Tensor:
    return torch.empty(target.shape, device=generator.device if generator is not None else "cpu")
