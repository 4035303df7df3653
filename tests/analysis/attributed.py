"""Networks for the tests of attributions: some with answers known by hand, some with every kind of layer."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from core.activations import activation_names, make_activation

#: Mean and sd of the images of these tests, one channel and two.
ONE = {"mean": (0.25,), "sd": (0.5,)}
TWO = {"mean": (0.25, 0.5), "sd": (0.5, 0.25)}
NAMES = list(activation_names())


def linear(weights: Tensor, bias: float = 0.0) -> nn.Sequential:
    """Return a network with logits sum of images (N, C, H, W) times weights (K, C, H, W), plus `bias`."""
    layer = nn.Linear(weights[0].numel(), len(weights))
    with torch.no_grad():
        layer.weight.copy_(weights.flatten(1))
        layer.bias.fill_(bias)
    return nn.Sequential(nn.Flatten(), layer)


def one_neuron(activation: nn.Module, bias: float = 0.0, pixels: int = 2) -> nn.Sequential:
    """Return a network with logits f(sum of the pixels + bias) and 0: images (N, 1, 1, pixels)."""
    first, last = nn.Linear(pixels, 1), nn.Linear(1, 2, bias=False)
    with torch.no_grad():
        first.weight.fill_(1.0)
        first.bias.fill_(bias)
        last.weight.copy_(torch.tensor([[1.0], [0.0]]))
    return nn.Sequential(nn.Flatten(), first, activation, last)


class Residual(nn.Module):
    """A small network with all that a CIFAR ResNet has: convolutions, BN, a sum, strides, a global mean."""

    def __init__(self, activation: str, classes: int = 3, **options) -> None:
        super().__init__()
        make = lambda: make_activation(activation, num_channels=4, **options)  # noqa: E731
        self.conv1, self.bn1, self.act1 = nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), make()
        self.conv2, self.bn2, self.act2 = nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4), make()
        self.conv3, self.act3 = nn.Conv2d(4, 4, 3, stride=2), make()
        self.fc = nn.Linear(4, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.act1(self.bn1(self.conv1(x)))
        x = self.act2(self.bn2(self.conv2(x)) + x)
        return self.fc(self.act3(self.conv3(x)).mean((2, 3)))


def residual(activation: str, seed: int = 0, **options) -> Residual:
    """Return the network with weights and running statistics drawn from `seed`."""
    generator = torch.Generator().manual_seed(seed)
    network = Residual(activation, **options)
    with torch.no_grad():
        for name, value in network.state_dict().items():
            if value.ndim > 1:
                value.normal_(0, value[0].numel() ** -0.5, generator=generator)
            elif "running_var" in name:
                value.uniform_(0.5, 1.5, generator=generator)
            elif "act" not in name and value.is_floating_point():
                value.normal_(0.3, 0.3, generator=generator)
    return network


def pictures(number: int, side: int = 8, channels: int = 1, seed: int = 1) -> Tensor:
    """Return normalised images (number, channels, side, side)."""
    generator = torch.Generator().manual_seed(seed)
    pixels = torch.rand((number, channels, side, side), generator=generator)
    mean, sd = (torch.tensor((ONE if channels == 1 else TWO)[k]).view(-1, 1, 1) for k in ("mean", "sd"))
    return (pixels - mean) / sd


def counted(forward: Callable[[Tensor], Tensor], passes: list[int]) -> Callable[[Tensor], Tensor]:
    """Return `forward` that also notes in `passes` how many images each call gets."""

    def run(x: Tensor) -> Tensor:
        passes.append(len(x))
        return forward(x)

    return run
