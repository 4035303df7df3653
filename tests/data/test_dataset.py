"""What an ImageDataset says about itself and hands out."""

import dataclasses
import hashlib
import json

import numpy as np
import pytest
import torch

from core.data import ImageDataset
from core.data.dataset import channel_statistics
from core.errors import DataError

from .tiny import pixels


def make(count: int = 100, channels: int = 3, classes: int = 4) -> ImageDataset:
    return ImageDataset.from_arrays("tiny", pixels(count, channels, 5), np.arange(count) % classes)


def test_ones_own_arrays_are_cut_into_stratified_tenths() -> None:
    data = make()
    assert {name: len(split) for name, split in data.splits.items()} == {"train": 80, "validation": 10, "test": 10}
    assert torch.cat([split.ids for split in data.splits.values()]).sort().values.tolist() == list(range(100))
    for split in (data.validation, data.test):
        assert sorted(torch.bincount(split.labels).tolist()) == [2, 2, 3, 3]
    assert (data.classes, data.title, data.layout) == (("0", "1", "2", "3"), "tiny", "arrays")


def test_images_and_labels_stay_with_their_ids() -> None:
    images = pixels(100, 3, 5)
    for split in make().splits.values():
        np.testing.assert_array_equal(split.images.numpy(), images[split.ids])
        np.testing.assert_array_equal(split.labels.numpy(), split.ids.numpy() % 4)


def test_grey_images_without_a_channel_axis_get_one() -> None:
    data = ImageDataset.from_arrays("grey", pixels(30, 1, 5)[:, 0], np.arange(30) % 2, classes=("cat", "dog"), title="Pets")
    assert (data.in_channels, data.num_classes, data.classes, data.title) == (1, 2, ("cat", "dog"), "Pets")
    assert data.train.images.shape == (24, 1, 5, 5)


@pytest.mark.parametrize(
    ("images", "labels", "classes", "message"),
    [
        (
            np.zeros((9, 3, 5, 5), np.float32), np.zeros(9, int), None,
            "Images must be uint8 of shape (N, C, H, W) or (N, H, W); received float32 of shape (9, 3, 5, 5).",
        ),
        (
            np.zeros((9, 25), np.uint8), np.zeros(9, int), None,
            "Images must be uint8 of shape (N, C, H, W) or (N, H, W); received uint8 of shape (9, 25).",
        ),
        (
            np.zeros((9, 5, 5), np.uint8), np.zeros(8, int), None,
            "Labels must be 9 integers, one per image; received int64 of shape (8,).",
        ),
        (
            np.zeros((3, 5, 5), np.uint8), np.array([0, 1, 2]), ("a", "b"),
            "Labels must lie between 0 and 1; received 0 to 2.",
        ),
        (
            np.zeros((7, 5, 5), np.uint8), np.array([0, 0, 0, 0, 1, 1, 1]), ("a", "b", "c"),
            "The class 'c' of the data set mine has 0 images to share between train, test, validation; at least 3 are needed.",
        ),
        (
            np.zeros((4, 5, 5), np.uint8), np.array([0, 0, 0, 1]), ("a", "b"),
            "The class 'b' of the data set mine has 1 image to share between train, test, validation; at least 3 are needed.",
        ),
    ],
)  # fmt: skip
def test_arrays_of_another_kind_are_refused(
    images: np.ndarray, labels: np.ndarray, classes: tuple | None, message: str
) -> None:
    with pytest.raises(DataError) as caught:
        ImageDataset.from_arrays("mine", images, labels, classes)
    assert str(caught.value) == message


def test_channel_statistics_are_mean_and_standard_deviation_in_unit_range() -> None:
    images = pixels(50, 3, 7)
    mean, sd = channel_statistics(images)
    np.testing.assert_allclose(mean, (images / 255).mean((0, 2, 3)), rtol=1e-12)
    np.testing.assert_allclose(sd, (images / 255).std((0, 2, 3)), rtol=1e-12)


