"""One's own images: either folder shape, sizes and modes, the splits, and the sentences for what does not fit."""

import logging
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.data import load_dataset
from core.errors import DataError

LAYOUTS = "<class>/*.png, or train/<class>/*.png with validation/ and test/ beside it (png, jpg, jpeg, bmp or webp)"


def save(path: Path, colour: object = (1, 2, 3), size: tuple[int, int] = (8, 8), mode: str = "RGB") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, colour).save(path)


def fill(folder: Path, counts: dict[str, int], size: tuple[int, int] = (8, 8)) -> None:
    """Save `counts[class]` images per class; image n has the red value n."""
    for name, count in counts.items():
        for number in range(count):
            save(folder / name / f"{number:03}.png", (number, 0, 0), size)


def test_a_folder_of_classes_is_split_into_stratified_tenths(tmp_path: Path) -> None:
    fill(tmp_path, {"dog": 30, "cat": 20})
    data = load_dataset("folder", tmp_path, image_size=8)
    assert data.classes == ("cat", "dog")
    assert {name: np.bincount(split.labels).tolist() for name, split in data.splits.items()} == {
        "train": [16, 24],
        "validation": [2, 3],
        "test": [2, 3],
    }
    assert (data.layout, data.title, data.in_channels) == ("folder", tmp_path.name, 3)


def test_ids_number_the_files_sorted_by_name(tmp_path: Path) -> None:
    fill(tmp_path, {"dog": 30, "cat": 20})
    data = load_dataset("folder", tmp_path, image_size=8)
    everything = data.by_ids(range(50))
    assert everything.images[:, 0, 0, 0].tolist() == [*range(20), *range(30)]
    assert everything.labels.tolist() == [0] * 20 + [1] * 30


def test_a_rename_or_a_new_image_moves_few_others(tmp_path: Path) -> None:
    """Splits go by a hash of each file's name: of 99 images that stay, at most a handful change their split."""
    fill(tmp_path, {"cat": 50, "dog": 50})

    def split_by_file() -> dict[tuple[int, int], str]:
        data = load_dataset("folder", tmp_path, image_size=8)
        return {
            (int(label), int(image[0, 0, 0])): name
            for name, split in data.splits.items()
            for image, label in zip(split.images, split.labels, strict=True)
        }

    before = split_by_file()
    save(tmp_path / "cat" / "000a.png", (200, 0, 0))
    after = split_by_file()
    assert sum(before[key] != after[key] for key in before) <= 3


@pytest.mark.parametrize("name", ["validation", "val"])
def test_folders_for_the_splits_are_taken_as_they_are(tmp_path: Path, name: str) -> None:
    for split, count in (("train", 5), (name, 2), ("test", 3)):
        fill(tmp_path / split, {"cat": count, "dog": count})
    data = load_dataset("folder", tmp_path, image_size=8)
    assert [len(split) for split in data.splits.values()] == [10, 4, 6]
    assert [split.ids.tolist() for split in data.splits.values()] == [[*range(10)], [*range(10, 14)], [*range(14, 20)]]


def test_a_missing_split_is_cut_from_train(tmp_path: Path) -> None:
    fill(tmp_path / "train", {"cat": 20, "dog": 20})
    fill(tmp_path / "test", {"cat": 3, "dog": 3})
    data = load_dataset("folder", tmp_path, image_size=8)
    assert [len(split) for split in data.splits.values()] == [36, 4, 6]
    assert data.test.ids.tolist() == list(range(40, 46))


def test_images_are_cut_to_a_central_square_and_scaled(tmp_path: Path) -> None:
    """A wide image, red in the middle and blue at both sides, becomes red; scaling looks a few pixels over the cut."""
    fill(tmp_path, {"a": 3, "b": 3})
    wide = Image.new("RGB", (40, 20), (0, 0, 255))
    wide.paste((255, 0, 0), (5, 0, 35, 20))
    wide.save(tmp_path / "a" / "000.png")
    image = load_dataset("folder", tmp_path, image_size=10).by_ids([0]).images[0]
    assert image.shape == (3, 10, 10)
    np.testing.assert_array_equal(image.numpy(), np.broadcast_to(np.array([255, 0, 0])[:, None, None], (3, 10, 10)))


def test_images_of_the_right_size_keep_their_pixels(tmp_path: Path) -> None:
    fill(tmp_path, {"a": 3, "b": 3})
    noise = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "a" / "000.png")
    image = load_dataset("folder", tmp_path, image_size=8).by_ids([0]).images[0]
    np.testing.assert_array_equal(image.numpy(), noise.transpose(2, 0, 1))


def test_images_are_turned_as_the_camera_noted(tmp_path: Path) -> None:
    fill(tmp_path, {"a": 3, "b": 3})
    upright = np.zeros((8, 8, 3), np.uint8)
    upright[:4] = 255
    exif = Image.Exif()
    exif[0x0112] = 3  # stored upside down
    Image.fromarray(upright[::-1, ::-1]).save(tmp_path / "a" / "000.png", exif=exif)
    image = load_dataset("folder", tmp_path, image_size=8).by_ids([0]).images[0]
    np.testing.assert_array_equal(image.numpy(), upright.transpose(2, 0, 1))


