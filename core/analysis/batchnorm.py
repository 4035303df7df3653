"""BN statistics estimated again: what a changed network is worth once its BN layers know what they get."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..errors import ExplorerError

if TYPE_CHECKING:
    from torch import Tensor, nn


def batchnorm_layers(model: "nn.Module") -> "list[tuple[str, nn.Module]]":
    """Return (path, layer) of the BN layers of `model` that keep running statistics."""
    from torch.nn.modules.batchnorm import _BatchNorm

    return [(p, m) for p, m in model.named_modules() if isinstance(m, _BatchNorm) and m.running_mean is not None]


def reestimated(model: "nn.Module", images: "Tensor", *, tell: Callable[[], None] | None = None) -> "nn.Module":
    """Return a fork of `model`, in evaluation mode, whose BN statistics are those of `images`; `model` stays as it is.

    All images pass as one batch, once. Every BN layer normalises by the mean and the variance of all its inputs, over images
    and positions, and keeps them, the variance divided by n − 1 as in training. So a layer's statistics are those of what it
    gets from layers whose statistics are estimated already, and exact: an average over smaller batches would lack the variance
    between their means, and depend on how the images were cut. The memory is that of one pass of all images. Noise and dropout
    are off; weights are shared; without BN layers nothing runs.

    Args:
        images: normalised training images without augmentation, (N, C, H, W), at least 2.
        tell: called before every BN layer; it may raise to stop.
    """
    import torch

    from ..models import fork, on_device, own_tensors

    if len(images) < 2:
        raise ExplorerError(f"BN statistics need at least 2 training images; received {len(images)}.")
    twin = fork(model).eval()
    layers = [layer for _, layer in batchnorm_layers(twin)]
    if not layers:
        return twin
    momenta = [layer.momentum for layer in layers]
    handles = []
    for layer in layers:
        own_tensors(layer)
        layer.reset_running_stats()  # type: ignore[operator]
        layer.train()
        layer.momentum = None  # type: ignore[assignment]  # the cumulative average, of one batch
        if tell is not None:
            handles.append(layer.register_forward_pre_hook(lambda _module, _args: tell()))
    with torch.no_grad():
        twin(on_device(twin, images))
    for handle in handles:
        handle.remove()
    for layer, momentum in zip(layers, momenta, strict=True):
        layer.momentum = momentum
    return twin.eval()
