"""Parquet files as on the Hub are read to the pixel; what cannot be read is named."""

from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from core.data.parquet import class_names, read_parquet
from core.errors import DataError

from .tiny import pixels, png, write_parquet


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("column", ["image", "img"])
def test_images_and_labels_come_back_as_they_were_written(tmp_path: Path, channels: int, column: str) -> None:
    images = pixels(5, channels, 6)
    write_parquet(tmp_path / "a.parquet", [png(i) for i in images], [3, 1, 4, 1, 5], column=column)
    file = read_parquet([tmp_path / "a.parquet"], "tiny", channels)
    np.testing.assert_array_equal(file.images, images)
    assert (file.images.dtype, file.labels.dtype, file.labels.tolist()) == (np.uint8, np.int64, [3, 1, 4, 1, 5])


def test_shards_are_joined_in_their_order(tmp_path: Path) -> None:
    images = pixels(5, 1, 4)
    write_parquet(tmp_path / "a.parquet", [png(i) for i in images[:2]], [0, 1])
    write_parquet(tmp_path / "b.parquet", [png(i) for i in images[2:]], [2, 3, 4])
    file = read_parquet([tmp_path / "a.parquet", tmp_path / "b.parquet"], "tiny", 1)
    np.testing.assert_array_equal(file.images, images)
    assert file.labels.tolist() == [0, 1, 2, 3, 4]


def test_class_names_come_from_the_metadata(tmp_path: Path) -> None:
    write_parquet(tmp_path / "named.parquet", [], [], classes=["cat", "dog"])
    write_parquet(tmp_path / "bare.parquet", [], [])
    assert class_names(tmp_path / "named.parquet") == ("cat", "dog")
    assert class_names(tmp_path / "bare.parquet") is None


def message_of(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        read_parquet([path], "tiny", 1)
    return str(caught.value)


def test_a_file_that_is_no_parquet_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(b"<html>404</html>")
    message = message_of(path)
    assert message.startswith(f"{path} is damaged or no Parquet file (Parquet magic bytes not found")
    assert message.endswith("; delete it and fetch it again.")


def test_a_file_without_a_label_column_is_named_with_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"image": [b""], "fine_label": [1]}), path)
    assert message_of(path) == f"{path} has no column 'label'; its columns are image, fine_label."


def test_an_image_column_of_another_kind_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"image": [b""], "label": [1]}), path)
    assert message_of(path) == f"The column 'image' of {path} must be a struct with the field 'bytes'."


def test_missing_labels_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    write_parquet(path, [b"", b"", b""], [1, None, None])
    assert message_of(path) == f"Labels must be integers; in {path} they are int64, 2 of them missing."


def test_an_image_that_cannot_be_decoded_is_named_by_its_number(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    good = png(pixels(1, 1, 8)[0])
    write_parquet(path, [good, good[:40]], [0, 1])
    assert message_of(path).startswith(f"Image 1 of {path} cannot be decoded (")


def test_an_image_of_another_size_is_named_by_its_number(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    write_parquet(path, [png(pixels(1, 1, 8)[0]), png(pixels(1, 1, 9)[0])], [0, 1])
    assert message_of(path) == f"Image 1 of {path} has shape (1, 9, 9); the first has (1, 8, 8)."


def test_a_progress_bar_is_shown_on_stderr_only_when_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, progress in (("quiet", False), ("loud", True)):
        write_parquet(tmp_path / f"{name}.parquet", [png(pixels(1, 1, 8)[0])], [0])
        read_parquet([tmp_path / f"{name}.parquet"], name, 1, progress=progress)
        captured = capsys.readouterr()
        assert captured.out == ""
        assert ("Decoding loud" in captured.err) == progress, captured.err
