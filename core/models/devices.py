"""Where a network lies: images go there, wherever they come from."""

import torch
from torch import Tensor, nn


def device_of(model: nn.Module, default: torch.device | str = "cpu") -> torch.device:
    """Return the device of the first parameter of `model`; `default` where it has none."""
    return next((p.device for p in model.parameters()), torch.device(default))


def on_device(model: nn.Module, x: Tensor) -> Tensor:
    """Return `x` on the device of `model`, itself if it is there already or `model` has no parameters."""
    return x.to(device_of(model, x.device))