def test_normalised_train_images_have_mean_zero_and_sd_one() -> None:
    data = make()
    normal = data.normalise(data.train.images)
    assert normal.dtype == torch.float32
    np.testing.assert_allclose(normal.mean((0, 2, 3)), 0, atol=1e-6)
    np.testing.assert_allclose(normal.std((0, 2, 3), correction=0), 1, atol=1e-6)
    pixel = data.train.images[0, 2, 1, 3].item()
    assert normal[0, 2, 1, 3].item() == pytest.approx((pixel / 255 - data.mean[2]) / data.sd[2], abs=1e-6)


def test_the_given_images_are_not_normalised_in_place() -> None:
    data = make()
    before = data.fingerprint
    data.normalise(data.train.images)
    data.__dict__.pop("fingerprint")
    assert data.fingerprint == before


def test_images_are_found_by_id_in_any_split_and_in_the_order_given() -> None:
    data = make()
    wanted = [int(data.test.ids[3]), int(data.train.ids[0]), int(data.validation.ids[1]), int(data.train.ids[0])]
    found = data.by_ids(wanted)
    assert found.ids.tolist() == wanted
    np.testing.assert_array_equal(found.images.numpy(), pixels(100, 3, 5)[wanted])
    assert found.labels.tolist() == [i % 4 for i in wanted]
    assert [data.split_of(i) for i in wanted] == ["test", "train", "validation", "train"]


@pytest.mark.parametrize("image_id", [-1, 100, 10**12])
def test_an_id_that_is_not_there_is_named(image_id: int) -> None:
    with pytest.raises(DataError) as caught:
        make().by_ids([0, image_id])
    assert str(caught.value) == f"The data set tiny has no image {image_id}; ids go from 0 to 99."


def test_where_ids_have_gaps_the_nearest_is_named() -> None:
    whole, rows = make(), torch.arange(20)
    some = dataclasses.replace(whole, name="some", train=whole.train[rows], validation=whole.validation, test=whole.test)
    ids = sorted(int(i) for split in some.splits.values() for i in split.ids)
    gap = next(i for i in range(100) if i not in ids)
    nearest = min(ids, key=lambda i: abs(i - gap))
    with pytest.raises(DataError) as caught:
        some.by_ids([gap])
    text = f"The data set some has no image {gap}; it holds 40 of the ids from 0 to {ids[-1]}, and the nearest is {nearest}."
    assert str(caught.value) == text


def test_no_ids_are_no_images() -> None:
    assert make().by_ids([]).images.shape == (0, 3, 5, 5)


def test_the_probe_set_is_a_stratified_thousand_of_the_validation_images() -> None:
    data = ImageDataset.from_arrays("big", np.zeros((12_000, 1, 1), np.uint8), np.arange(12_000) % 3)
    probe = data.probe()
    assert len(data.validation) == 1200
    assert torch.bincount(probe.labels).tolist() == [334, 333, 333]
    assert set(data.probe_ids) <= set(data.validation.ids.tolist())
    assert probe.ids.tolist() == sorted(data.probe_ids)


def test_few_validation_images_are_all_in_the_probe_set() -> None:
    data = make()
    assert data.probe_ids == tuple(data.validation.ids.tolist())


def test_the_fingerprint_is_the_sha256_of_images_labels_and_ids() -> None:
    data = make()
    content = b""
    for name, split in data.splits.items():
        content += f"{name} {tuple(split.images.shape)}".encode() + split.images.numpy().tobytes()
        content += split.labels.numpy().astype("<i8").tobytes() + split.ids.numpy().astype("<i8").tobytes()
    assert data.fingerprint == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("part", ["images", "labels"])
def test_one_changed_value_changes_the_fingerprint(part: str) -> None:
    data, other = make(), make()
    getattr(other.test, part)[0] += 1
    assert data.fingerprint != other.fingerprint


def test_what_a_run_records_is_plain_json() -> None:
    data = make()
    assert json.loads(json.dumps(data.describe())) == {
        "name": "tiny",
        "title": "tiny",
        "layout": "arrays",
        "sizes": {"train": 80, "validation": 10, "test": 10},
        "image_shape": [3, 5, 5],
        "classes": ["0", "1", "2", "3"],
        "mean": list(data.mean),
        "sd": list(data.sd),
        "fingerprint": data.fingerprint,
        "probe_ids": list(data.probe_ids),
    }
