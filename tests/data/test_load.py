"""Data sets by name: which layouts are found, how they are split, and what is said when they are not there."""

from pathlib import Path

import numpy as np
import pytest

from core.data import ImageDataset, dataset_names, load_dataset
from core.errors import DataError, UnknownNameError

from .tiny import pixels, png, write_cifar_parquet, write_idx_set, write_parquet

IDX_NAMES = "train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte"


def assert_is_the_idx_set(data: ImageDataset, files: dict[str, np.ndarray]) -> None:
    """Every image lies at its id: the train file from 0, the test file after it."""
    images = np.concatenate([files["train-images-idx3-ubyte"], files["t10k-images-idx3-ubyte"]])
    labels = np.concatenate([files["train-labels-idx1-ubyte"], files["t10k-labels-idx1-ubyte"]])
    for split in data.splits.values():
        np.testing.assert_array_equal(split.images.numpy()[:, 0], images[split.ids])
        np.testing.assert_array_equal(split.labels.numpy(), labels[split.ids])
    assert data.test.ids.tolist() == list(range(40, 50))
    assert sorted([*data.train.ids.tolist(), *data.validation.ids.tolist()]) == list(range(40))


def test_all_names_are_listed() -> None:
    assert dataset_names() == ("fashion-sample", "fashion-mnist", "mnist", "cifar10", "folder")


def test_case_and_hyphens_do_not_matter() -> None:
    assert load_dataset("Fashion_Sample").name == "fashion-sample"


def test_an_unknown_name_gets_the_nearest_and_all_known() -> None:
    with pytest.raises(UnknownNameError) as caught:
        load_dataset("cifar-100")
    known = "fashion-sample, fashion-mnist, mnist, cifar10, folder"
    assert str(caught.value) == f"Unknown data set 'cifar-100'. Did you mean 'cifar10'? Known: {known}."


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("place", ["fashion_mnist", "fashion_mnist/FashionMNIST/raw", "FashionMNIST/raw"])
def test_idx_files_are_found_packed_or_not_in_each_of_their_places(tmp_path: Path, place: str, packed: bool) -> None:
    files = write_idx_set(tmp_path / place, packed=packed)
    data = load_dataset("fashion-mnist", tmp_path)
    assert_is_the_idx_set(data, files)
    assert (data.layout, data.title, data.classes[9]) == ("idx", "Fashion-MNIST", "Ankle boot")


def test_the_two_sets_in_idx_files_are_not_mistaken_for_each_other(tmp_path: Path) -> None:
    write_idx_set(tmp_path / "FashionMNIST/raw", packed=True)
    with pytest.raises(DataError, match="MNIST was not found"):
        load_dataset("mnist", tmp_path)


def test_the_sets_own_folder_will_also_do(tmp_path: Path) -> None:
    files = write_idx_set(tmp_path / "mnist", packed=True)
    assert_is_the_idx_set(load_dataset("mnist", tmp_path / "mnist"), files)


def test_parquet_files_are_found_and_split(tmp_path: Path) -> None:
    parts = write_cifar_parquet(tmp_path / "cifar10")
    data = load_dataset("cifar10", str(tmp_path))
    images = np.concatenate([parts["train"], parts["test"]])
    for split in data.splits.values():
        np.testing.assert_array_equal(split.images.numpy(), images[split.ids])
    assert {name: len(split) for name, split in data.splits.items()} == {"train": 36, "validation": 4, "test": 20}
    assert (data.layout, data.in_channels, data.classes[0]) == ("parquet", 3, "airplane")
    assert (data.mean, data.sd) == ((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)), "the published constants"


def test_class_names_in_the_file_come_first(tmp_path: Path) -> None:
    names = [f"digit {n}" for n in range(10)]
    for part in ("train", "test"):
        write_parquet(
            tmp_path / f"mnist/{part}.parquet", [png(i) for i in pixels(20, 1, 28)], [n % 10 for n in range(20)], names
        )
    assert load_dataset("mnist", tmp_path).classes == tuple(names)


def test_shards_as_on_the_hub_are_found(tmp_path: Path) -> None:
    write_cifar_parquet(tmp_path / "cifar10")
    for part in ("train", "test"):
        (tmp_path / f"cifar10/{part}.parquet").rename(tmp_path / f"cifar10/{part}-00000-of-00001.parquet")
    assert len(load_dataset("cifar10", tmp_path).test) == 20


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_a_folder_without_an_idx_set_says_which_files_were_looked_for_and_where(tmp_path: Path, name: str) -> None:
    title, folder, raw = {
        "mnist": ("MNIST", "mnist", "MNIST/raw/"),
        "fashion-mnist": ("Fashion-MNIST", "fashion_mnist", "FashionMNIST/raw/"),
    }[name]
    with pytest.raises(DataError) as caught:
        load_dataset(name, tmp_path)
    assert str(caught.value) == (
        f"{title} was not found in {tmp_path}: looked for train.parquet and test.parquet in {folder}/; {IDX_NAMES}, each with "
        f"or without .gz, in {folder}/, {folder}/{raw} and {raw}. Give the folder that holds {folder}/ as --data-dir, or leave "
        f"--data-dir out to download the data set."
    )


def test_a_folder_that_does_not_exist_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        load_dataset("cifar10", tmp_path / "nowhere")
    assert str(caught.value) == (
        f"CIFAR-10 was not found in {tmp_path}/nowhere, which is no folder: looked for train.parquet and test.parquet in "
        f"cifar10/; cifar-10-batches-py/ here and in cifar10/. Give the folder that holds cifar10/ as --data-dir, or leave "
        f"--data-dir out to download the data set."
    )


@pytest.mark.parametrize(
    ("side", "label", "message"),
    [
        (31, 0, "CIFAR-10 has images of shape (3, 32, 32); in {home} they have (3, 31, 31)."),
        (32, 10, "Labels of CIFAR-10 go from 0 to 9; in {home} they go from 10 to 10."),
    ],
)
def test_files_of_another_set_are_refused(tmp_path: Path, side: int, label: int, message: str) -> None:
    home = tmp_path / "cifar10"
    for part in ("train", "test"):
        write_parquet(home / f"{part}.parquet", [png(i) for i in pixels(2, 3, side)], [label, label])
    with pytest.raises(DataError) as caught:
        load_dataset("cifar10", tmp_path)
    assert str(caught.value) == message.format(home=home)


def test_changed_pickles_are_not_opened(tmp_path: Path) -> None:
    """torchvision's CIFAR-10 files are pickles: one that is not the published file is refused before it is read."""
    home = tmp_path / "cifar10" / "cifar-10-batches-py"
    home.mkdir(parents=True)
    for name in ("data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch", "batches.meta"):
        # A pickle that would write a file.
        (home / name).write_bytes(b"cpathlib\nPath\n(V" + str(tmp_path / "ran").encode() + b"\ntR.")
    with pytest.raises(DataError) as caught:
        load_dataset("cifar10", tmp_path)
    assert str(caught.value) == (
        f"{home} is incomplete or differs from the published files, which are pickles and could run code, so it was not "
        f"opened: delete it and fetch it again, or use the Parquet files."
    )


def test_the_data_folder_may_start_with_the_home_sign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_cifar_parquet(tmp_path / "sets/cifar10")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert load_dataset("cifar10", "~/sets").name == "cifar10"
