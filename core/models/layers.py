"""Layers whose weights are still empty: `initialise` draws them, so that no global generator is read or moved."""

from typing import TypeVar

import torch
from torch import nn

Layer = TypeVar("Layer", bound=nn.Module)


def bare_conv(in_channels: int, out_channels: int, kernel: int = 3, stride: int = 1) -> nn.Conv2d:
    """Return a convolution without bias that keeps the side (divided by `stride`), weights not yet drawn."""
    conv = nn.Conv2d(in_channels, out_channels, kernel, stride=stride, padding=kernel // 2, bias=False, device="meta")
    return _with_memory(conv)


def bare_linear(in_features: int, out_features: int) -> nn.Linear:
    """Return a fully connected layer, weights not yet drawn."""
    return _with_memory(nn.Linear(in_features, out_features, device="meta"))


def _with_memory(layer: Layer) -> Layer:
    """Give the parameters of a layer made on the meta device memory on torch's default device, with no values in it.

    In place of `torch.nn.utils.skip_init`, which ignores `with torch.device(...)` and fails on fake tensors.
    """
    for name, parameter in list(layer.named_parameters()):
        setattr(layer, name, nn.Parameter(torch.empty(parameter.shape)))
    return layer
