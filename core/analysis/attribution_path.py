"""Integrated Gradients with as many steps as an image needs, no step computed twice."""

import numpy as np
import torch
from captum.attr import IntegratedGradients, Saliency
from torch import Tensor

from .attribution_captum import Explained
from .attribution_record import completeness_error


def raised_steps(
    model: Explained,
    images: Tensor,
    baselines: Tensor,
    weights: Tensor,
    gaps: np.ndarray,
    *,
    median_gap: float,
    wanted: float,
    first: int,
    most: int,
    rows: int,
) -> tuple[Tensor, np.ndarray]:
    """Return Integrated Gradients (B, C, H, W) and the steps of each image (B,): `first`, doubled until the error is low.

    The trapezoid rule T_n doubles by adding the middles of its steps: T_2n = (T_n + M_n) / 2, so n further gradients suffice.
    Captum computes the sums M_n ("riemann_middle") and L_n ("riemann_left"); T_n = L_n + (last − first gradient) / 2n. (Its
    own "riemann_trapezoid" puts n points on n − 1 steps of weight 1/n, and Gauss-Legendre points do not nest.)

    Steps end at an error of at most `wanted`, or when twice as many would be more than `most`.
    """
    method = IntegratedGradients(model)

    def sums(rule: str, pending: Tensor, number: int) -> Tensor:
        return method.attribute(
            images[pending], baselines[pending], additional_forward_args=weights[pending],
            n_steps=number, method=rule, internal_batch_size=max(rows, len(pending)),
        ).detach()  # fmt: skip

    everything = torch.arange(len(images), device=images.device)
    steps = np.full(len(images), first)
    slope = _gradient(model, images, weights) - _gradient(model, baselines, weights)
    result = sums("riemann_left", everything, first) + (images - baselines) * slope / (2 * first)
    number = first
    while 2 * number <= most:
        error = completeness_error(_totals(result), gaps, median_gap)
        pending = everything[torch.as_tensor(error > wanted, device=images.device)]
        if not len(pending):
            break
        result[pending] = (result[pending] + sums("riemann_middle", pending, number)) / 2
        number *= 2
        steps[pending.cpu().numpy()] = number
    return result, steps


def _gradient(model: Explained, images: Tensor, weights: Tensor) -> Tensor:
    images = images.detach().clone().requires_grad_()
    return Saliency(model).attribute(images, abs=False, additional_forward_args=weights).detach()


def _totals(attributions: Tensor) -> np.ndarray:
    return attributions.flatten(1).double().sum(1).cpu().numpy()
