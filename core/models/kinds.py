"""Which modules and functions are activations, and which are gates."""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..activations import Activation

#: torch's own activation modules and the names under which the registry knows the function.
TORCH_ACTIVATIONS: dict[type[nn.Module], str] = {
    nn.ReLU: "relu",
    nn.ReLU6: "relu6",
    nn.LeakyReLU: "leaky_relu",
    nn.PReLU: "prelu",
    nn.RReLU: "rrelu",
    nn.ELU: "elu",
    nn.CELU: "celu",
    nn.SELU: "selu",
    nn.SiLU: "silu",
    nn.GELU: "gelu",
    nn.Mish: "mish",
    nn.Softplus: "softplus",
    nn.Hardswish: "hardswish",
    nn.Threshold: "threshold",
}

#: Modules that may be a gate or an output: multiplied into a tensor they are no activation of a layer.
TORCH_GATES: dict[type[nn.Module], str] = {
    nn.Sigmoid: "sigmoid",
    nn.Hardsigmoid: "hardsigmoid",
    nn.LogSigmoid: "logsigmoid",
    nn.Tanh: "tanh",
    nn.Hardtanh: "hardtanh",
    nn.Softmax: "softmax",
    nn.Softmax2d: "softmax",
    nn.LogSoftmax: "log_softmax",
}

_HOMES = (F, torch, torch.special, Tensor, torch._C._nn)


def _functions(names: set[str]) -> dict[Callable[..., Any], str]:
    """Return every function and method of these names: F.relu, torch.relu, Tensor.relu, their in-place forms …"""
    return {getattr(home, n): name for home in _HOMES for name in names for n in (name, f"{name}_") if hasattr(home, n)}


FUNCTIONS = _functions(set(TORCH_ACTIVATIONS.values()))
GATE_FUNCTIONS = {**_functions(set(TORCH_GATES.values())), torch.special.expit: "sigmoid"}


def is_activation(module: nn.Module) -> bool:
    """Return whether `module` is one of our activations or one of torch's, or computes as one of torch's."""
    return isinstance(module, Activation) or _known(module, TORCH_ACTIVATIONS) is not None


def activation_name(module: nn.Module) -> str:
    """Return the name of an activation module: ours its own, torch's as in `TORCH_ACTIVATIONS`."""
    return module.name if isinstance(module, Activation) else _known(module, TORCH_ACTIVATIONS) or ""


def gate_name(module: nn.Module) -> str | None:
    """Return the name of torch's module that may be a gate, None for every other module."""
    return None if is_activation(module) else _known(module, TORCH_GATES)


def _known(module: nn.Module, kinds: dict[type[nn.Module], str]) -> str | None:
    """Return the name of a torch class, or of a subclass that computes as it does (a `forward` of its own may differ)."""
    if type(module) in kinds:
        return kinds[type(module)]
    return next((n for kind, n in kinds.items() if isinstance(module, kind) and type(module).forward is kind.forward), None)
