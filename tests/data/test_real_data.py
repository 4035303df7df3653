"""The real data sets: sizes, stratified and disjoint splits that never change, known statistics."""

import hashlib
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
import torch

from core.data import ImageDataset, load_dataset
from core.data.assemble import tenth


def digest(ids: torch.Tensor) -> str:
    return hashlib.sha256(ids.numpy().astype("<i8").tobytes()).hexdigest()[:16]


def assert_splits(data: ImageDataset, sizes: tuple[int, int, int]) -> None:
    """Sizes as published; no image twice; in validation each class has its share of the train file, to one image."""
    assert tuple(len(split) for split in data.splits.values()) == sizes
    ids = torch.cat([split.ids for split in data.splits.values()])
    assert torch.equal(ids.sort().values, torch.arange(sum(sizes)))
    validation, train = (torch.bincount(split.labels).numpy() for split in (data.validation, data.train))
    assert np.abs(validation - (validation + train) / 10).max() < 1
    assert len(data.probe_ids) == 1000


def test_fashion_mnist(shared_data: Path) -> None:
    data = load_dataset("fashion-mnist", shared_data)
    assert_splits(data, (54_000, 6_000, 10_000))
    assert digest(data.validation.ids) == "16d6bdc859caba80"
    assert data.fingerprint == "96a8c7cec6c7af117f622c22b5a3cf2a9db00284deff9374df19bb2078b7c91c"
    # Published for all 60,000 train images: 0.2860, 0.3530.
    assert (data.mean[0], data.sd[0]) == pytest.approx((0.2860, 0.3530), abs=5e-4)


def test_cifar10_is_split_in_the_same_way_for_ever(shared_data: Path) -> None:
    """The labels alone decide, so no image is decoded here."""
    labels = pyarrow.parquet.read_table(shared_data / "cifar10" / "train.parquet", columns=["label"])["label"].to_numpy()
    rows = tenth(labels, "cifar10")
    assert np.bincount(labels[rows]).tolist() == [500] * 10
    assert digest(torch.from_numpy(rows)) == "4bcc46030b96c24d"


def test_a_slice_of_cifar10(shared_data: Path, tmp_path: Path) -> None:
    """A few real rows, in files of their own: JPEGs, metadata and the published constants fit together."""
    for part, count in (("train", 2000), ("test", 200)):
        batch = next(pyarrow.parquet.ParquetFile(shared_data / "cifar10" / f"{part}.parquet").iter_batches(count))
        (tmp_path / "cifar10").mkdir(exist_ok=True)
        pyarrow.parquet.write_table(pyarrow.Table.from_batches([batch]), tmp_path / "cifar10" / f"{part}.parquet")
    data = load_dataset("cifar10", tmp_path)
    assert tuple(len(split) for split in data.splits.values()) == (1800, 200, 200)
    assert data.classes == ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
    normal = data.normalise(data.train.images)
    np.testing.assert_allclose(normal.mean((0, 2, 3)), 0, atol=0.05)
    np.testing.assert_allclose(normal.std((0, 2, 3)), 1, atol=0.05)


@pytest.mark.full
def test_mnist(shared_data: Path) -> None:
    data = load_dataset("mnist", shared_data)
    assert_splits(data, (54_000, 6_000, 10_000))
    assert digest(data.validation.ids) == "9356be9e2c193e24"
    assert data.classes == tuple("0123456789")
    # Published for all 60,000 train images: 0.1307, 0.3081.
    assert (data.mean[0], data.sd[0]) == pytest.approx((0.1307, 0.3081), abs=5e-4)


@pytest.mark.full
def test_cifar10(shared_data: Path) -> None:
    data = load_dataset("cifar10", shared_data)
    assert_splits(data, (45_000, 5_000, 10_000))
    assert digest(data.validation.ids) == "4bcc46030b96c24d"
    assert load_dataset("cifar10", shared_data).fingerprint == data.fingerprint, "the cached images are the decoded ones"
