"""Files such as other programs leave: networks written anew by hand, wrapped, nested, torn, and some that want to run code."""

import os
from collections.abc import Mapping
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Attack:
    """Makes a folder when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.trace),)


class _Block(nn.Module):
    def __init__(self, ins: int, outs: int, stride: int, shortcut: str | None) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(ins, outs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outs)
        self.conv2 = nn.Conv2d(outs, outs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outs)
        self.stride, self.pad, self.name = stride, (outs - ins) // 2, shortcut
        if shortcut is not None and (stride > 1 or ins != outs):
            setattr(self, shortcut, nn.Sequential(nn.Conv2d(ins, outs, 1, stride, bias=False), nn.BatchNorm2d(outs)))

    def forward(self, x: Tensor) -> Tensor:
        out = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.name is not None and hasattr(self, self.name):
            x = getattr(self, self.name)(x)
        elif self.stride > 1:
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.pad, self.pad))
        return F.relu(out + x)


class TheirResNet(nn.Module):
    """A CIFAR ResNet as others write it: `shortcut` names the module of 1×1 convolutions, None pads with zeros."""

    def __init__(
        self, blocks: int = 1, *, classes: int = 10, channels: int = 3, head: str = "linear", shortcut: str | None = None
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        ins = 16
        for stage, outs in enumerate((16, 32, 64), start=1):
            layer = nn.Sequential()
            for i in range(blocks):
                layer.append(_Block(ins, outs, 2 if stage > 1 and i == 0 else 1, shortcut))
                ins = outs
            self.add_module(f"layer{stage}", layer)
        self.head = head
        setattr(self, head, nn.Linear(64, classes))

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.get_submodule("layer3")(self.get_submodule("layer2")(self.get_submodule("layer1")(x)))
        return getattr(self, self.head)(x.mean((2, 3)))


def theirs(blocks: int = 1, **options: object) -> TheirResNet:
    """Return a network with statistics of BN that are not those of a new one, in evaluation mode."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        network = TheirResNet(blocks, **options)  # type: ignore[arg-type]
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.running_mean = torch.randn(module.num_features) / 5
                module.running_var = torch.rand(module.num_features) + 0.5
    return network.eval()


def images(channels: int = 3, side: int = 16) -> Tensor:
    """Return eight images."""
    return torch.randn(8, channels, side, side, generator=torch.Generator().manual_seed(4))


def save(path: Path, content: object, **options: object) -> Path:
    """Write with torch.save and return the path."""
    torch.save(content, path, **options)  # type: ignore[arg-type]
    return path


def prefixed(state: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Return the state dict with a prefix in front of every name."""
    return {f"{prefix}{name}": tensor for name, tensor in state.items()}
