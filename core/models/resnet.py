"""The residual networks for CIFAR-sized images (He et al. 2015, section 4.2), with an activation module at every site.

Three stages of n basic blocks, widths 16, 32, 64; depth = 6 n + 2. Every activation is a module object of its own, so that
hooks and attribution see it. Names follow the common layout: conv1, bn1, layer1.0.conv1 …, fc.
"""

from collections.abc import Callable

from torch import Tensor, nn

from .layers import bare_conv, bare_linear
from .shortcuts import make_shortcut

#: Blocks per stage by the network's name.
DEPTHS = {f"resnet{6 * n + 2}": n for n in (1, 2, 3, 4, 5, 7, 9, 18)}
WIDTHS = (16, 32, 64)

#: (site path, channels) -> activation module.
ActivationMaker = Callable[[str, int], nn.Module]


class BasicBlock(nn.Module):
    """Two 3×3 convolutions with BN and the shortcut around them.

    `(N, in_channels, H, W) -> (N, channels, ceil(H / stride), ceil(W / stride))`.
    """

    def __init__(
        self, in_channels: int, channels: int, stride: int, shortcut: str, activation: ActivationMaker, path: str
    ) -> None:
        super().__init__()
        self.conv1 = bare_conv(in_channels, channels, stride=stride)
        self.bn1 = nn.BatchNorm2d(channels)
        self.act1 = activation(f"{path}.act1", channels)
        self.conv2 = bare_conv(channels, channels)
        self.bn2 = nn.BatchNorm2d(channels)
        self.shortcut = make_shortcut(shortcut, in_channels, channels, stride)
        self.act2 = activation(f"{path}.act2", channels)

    def forward(self, x: Tensor) -> Tensor:
        """Return act2(branch(x) + shortcut(x))."""
        branch = self.bn2(self.conv2(self.act1(self.bn1(self.conv1(x)))))
        return self.act2(branch + self.shortcut(x))


class CifarResNet(nn.Module):
    """A residual network: `(N, in_channels, H, W)` normalised images -> `(N, num_classes)` logits.

    `activation(path, channels)` makes the module of each site; its weights are empty until `initialise` has drawn them, so
    build it through `make_model`.
    """

    layer1: nn.Sequential
    layer2: nn.Sequential
    layer3: nn.Sequential

    def __init__(self, blocks: int, activation: ActivationMaker, *, num_classes: int, in_channels: int, shortcut: str) -> None:
        super().__init__()
        self.conv1 = bare_conv(in_channels, WIDTHS[0])
        self.bn1 = nn.BatchNorm2d(WIDTHS[0])
        self.act = activation("act", WIDTHS[0])
        width = WIDTHS[0]
        for stage, channels in enumerate(WIDTHS, start=1):
            layer = nn.Sequential()
            for i in range(blocks):
                stride = 2 if stage > 1 and i == 0 else 1
                layer.append(BasicBlock(width, channels, stride, shortcut, activation, f"layer{stage}.{i}"))
                width = channels
            self.add_module(f"layer{stage}", layer)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = bare_linear(width, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits, shape (N, num_classes)."""
        x = self.act(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(self.pool(x).flatten(1))
