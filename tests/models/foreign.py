"""Networks that are not ours, and how to compare two of them."""

import copy
from unittest import mock

import torch
import torch.nn.functional as F
import torchvision
from torch import Tensor, nn

#: Of each network its own main activation, and the side of the smallest comfortable image.
NETWORKS = {
    "alexnet": ("relu", 64),
    "vgg16_bn": ("relu", 32),
    "resnet18": ("relu", 64),
    "googlenet": ("relu", 64),
    "googlenet with auxiliary heads": ("relu", 64),
    "mobilenet_v2": ("relu", 64),
    "mobilenet_v3_small": ("relu", 64),
    "mobilenet_v3_large": ("relu", 64),
    "densenet121": ("relu", 32),
    "efficientnet_b0": ("silu", 64),
    "convnext_tiny": ("gelu", 32),
}
#: Number of places that are left: gates of squeeze-and-excitation.
GATES = {"mobilenet_v3_small": 9, "mobilenet_v3_large": 8, "efficientnet_b0": 16}


def network(name: str) -> nn.Module:
    """Return one of torchvision's networks with random weights.

    ReLU6 and Hardswish are exchanged for ReLU, and then dropout may not overwrite what ReLU has kept for its gradient.
    """
    base, *heads = name.split(" with ")
    options = {"aux_logits": bool(heads), "init_weights": False} if base == "googlenet" else {}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = getattr(torchvision.models, base)(weights=None, num_classes=7, **options)
    for parent in model.modules():
        for child, module in parent.named_children():
            if isinstance(module, nn.ReLU6 | nn.Hardswish):
                setattr(parent, child, nn.ReLU(inplace=module.inplace))
            if isinstance(module, nn.Dropout):
                module.inplace = False
    return model


def images(name: str, count: int = 2, larger: int = 0) -> Tensor:
    """Return images for a network (count, 3, side, side)."""
    side = NETWORKS[name][1] + larger
    return torch.randn(count, 3, side, side, generator=torch.Generator().manual_seed(1))


def results(model: nn.Module, x: Tensor, training: bool) -> tuple[list[Tensor], dict[str, Tensor], dict[str, Tensor]]:
    """Return outputs, gradients and buffers after one pass forwards and backwards, with random numbers of their own."""
    twin = copy.deepcopy(model).train(training)
    with torch.random.fork_rng():
        torch.manual_seed(2)
        out = twin(x.clone())
    outputs = list(out) if isinstance(out, tuple) else [out]
    torch.stack([y.square().sum() for y in outputs]).sum().backward()
    gradients = {name: p.grad for name, p in twin.named_parameters() if p.grad is not None}
    return outputs, gradients, dict(twin.named_buffers())


def assert_same(model: nn.Module, twin: nn.Module, x: Tensor, exact: bool = True) -> None:
    """Compare outputs, gradients and buffers in both modes."""
    for training in (False, True):
        for ours, theirs in zip(results(model, x, training), results(twin, x, training), strict=True):
            torch.testing.assert_close(theirs, ours, rtol=0 if exact else 1e-6, atol=0 if exact else 1e-9)


def count_calls(model: nn.Module, function: str, x: Tensor) -> int:
    """Return how often a training pass calls a function of `torch.nn.functional`, itself or by a module."""
    with mock.patch.object(F, function, wraps=getattr(F, function)) as called, torch.random.fork_rng(), torch.no_grad():
        copy.deepcopy(model).train()(x.clone())
    return called.call_count
