"""Architectures of torchvision, and of timm where it is installed, with an activation module of ours at every site."""

import importlib.util
import warnings
from typing import Any

import torch
from torch import Tensor, nn

from ..activations import Activation
from ..errors import ExplorerError, unknown_name
from .sites import sites
from .surgery import replace_activations

#: Architectures of torchvision that are known by name, by family; a family is told from the names of its weights.
FAMILIES: dict[str, tuple[str, ...]] = {
    "resnet": (
        "resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "wide_resnet50_2", "resnext50_32x4d",
    ),
    "vgg": ("vgg11_bn", "vgg13_bn", "vgg16_bn", "vgg19_bn", "vgg11", "vgg13", "vgg16", "vgg19", "alexnet"),
    "mobilenet_v2": ("mobilenet_v2",),
    "mobilenet_v3": ("mobilenet_v3_small", "mobilenet_v3_large"),
    "googlenet": ("googlenet",),
    "densenet": ("densenet121", "densenet169", "densenet201"),
    "efficientnet": ("efficientnet_b0", "efficientnet_b1", "efficientnet_b2"),
    "convnext": ("convnext_tiny", "convnext_small"),
}  # fmt: skip

#: The one function that all activations of a family compute; their code can be read, so no example is needed to find them.
_FUNCTIONS = {
    "resnet": "relu", "vgg": "relu", "mobilenet_v2": "relu6", "googlenet": "relu", "densenet": "relu", "efficientnet": "silu",
    "convnext": "gelu",
}  # fmt: skip

#: Which of our activations computes a function of torch: registry name and options.
OURS: dict[str, tuple[str, dict[str, Any]]] = {
    "relu": ("relu", {}),
    "relu6": ("formula", {"formula": "clamp(x, 0, 6)"}),
    "silu": ("silu", {}),
    "gelu": ("gelu", {}),
    "hardswish": ("formula", {"formula": "x * clamp(x + 3, 0, 6) / 6"}),
}
#: Side of the image that shows how a network calls its activations.
_EXAMPLE_SIDE = 64


def published_names() -> tuple[str, ...]:
    """Return the names of torchvision's architectures that are known here."""
    return tuple(name for names in FAMILIES.values() for name in names)


def timm_installed() -> bool:
    """Return whether timm can be imported; it is not imported."""
    return importlib.util.find_spec("timm") is not None


def plain_network(
    name: str,
    num_classes: int,
    in_channels: int = 3,
    *,
    library: str = "torchvision",
    stem: str = "imagenet",
    aux: bool = False,
) -> nn.Module:
    """Return the network as its library makes it, with its own activations; the weights are arbitrary.

    Under `torch.device("meta")` only names and shapes are made. `stem` "cifar" gives a residual network a 3×3 convolution
    without pooling as its first layer, as is usual for small images; `aux` gives googlenet its auxiliary heads. The global
    generator stays where it is.

    Raises:
        ExplorerError: an unknown name, or timm is asked for and not installed.
    """
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about weights that are not initialised: they are replaced
        torch.manual_seed(0)
        if library == "timm":
            return _timm_network(name, num_classes, in_channels)
        return _torchvision_network(name, num_classes, in_channels, stem, aux)


def make_published(
    name: str,
    num_classes: int,
    in_channels: int = 3,
    *,
    library: str = "torchvision",
    stem: str = "imagenet",
    aux: bool = False,
) -> nn.Module:
    """Return the network with our activations in place of its own, each called once: `(N, in_channels, H, W)` -> logits.

    Arguments and errors as in `plain_network`; names of weights are those of the library.
    """
    network = plain_network(name, num_classes, in_channels, library=library, stem=stem, aux=aux)
    function = next((_FUNCTIONS.get(family) for family, names in FAMILIES.items() if name in names), None)
    if library == "timm" or function is None:
        return own_activations(network, example_for(network, in_channels))
    ours, options = OURS[function]
    return replace_activations(_dropout_apart(network), ours, options=options).model


def example_for(network: nn.Module, in_channels: int) -> Tensor:
    """Return an image (1, in_channels, H, W) of zeros that the network takes."""
    settings = getattr(network, "default_cfg", None) or {}
    side = settings["input_size"][-1] if settings.get("fixed_input_size") else _EXAMPLE_SIDE
    return torch.zeros(1, in_channels, side, side)


def own_activations(network: nn.Module, example: Tensor) -> nn.Module:
    """Return a copy in which each of torch's activations that we have, too, is ours; the outputs stay the same."""
    network = _dropout_apart(network)
    found = sites(network, example)
    for function, (name, options) in OURS.items():
        paths = [s.path for s in found if s.activation == function and not isinstance(s.module, Activation)]
        if paths:
            network = replace_activations(network, name, example_input=example, which=paths, options=options).model
    return network


def _dropout_apart(network: nn.Module) -> nn.Module:
    """Let no dropout overwrite what an activation keeps for its gradient."""
    for module in network.modules():
        if isinstance(module, nn.Dropout):
            module.inplace = False
    return network


def _torchvision_network(name: str, num_classes: int, in_channels: int, stem: str, aux: bool) -> nn.Module:
    import torchvision

    if name not in published_names():
        raise unknown_name("architecture of torchvision", name, published_names())
    options: dict[str, Any] = {"aux_logits": aux, "init_weights": False} if name == "googlenet" else {}
    network: nn.Module = getattr(torchvision.models, name)(weights=None, num_classes=num_classes, **options)
    if stem == "cifar":
        network.conv1 = nn.Conv2d(in_channels, 64, 3, padding=1, bias=False)
        network.maxpool = nn.Identity()
    elif in_channels != 3:
        _take_channels(network, in_channels)
    return network


def _timm_network(name: str, num_classes: int, in_channels: int) -> nn.Module:
    if not timm_installed():
        raise ExplorerError(f"The network {name} is one of timm's, which is not installed here; type: pip install timm")
    import timm

    if not timm.is_model(name):
        near = timm.list_models(f"*{name.split('_')[0]}*")
        raise unknown_name("architecture of timm", name, near[:20] or ["see timm.list_models()"])
    network: nn.Module = timm.create_model(name, pretrained=False, num_classes=num_classes, in_chans=in_channels)
    return network


def _take_channels(network: nn.Module, in_channels: int) -> None:
    """Give the first convolution another number of input channels."""
    path, old = next((p, m) for p, m in network.named_modules() if isinstance(m, nn.Conv2d))
    owner, _, name = path.rpartition(".")
    settings: Any = {key: getattr(old, key) for key in ("kernel_size", "stride", "padding", "dilation")}
    new = nn.Conv2d(in_channels, old.out_channels, bias=old.bias is not None, **settings)
    setattr(network.get_submodule(owner), name, new)
