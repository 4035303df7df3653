"""Layers whose weights are still empty: `initialise` draws them, so that no global generator is read or moved."""

import torch
from torch import nn
from torch.nn.utils import skip_init


def bare_conv(in_channels: int, out_channels: int, kernel: int = 3, stride: int = 1) -> nn.Conv2d:
    """Return a convolution without bias that keeps the side (divided by `stride`), weights not yet drawn."""
    return skip_init(
        nn.Conv2d, in_channels, out_channels, kernel, stride=stride, padding=kernel // 2, bias=False, device=_device()
    )


def bare_linear(in_features: int, out_features: int) -> nn.Linear:
    """Return a fully connected layer, weights not yet drawn."""
    return skip_init(nn.Linear, in_features, out_features, device=_device())


def _device() -> torch.device:
    """Return the device of an enclosing `with torch.device(...)`; `skip_init` would not look at it."""
    return torch.get_default_device()