def test_only_grey_images_stay_grey(tmp_path: Path) -> None:
    for name in "ab":
        for number in range(3):
            save(tmp_path / name / f"{number}.png", 100 + number, mode="L")
    assert load_dataset("folder", tmp_path).by_ids([0, 1, 2]).images[:, :, 0, 0].tolist() == [[100], [101], [102]]
    save(tmp_path / "b" / "3.png", (1, 2, 3))
    mixed = load_dataset("folder", tmp_path).by_ids([0, 6]).images[:, :, 0, 0]
    assert mixed.tolist() == [[100, 100, 100], [1, 2, 3]]


def test_transparent_parts_become_white(tmp_path: Path) -> None:
    fill(tmp_path, {"a": 3, "b": 3})
    save(tmp_path / "a" / "000.png", (0, 0, 0, 0), mode="RGBA")
    assert load_dataset("folder", tmp_path).by_ids([0]).images[0, :, 0, 0].tolist() == [255, 255, 255]


def test_files_that_are_no_images_are_counted_in_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    fill(tmp_path, {"a": 3, "b": 3})
    for name in ("a/notes.txt", "a/.DS_Store", "b/more.csv"):
        (tmp_path / name).write_text("")
    save(tmp_path / ".cache" / "x.png")
    with caplog.at_level(logging.WARNING, "activation_explorer"):
        data = load_dataset("folder", tmp_path)
    assert data.classes == ("a", "b")
    assert caplog.messages == [f"Left out 2 of 8 files in {tmp_path}, which are no images: {tmp_path}/a/notes.txt …"]


def message_of(data_dir: Path | None) -> str:
    with pytest.raises(DataError) as caught:
        load_dataset("folder", data_dir)
    return str(caught.value)


def test_the_folder_must_be_named() -> None:
    assert message_of(None) == f"The data set 'folder' needs --data-dir, a folder with images as {LAYOUTS}."


def test_the_folder_must_exist(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    assert message_of(nowhere) == f"{nowhere} is no folder; the data set 'folder' needs one with images as {LAYOUTS}."


def test_an_empty_folder_has_no_classes(tmp_path: Path) -> None:
    assert message_of(tmp_path) == f"At least two classes are needed; found 0 classes in {tmp_path}. Looked for {LAYOUTS}."


def test_one_class_is_not_enough(tmp_path: Path) -> None:
    fill(tmp_path, {"cat": 3})
    assert message_of(tmp_path) == f"At least two classes are needed; found 1 class in {tmp_path}. Looked for {LAYOUTS}."


def test_a_class_with_too_few_images_is_named(tmp_path: Path) -> None:
    fill(tmp_path, {"cat": 3, "dog": 2})
    assert message_of(tmp_path) == (
        "The class 'dog' of the data set folder has 2 images to share between train, test, validation; at least 3 are needed."
    )


def test_a_class_that_train_does_not_have_is_named(tmp_path: Path) -> None:
    fill(tmp_path / "train", {"cat": 3, "dog": 3})
    fill(tmp_path / "test", {"cow": 1})
    assert message_of(tmp_path) == f"{tmp_path}/test has the class 'cow', which train does not have; it has cat, dog."


def test_an_empty_split_is_named(tmp_path: Path) -> None:
    fill(tmp_path / "train", {"cat": 3, "dog": 3})
    (tmp_path / "test").mkdir()
    assert message_of(tmp_path) == f"{tmp_path}/test holds no images for test; remove it, or fill it as test/<class>/*.png."


@pytest.mark.parametrize("content", [b"no image", b"\x89PNG\r\n\x1a\n" + bytes(20)])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes) -> None:
    fill(tmp_path, {"cat": 3, "dog": 3})
    path = tmp_path / "dog" / "001.png"
    path.write_bytes(content)
    assert message_of(tmp_path).startswith(f"{path} cannot be read as an image (")


def test_a_torn_image_is_named(tmp_path: Path) -> None:
    fill(tmp_path, {"cat": 3, "dog": 3}, size=(64, 64))
    path = tmp_path / "dog" / "001.png"
    path.write_bytes(path.read_bytes()[:-40])
    assert message_of(tmp_path).startswith(f"{path} cannot be read as an image (")


def test_images_with_more_than_8_bits_are_refused(tmp_path: Path) -> None:
    fill(tmp_path, {"cat": 3, "dog": 3})
    path = tmp_path / "dog" / "001.png"
    save(path, 40_000, mode="I;16")
    assert message_of(tmp_path) == f"{path} has more than 8 bits per channel (mode I;16); save it with 8."


def test_a_second_read_comes_from_the_cache(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path / "images", {"cat": 3, "dog": 3})
    first = load_dataset("folder", tmp_path / "images")
    monkeypatch.setattr("core.data.pictures._read_all", lambda *_: pytest.fail("read again"))
    assert load_dataset("folder", tmp_path / "images").fingerprint == first.fingerprint
    assert len(list((cache / "decoded").glob("folder-32-3-*.npy"))) == 1
