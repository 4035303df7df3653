"""Forks: the same weights under module objects of one's own."""

import copy
from collections import OrderedDict
from typing import Any

import torch
from torch import nn


def fork(model: nn.Module) -> nn.Module:
    """Return a copy of `model` whose parameters and buffers lie in the same memory as the original's.

    Modules, Parameter objects (so `.grad` and `requires_grad`), train/eval flags and switches are the fork's own; it starts
    without hooks and with noise, hold and true gradients at their defaults. So two threads that work on two forks of one
    network do not disturb each other, and `fork(model).to(...)` moves nothing of the original. Shared Parameters stay shared.

    Weights and running statistics are shared: changing them in place, or a forward pass of BN in training mode, is seen by
    all forks. Use forks in evaluation mode, and `copy.deepcopy` for a network to be trained.
    """
    memo: dict[int, Any] = {}
    for module in model.modules():
        memo.update(_kept(module))
    return copy.deepcopy(model, memo)  # activations copy themselves with their switches at rest


def _kept(module: nn.Module) -> dict[int, Any]:
    """Return what deepcopy shall put in place of the members of `module`: views of its tensors, no hooks, no generator."""
    kept: dict[int, Any] = {}
    for name, value in vars(module).items():
        if name.startswith(("_forward", "_backward")) and "hooks" in name:
            kept[id(value)] = OrderedDict()
        elif isinstance(value, torch.Tensor | torch.Generator):
            kept[id(value)] = value
    for buffer in module._buffers.values():
        if buffer is not None:
            kept[id(buffer)] = buffer
    for parameter in module._parameters.values():
        if parameter is not None:
            kept[id(parameter)] = nn.Parameter(parameter.detach(), requires_grad=parameter.requires_grad)
    return kept


def own_tensors(module: nn.Module) -> None:
    """Give one module of a fork, without its children, parameters and buffers of its own with the values they have now.

    It shares them with no other network and no other module afterwards, so that they can be changed in place.
    """
    for name, parameter in list(module._parameters.items()):
        if parameter is not None:
            copied = nn.Parameter(parameter.detach().clone(), requires_grad=parameter.requires_grad)
            module._parameters[name] = copied
    for name, buffer in list(module._buffers.items()):
        if buffer is not None:
            module._buffers[name] = buffer.clone()
