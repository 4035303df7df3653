"""Baselines, undone to pixels: black is 0, mean is the mean colour, blurred is a Gaussian blur."""

import pytest
import torch
from torch import Tensor

from core.analysis.attribution import baseline_images
from core.errors import ExplorerError

from .attributed import TWO, pictures


def pixels(images: Tensor) -> Tensor:
    mean, sd = (torch.tensor(TWO[k]).view(-1, 1, 1) for k in ("mean", "sd"))
    return images * sd + mean


def test_black_is_pixel_zero_in_every_channel():
    black = baseline_images("black", pictures(3, channels=2), **TWO)
    assert black.shape == (1, 2, 8, 8)
    torch.testing.assert_close(pixels(black), torch.zeros(1, 2, 8, 8))


def test_mean_is_the_mean_colour():
    mean = baseline_images("mean", pictures(3, channels=2))
    torch.testing.assert_close(pixels(mean)[0, :, 0, 0], torch.tensor(TWO["mean"]))


def test_blur_and_normalisation_change_places():
    from torchvision.transforms.v2.functional import gaussian_blur

    images = pictures(3, side=16, channels=2)
    blurred = baseline_images("blurred", images)
    torch.testing.assert_close(pixels(blurred), gaussian_blur(pixels(images), [9, 9], [2.0, 2.0]))


def test_an_even_image_is_its_own_blur():
    images = torch.full((1, 2, 5, 7), 0.7)
    torch.testing.assert_close(baseline_images("blurred", images), images)


def test_black_needs_to_know_the_normalisation():
    with pytest.raises(ExplorerError, match="needs mean and sd of the 2 channels; received None and None"):
        baseline_images("black", pictures(1, channels=2))
