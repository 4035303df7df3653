"""Images as a network takes them: channels, size and normalisation converted, and every conversion said."""

import numpy as np
import pytest
import torch
from PIL import Image

from core.data import ImageDataset
from core.data.fit import fit_dataset
from core.errors import DataError, ExplorerError


def made(channels: int = 1, side: int = 8) -> ImageDataset:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (60, channels, side, side)).astype(np.uint8)
    return ImageDataset.from_arrays("made", images, np.arange(60) % 3)


def test_what_fits_stays_as_it_is_and_nothing_is_said():
    data = made()
    fitted, said = fit_dataset(data, channels=1, size=8)
    assert said == ()
    assert torch.equal(fitted.validation.images, data.validation.images)
    assert (fitted.mean, fitted.sd) == (data.mean, data.sd)


def test_grey_images_become_rgb_by_repeating_their_channel():
    data = made()
    fitted, said = fit_dataset(data, channels=3)
    assert said == ("The images of made were converted from grey to RGB (their channel three times).",)
    assert torch.equal(fitted.test.images, data.test.images.repeat(1, 3, 1, 1))
    assert fitted.mean == data.mean * 3
    assert torch.equal(fitted.test.ids, data.test.ids)


def test_rgb_images_become_grey_as_pillow_does_it():
    data = made(3)
    fitted, said = fit_dataset(data, channels=1)
    assert said == ("The images of made were converted from RGB to grey (luma).",)
    expected = [np.asarray(Image.fromarray(i.permute(1, 2, 0).numpy()).convert("L")) for i in data.train.images[:10]]
    assert np.array_equal(fitted.train.images[:10, 0].numpy(), np.stack(expected))


def test_images_of_another_side_are_scaled_and_a_plain_area_keeps_its_value():
    images = np.full((30, 1, 8, 8), 77, np.uint8)
    data = ImageDataset.from_arrays("plain", images, np.arange(30) % 3)
    fitted, said = fit_dataset(data, size=12)
    assert said == ("The images of plain were scaled from 8×8 to 12×12 pixels.",)
    assert fitted.train.images.shape[1:] == (1, 12, 12)
    assert fitted.train.images.unique().tolist() == [77]


def test_a_given_normalisation_is_used_one_number_stands_for_all_channels():
    fitted, _ = fit_dataset(made(), channels=3, mean=(0.5,), sd=(0.25,))
    assert (fitted.mean, fitted.sd) == ((0.5,) * 3, (0.25,) * 3)
    white = torch.full((1, 3, 1, 1), 255, dtype=torch.uint8)
    assert fitted.normalise(white).flatten().tolist() == [2.0, 2.0, 2.0]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"mean": (0.5,)}, "A normalisation needs both mean and sd; received only one of them."),
        ({"mean": (0.5, 0.5), "sd": (1.0,)}, r"mean needs one number per channel \(1\), or one for all; received 2\."),
        ({"mean": (0.5,), "sd": (0.0,)}, r"Every sd must be above 0; received 0\.0\."),
    ],
)
def test_a_normalisation_that_cannot_be_used_is_explained(options, sentence):
    with pytest.raises(ExplorerError, match=f"^{sentence}$"):
        fit_dataset(made(), **options)


def test_channels_that_are_neither_grey_nor_rgb_are_refused():
    with pytest.raises(DataError, match=r"^The images of made have 1 channel and the network takes 4; grey"):
        fit_dataset(made(), channels=4)


def test_more_memory_than_allowed_is_refused_with_both_sizes(monkeypatch):
    monkeypatch.setattr("core.data.fit.LARGEST", 1000)
    with pytest.raises(DataError, match="scaled to 16×16 pixels would take"):
        fit_dataset(made(), size=16)
