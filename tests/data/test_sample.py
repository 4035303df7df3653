"""The bundled sample: its sizes, its classes, its licence, and that it never changes."""

import hashlib
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from core.data import ImageDataset, load_dataset
from core.data.catalogue import KNOWN_SETS
from core.data.files import find_source
from core.data.make_fashion_sample import make_sample, write_sample
from core.data.sample import SAMPLE_FILE, sample_arrays

SPLITS = ("train", "validation", "test")


@pytest.fixture(scope="module")
def sample() -> ImageDataset:
    return load_dataset("fashion-sample")


def digest(ids: torch.Tensor) -> str:
    return hashlib.sha256(ids.numpy().astype("<i8").tobytes()).hexdigest()[:16]


def test_it_takes_at_most_four_megabytes_with_its_licence() -> None:
    assert sum(path.stat().st_size for path in SAMPLE_FILE.parent.iterdir()) <= 4_000_000


def test_the_licence_lies_beside_it() -> None:
    text = (SAMPLE_FILE.parent / "LICENSE").read_text(encoding="utf-8")
    assert "The MIT License (MIT) Copyright © 2017 Zalando SE" in text
    assert "Permission is hereby granted, free of charge" in text


def test_it_holds_plain_arrays_and_no_pickle() -> None:
    with zipfile.ZipFile(SAMPLE_FILE) as archive:
        names = archive.namelist()
    assert sorted(names) == sorted(f"{s}_{part}.npy" for s in SPLITS for part in ("images", "labels", "ids"))
    with np.load(SAMPLE_FILE, allow_pickle=False) as archive:
        assert {str(array.dtype) for array in archive.values()} == {"uint8", "int32"}


def test_the_splits_are_stratified_and_of_the_stated_sizes(sample: ImageDataset) -> None:
    for split, per_class in zip(SPLITS, (700, 100, 100), strict=True):
        part = sample.splits[split]
        assert part.images.shape == (10 * per_class, 1, 28, 28)
        assert (part.images.dtype, part.labels.dtype, part.ids.dtype) == (torch.uint8, torch.int64, torch.int64)
        assert torch.bincount(part.labels).tolist() == [per_class] * 10


def test_no_image_is_in_two_splits(sample: ImageDataset) -> None:
    ids = torch.cat([split.ids for split in sample.splits.values()])
    assert len(ids.unique()) == 9000


def test_train_and_validation_come_from_the_train_file_and_test_from_the_test_file(sample: ImageDataset) -> None:
    assert max(int(sample.train.ids.max()), int(sample.validation.ids.max())) < 60_000 <= int(sample.test.ids.min())


def test_the_splits_never_change(sample: ImageDataset) -> None:
    assert {name: digest(split.ids) for name, split in sample.splits.items()} == {
        "train": "d558a19a5c71a322",
        "validation": "24779c45548431f9",
        "test": "cebc7c0f23a25a07",
    }
    assert sample.fingerprint == "0ad25dcd8c850f3d5601152338198f773aa03341322fc4f5db412e3f5c541d4c"


def test_all_validation_images_are_the_probe_set(sample: ImageDataset) -> None:
    assert sample.probe_ids == tuple(sample.validation.ids.tolist())


def test_statistics_are_those_of_the_train_images(sample: ImageDataset) -> None:
    scaled = sample.train.images.numpy() / 255
    assert sample.mean == pytest.approx([scaled.mean()], abs=1e-12)
    assert sample.sd == pytest.approx([scaled.std()], abs=1e-12)


def test_two_loads_do_not_share_memory(sample: ImageDataset) -> None:
    again = load_dataset("fashion-sample")
    again.train.images.zero_()
    assert load_dataset("fashion-sample").fingerprint == sample.fingerprint
    assert not sample_arrays()["train_images"].flags.writeable


def test_the_sample_is_what_its_maker_makes(shared_data: Path, tmp_path: Path) -> None:
    """From the whole Fashion-MNIST: the same arrays, and images that are the source's at the same ids."""
    source = find_source(KNOWN_SETS["fashion-mnist"], shared_data)
    made = make_sample(source)
    with np.load(SAMPLE_FILE, allow_pickle=False) as archive:
        for name, array in made.items():
            np.testing.assert_array_equal(archive[name], array, err_msg=name)
    everything = np.concatenate([source.train.images, source.test.images])
    for split in SPLITS:
        np.testing.assert_array_equal(made[f"{split}_images"], everything[made[f"{split}_ids"]])
    small = {name: array[:20] for name, array in made.items()}
    for name in ("a.npz", "b.npz"):
        write_sample(small, tmp_path / name)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_each_split_is_part_of_the_same_split_of_the_whole(shared_data: Path, sample: ImageDataset) -> None:
    whole = load_dataset("fashion-mnist", shared_data)
    for name, split in sample.splits.items():
        assert set(split.ids.tolist()) <= set(whole.splits[name].ids.tolist()), name
