"""IDX files are read to the byte, and damaged ones are refused with a sentence that says what is wrong."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from core.data.idx import read_idx
from core.errors import DataError

from .tiny import idx

ARRAY = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)


def written(tmp_path: Path, content: bytes, name: str = "images") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("packed", [True, False])
def test_an_array_comes_back_as_it_was_written(tmp_path: Path, packed: bool) -> None:
    path = written(tmp_path, gzip.compress(idx(ARRAY)), "a.gz") if packed else written(tmp_path, idx(ARRAY))
    np.testing.assert_array_equal(read_idx(path), ARRAY)


def test_labels_have_one_axis(tmp_path: Path) -> None:
    # Written out by hand: magic 0x00000801, three labels, 7 0 9.
    path = written(tmp_path, bytes.fromhex("00000801 00000003 070009"))
    assert read_idx(path).tolist() == [7, 0, 9]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "{path} is no IDX file of unsigned bytes; it starts with nothing."),
        (b"PK\x03\x04", "{path} is no IDX file of unsigned bytes; it starts with 50 4b 03 04."),
        (bytes.fromhex("00000d01 00000001"), "{path} is no IDX file of unsigned bytes; it starts with 00 00 0d 01."),
        (idx(ARRAY)[:10], "{path} is damaged: it ends within its header; delete it and fetch it again."),
        (
            idx(ARRAY)[:-1],
            "{path} is damaged: its header promises 24 bytes, 23 follow; delete it and fetch it again.",
        ),
    ],
)
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(DataError) as caught:
        read_idx(path)
    assert str(caught.value) == message.format(path=path)


def test_a_torn_gz_file_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, gzip.compress(idx(ARRAY))[:-12], "images.gz")
    with pytest.raises(DataError) as caught:
        read_idx(path)
    reason = "Compressed file ended before the end-of-stream marker was reached"
    assert str(caught.value) == f"{path} is damaged ({reason}); delete it and fetch it again."
