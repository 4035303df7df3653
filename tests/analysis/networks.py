"""Networks so small that their answers are known by hand."""

import torch
from torch import Tensor, nn

from core.activations import make_activation


def one_site(activation: str, *, channels: int = 1, **options) -> nn.Sequential:
    """Return a network whose site "1" gets the images themselves: (N, channels, H, W)."""
    identity = nn.Conv2d(channels, channels, 1, bias=False, groups=channels)
    with torch.no_grad():
        identity.weight.fill_(1.0)
    return nn.Sequential(identity, make_activation(activation, num_channels=channels, **options))


def set_parameters(module: nn.Module, **values: float | list[float]) -> None:
    """Set the activation parameters of `module`."""
    with torch.no_grad():
        for name, value in values.items():
            getattr(module, name).copy_(torch.as_tensor(value))


def ramp(low: float, high: float, images: int = 40, channels: int = 1, side: int = 10) -> Tensor:
    """Return images (N, channels, side, side) whose values are spread evenly from `low` to `high` in every channel."""
    values = torch.linspace(low, high, images * side * side).reshape(images, 1, side, side)
    return values.repeat(1, channels, 1, 1)
