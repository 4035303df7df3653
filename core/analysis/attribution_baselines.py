"""Baselines in the space of the normalised images: black, the mean colour, the image itself without its details."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import ExplorerError
from .attribution_choices import check_baseline

if TYPE_CHECKING:
    from torch import Tensor

#: Standard deviation of the blur, as a share of the shorter side: details go, the bright and dark parts stay.
BLUR = 0.125


def baseline_images(
    baseline: str, images: "Tensor", mean: Sequence[float] | None = None, sd: Sequence[float] | None = None
) -> "Tensor":
    """Return the baseline of normalised images (N, C, H, W): (1, C, H, W) where it is the same for all, else (N, C, H, W).

    black: pixels of value 0, which normalised are −mean / sd. mean: the mean colour of the train images, normalised 0.
    blurred: a Gaussian blur of the image itself; a blur and normalisation may change places, as the blur's weights sum to 1.

    Args:
        mean, sd: what the images were normalised with, one number per channel of pixels from 0 to 1; black needs them.
    """
    import torch

    check_baseline(baseline)
    channels = images.shape[1]
    if baseline == "mean":
        return images.new_zeros((1, *images.shape[1:]))
    if baseline == "black":
        if mean is None or sd is None or len(mean) != channels or len(sd) != channels:
            raise ExplorerError(
                f"The black baseline needs mean and sd of the {channels} channels; received {mean!r} and {sd!r}. "
                "The mean baseline needs neither."
            )
        black = -torch.tensor(mean, dtype=torch.float64) / torch.tensor(sd, dtype=torch.float64)
        return black.to(images).view(1, -1, 1, 1).expand(1, *images.shape[1:]).contiguous()
    return _blurred(images)


def _blurred(images: "Tensor") -> "Tensor":
    from torchvision.transforms.v2.functional import gaussian_blur

    side = min(images.shape[-2:])
    reach = min(round(2 * BLUR * side), side - 1)  # the reflected border must fit into the image
    return gaussian_blur(images, [2 * reach + 1] * 2, [max(BLUR * side, 1e-3)] * 2)
