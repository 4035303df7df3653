"""The six methods on one batch of images, each by captum: (B, C, H, W) of signed attributions and the steps (B,)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from captum.attr import InputXGradient, IntegratedGradients, LayerAttribution, LayerGradCam, Occlusion, Saliency
from torch import Tensor, nn

from .attribution_captum import ElementwiseDeepLift, Explained, SeededNoiseTunnel, without_hooks_warning
from .attribution_path import raised_steps

#: Side and stride of the square that Occlusion covers, as shares of the shorter side (at least one pixel).
WINDOW, STRIDE = 0.2, 0.1


@dataclass(frozen=True, kw_only=True, eq=False)
class Batch:
    """Images of one batch and what is asked about them: weights (B, K) of the logits, gaps (B,) between image and baseline.

    For methods that take one forward pass, `weights` may be what chooses them from its logits, without gaps. `rows` is how many
    images a forward pass may hold.
    """

    images: Tensor
    baselines: Tensor
    weights: Tensor | Callable[[Tensor], Tensor]
    gaps: np.ndarray | None = None
    ids: list[int]
    median_gap: float = float("nan")
    wanted: float
    first_steps: int
    most_steps: int
    rows: int
    smooth: int
    smooth_share: float
    seed: int
    layer: str | None


def attributions_of(method: str, network: nn.Module, batch: Batch, before: Callable[[], None]) -> tuple[Tensor, np.ndarray]:
    """Return attributions (B, C, H, W), (B, 1, H, W) for Grad-CAM, and the steps of the path (B,), 0 where there is none."""
    model = Explained(network, before, None if isinstance(batch.weights, Tensor) else batch.weights)
    none = np.zeros(len(batch.images), dtype=int)
    if method == "integrated_gradients" and not batch.smooth:
        assert isinstance(batch.weights, Tensor) and batch.gaps is not None, "a path has many passes"
        return raised_steps(
            model, batch.images, batch.baselines, batch.weights, batch.gaps,
            median_gap=batch.median_gap, wanted=batch.wanted, first=batch.first_steps, most=batch.most_steps, rows=batch.rows,
        )  # fmt: skip
    return _METHODS[method](model, batch).detach(), none + (batch.first_steps if method == "integrated_gradients" else 0)


def _integrated(model: Explained, batch: Batch) -> Tensor:
    """Return the mean over noisy copies, with the first number of steps: their gaps differ, so no error could raise them."""
    rows = max(batch.rows, len(batch.images) * batch.smooth)
    path = {"n_steps": batch.first_steps, "internal_batch_size": rows}
    return _attribute(IntegratedGradients(model), batch, baselines=batch.baselines, **path)


def _deep_lift(model: Explained, batch: Batch) -> Tensor:
    with without_hooks_warning():
        return _attribute(ElementwiseDeepLift(model), batch, baselines=batch.baselines)


def _saliency(model: Explained, batch: Batch) -> Tensor:
    return _attribute(Saliency(model), batch, abs=False)


def _input_x_gradient(model: Explained, batch: Batch) -> Tensor:
    return _attribute(InputXGradient(model), batch)


def _grad_cam(model: Explained, batch: Batch) -> Tensor:
    assert batch.layer is not None, "method_validity names networks without a feature map"
    method = LayerGradCam(model, model.network.get_submodule(batch.layer))
    coarse = _attribute(method, batch, relu_attributions=False)
    return LayerAttribution.interpolate(coarse, tuple(batch.images.shape[-2:]), "bilinear")


def _occlusion(model: Explained, batch: Batch) -> Tensor:
    channels, side = batch.images.shape[1], min(batch.images.shape[-2:])
    window, stride = max(1, round(WINDOW * side)), max(1, round(STRIDE * side))
    with torch.no_grad():
        return Occlusion(model).attribute(
            batch.images, baselines=batch.baselines, additional_forward_args=batch.weights,
            sliding_window_shapes=(channels, window, window), strides=(channels, stride, stride),
            perturbations_per_eval=max(1, batch.rows // len(batch.images)),
        )  # fmt: skip


def _attribute(method: object, batch: Batch, **options: object) -> Tensor:
    """Return what captum's `method` says, or its mean over noisy copies."""
    images = batch.images.detach().clone().requires_grad_()
    options |= {"additional_forward_args": batch.weights} if isinstance(batch.weights, Tensor) else {}
    if not batch.smooth:
        return method.attribute(images, **options)  # type: ignore[attr-defined]
    tunnel = SeededNoiseTunnel(method, seed=batch.seed, ids=batch.ids)
    together = max(1, batch.rows // len(images))
    return tunnel.attribute(
        images.detach(), nt_samples=batch.smooth, nt_samples_batch_size=together, stdevs=batch.smooth_share, **options
    )


_METHODS: dict[str, Callable[[Explained, Batch], Tensor]] = {
    "integrated_gradients": _integrated,
    "deep_lift": _deep_lift,
    "saliency": _saliency,
    "input_x_gradient": _input_x_gradient,
    "grad_cam": _grad_cam,
    "occlusion": _occlusion,
}
