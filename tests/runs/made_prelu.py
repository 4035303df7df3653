"""CIFAR ResNets as others write them with learned activations: modules of torch, named and shared in the usual ways."""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

#: channels -> activation module.
Maker = Callable[[int], nn.Module]


class TheirSwish(nn.Module):
    """x sigmoid(beta x), with one beta of shape (1,)."""

    def __init__(self) -> None:
        super().__init__()
        self.beta = nn.Parameter(torch.ones(1))

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(self.beta * x)


class _Block(nn.Module):
    """A basic block whose activations are the modules `names`: two of them, or one that is called twice."""

    def __init__(self, ins: int, outs: int, stride: int, names: Sequence[str], make: Maker) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(ins, outs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outs)
        self.conv2 = nn.Conv2d(outs, outs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outs)
        for name in names:
            self.add_module(name, make(outs))
        self.names, self.stride, self.pad = names, stride, (outs - ins) // 2

    def forward(self, x: Tensor) -> Tensor:
        first, second = (self.get_submodule(name) for name in (self.names[0], self.names[-1]))
        out = self.bn2(self.conv2(first(self.bn1(self.conv1(x)))))
        if self.stride > 1:
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.pad, self.pad))
        return second(out + x)


class LearnedResNet(nn.Module):
    """resnet8 whose activations are modules: `stem` names the one at the top, `names` those of every block."""

    def __init__(self, stem: str, names: Sequence[str], make: Maker) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.add_module(stem, make(16))
        self.stem = stem
        for stage, (ins, outs) in enumerate(((16, 16), (16, 32), (32, 64)), start=1):
            self.add_module(f"layer{stage}", nn.Sequential(_Block(ins, outs, 1 if stage == 1 else 2, names, make)))
        self.fc = nn.Linear(64, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.get_submodule(self.stem)(self.bn1(self.conv1(x)))
        for stage in (1, 2, 3):
            x = self.get_submodule(f"layer{stage}")(x)
        return self.fc(x.mean((2, 3)))


def learned(stem: str, names: Sequence[str], make: Maker) -> LearnedResNet:
    """Return a network in evaluation mode whose BN statistics and activation parameters are not those of a new one."""
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(5)
        network = LearnedResNet(stem, names, make)
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.running_mean = torch.randn(module.num_features) / 5
                module.running_var = torch.rand(module.num_features) + 0.5
            elif isinstance(module, nn.PReLU | TheirSwish):
                for parameter in module.parameters():
                    parameter.copy_(0.1 + 0.6 * torch.rand(parameter.shape))
    return network.eval()


def one_slope() -> Maker:
    """Return a maker that gives every place the same module."""
    module = nn.PReLU()
    return lambda channels: module
