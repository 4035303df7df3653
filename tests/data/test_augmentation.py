"""Augmentation in batches against a slow reference that treats one image at a time."""

import numpy as np
import pytest
import torch

from core.data import augment, augmentation_draws
from core.errors import UnknownNameError
from core.streams import stream

KINDS = ("standard", "flip-or-crop", "none")
N = 20_000


def draws(kind: str, n: int = N) -> torch.Tensor:
    return augmentation_draws(kind, n, stream(0, "augment", 1))


def one_by_one(images: torch.Tensor, table: torch.Tensor) -> np.ndarray:
    """Pad, cut and flip each image on its own, with NumPy slices."""
    height, width = images.shape[2:]
    out = []
    for image, (flip, top, left) in zip(images.numpy(), table.tolist(), strict=True):
        padded = np.pad(image, ((0, 0), (4, 4), (4, 4)))
        cut = padded[:, top : top + height, left : left + width]
        out.append(cut[:, :, ::-1] if flip else cut)
    return np.stack(out)


@pytest.mark.parametrize("kind", ["standard", "flip-or-crop"])
@pytest.mark.parametrize("shape", [(64, 3, 32, 32), (64, 1, 28, 28), (64, 2, 5, 9)])
@pytest.mark.parametrize("channels_last", [True, False])
def test_a_batch_is_what_its_images_are_one_by_one(kind: str, shape: tuple[int, ...], channels_last: bool) -> None:
    images, table = torch.randn(shape, generator=stream(0, "images")), draws(kind, shape[0])
    result = augment(images, table, channels_last=channels_last)
    np.testing.assert_array_equal(result.numpy(), one_by_one(images, table))
    assert result.is_contiguous(memory_format=torch.channels_last if channels_last else torch.contiguous_format)


def test_images_in_channels_last_format_are_read_as_they_are() -> None:
    images, table = torch.randn((16, 3, 8, 8), generator=stream(0, "images")), draws("standard", 16)
    result = augment(images.contiguous(memory_format=torch.channels_last), table)
    assert torch.equal(result, augment(images, table))


@pytest.mark.parametrize("channels_last", [True, False])
def test_none_changes_nothing_but_the_format(channels_last: bool) -> None:
    images, table = torch.randn((16, 3, 8, 8), generator=stream(0, "images")), draws("none", 16)
    result = augment(images, table, channels_last=channels_last)
    assert table.shape == (16, 0)
    assert torch.equal(result, images)
    assert result.is_contiguous(memory_format=torch.channels_last if channels_last else torch.contiguous_format)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_the_type_stays_and_the_given_images_too(dtype: torch.dtype) -> None:
    images = torch.ones((16, 3, 8, 8), dtype=dtype)
    result = augment(images, draws("standard", 16))
    assert result.dtype == dtype
    assert torch.equal(images, torch.ones_like(images))
    assert result.min() == 0, "beyond the border lies 0"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [1, 7, 64])
def test_what_happens_to_an_image_does_not_depend_on_the_batches(kind: str, size: int) -> None:
    images, table = torch.randn((64, 3, 8, 8), generator=stream(0, "images")), draws(kind, 64)
    order = torch.randperm(64, generator=stream(0, "order"))
    parts = [augment(images[rows], table[rows]) for rows in order.split(size)]
    assert torch.equal(torch.cat(parts), augment(images, table)[order])


def share(condition: torch.Tensor) -> float:
    return condition.double().mean().item()


def four_sd(p: float) -> float:
    """Return four standard deviations of a share among N draws."""
    return 4 * (p * (1 - p) / N) ** 0.5


def test_standard_flips_half_and_draws_every_corner_equally_often_and_independently() -> None:
    flip, top, left = draws("standard").T
    assert share(flip == 1) == pytest.approx(0.5, abs=four_sd(0.5))
    assert set(flip.tolist()) == {0, 1}
    for corner in (top, left):
        assert torch.bincount(corner, minlength=9).div(N).numpy() == pytest.approx([1 / 9] * 9, abs=four_sd(1 / 9))
    pairs = torch.bincount(top * 9 + left, minlength=81) / N
    assert pairs.numpy() == pytest.approx([1 / 81] * 81, abs=1.2 * four_sd(1 / 81))
    assert share(top[flip == 1] == 0) == pytest.approx(1 / 9, abs=1.5 * four_sd(1 / 9))


def test_flip_or_crop_flips_a_quarter_crops_half_and_leaves_a_quarter() -> None:
    """A crop that happens to lie in the middle (1 of 81) also leaves the image as it is."""
    flip, top, left = draws("flip-or-crop").T
    moved = (top != 4) | (left != 4)
    assert share(flip == 1) == pytest.approx(1 / 4, abs=four_sd(1 / 4))
    assert share(moved) == pytest.approx(40 / 81, abs=four_sd(40 / 81))
    assert not ((flip == 1) & moved).any(), "never both"
    cropped = top[moved & (left != 4)]
    assert set(cropped.tolist()) == set(range(9))


@pytest.mark.parametrize("kind", ["standard", "flip-or-crop"])
def test_the_same_stream_draws_the_same_and_the_next_epoch_something_else(kind: str) -> None:
    assert torch.equal(draws(kind), draws(kind))
    assert not torch.equal(draws(kind), augmentation_draws(kind, N, stream(0, "augment", 2)))


@pytest.mark.parametrize("kind", KINDS)
def test_the_global_generator_is_left_alone(kind: str) -> None:
    before = torch.get_rng_state()
    augment(torch.ones(4, 1, 8, 8), draws(kind, 4))
    assert torch.equal(torch.get_rng_state(), before)


def test_an_unknown_augmentation_is_named_with_the_known_ones() -> None:
    with pytest.raises(UnknownNameError) as caught:
        draws("standart")
    message = "Unknown augmentation 'standart'. Did you mean 'standard'? Known: standard, flip-or-crop, none."
    assert str(caught.value) == message


@pytest.mark.cuda
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", ["cpu", "cuda"])
def test_a_gpu_cuts_the_same_images(kind: str, place: str) -> None:
    images, table = torch.randn((64, 3, 32, 32), generator=stream(0, "images")), draws(kind, 64)
    result = augment(images.cuda(), table.to(place), channels_last=True)
    assert torch.equal(result.cpu(), augment(images, table))
