"""Decoded images are kept, found again, and made anew when the source changed or the cache is damaged."""

import logging
import os
from pathlib import Path

import numpy as np
import pytest

from core.data.cache import cache_folder, decoded

IMAGES = np.arange(2 * 3 * 4 * 4, dtype=np.uint8).reshape(2, 3, 4, 4)


class Decoder:
    """Counts how often it is asked."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> np.ndarray:
        self.calls += 1
        return IMAGES + self.calls - 1


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.parquet"
    path.write_bytes(b"12345")
    return path


def kept(cache: Path) -> list[Path]:
    return sorted((cache / "decoded").iterdir())


def test_the_second_read_decodes_nothing(source: Path, cache: Path) -> None:
    decoder = Decoder()
    for _ in range(2):
        np.testing.assert_array_equal(decoded([source], "tiny", 2, decoder), IMAGES)
    assert decoder.calls == 1
    assert [path.suffix for path in kept(cache)] == [".npy"], "no temporary file stays"


@pytest.mark.parametrize("change", ["size", "time"])
def test_a_changed_source_is_decoded_anew_and_its_old_images_go(source: Path, cache: Path, change: str) -> None:
    decoder = Decoder()
    decoded([source], "tiny", 2, decoder)
    if change == "size":
        source.write_bytes(b"123456")
    else:
        os.utime(source, ns=(1, 1))
    np.testing.assert_array_equal(decoded([source], "tiny", 2, decoder), IMAGES + 1)
    assert len(kept(cache)) == 1


@pytest.mark.parametrize("damage", ["torn", "one bit", "empty", "pickle"])
def test_a_damaged_cache_is_made_anew(source: Path, cache: Path, damage: str) -> None:
    decoder = Decoder()
    decoded([source], "tiny", 2, decoder)
    (path,) = kept(cache)
    content = bytearray(path.read_bytes())
    if damage == "pickle":
        np.save(path, np.array([print]), allow_pickle=True)
    else:
        content[-1] ^= damage == "one bit"
        path.write_bytes(content[:-9] if damage == "torn" else b"" if damage == "empty" else content)
    np.testing.assert_array_equal(decoded([source], "tiny", 2, decoder), IMAGES + 1)
    np.testing.assert_array_equal(decoded([source], "tiny", 2, decoder), IMAGES + 1)
    assert decoder.calls == 2


def test_sources_with_the_same_name_in_two_places_do_not_mix(source: Path, tmp_path: Path, cache: Path) -> None:
    other = tmp_path / "elsewhere" / source.name
    other.parent.mkdir()
    other.write_bytes(source.read_bytes())
    decoder = Decoder()
    decoded([source], "tiny", 2, decoder)
    np.testing.assert_array_equal(decoded([other], "tiny", 2, decoder), IMAGES + 1)
    assert len(kept(cache)) == 2


def test_a_cache_that_cannot_be_written_costs_a_warning_only(
    source: Path, cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cache.write_text("a file where the folder should be")
    with caplog.at_level(logging.WARNING, "activation_explorer"):
        np.testing.assert_array_equal(decoded([source], "tiny", 2, Decoder()), IMAGES)
    assert caplog.messages[0].startswith(f"The decoded images of tiny could not be kept in {cache / 'decoded'} (")


def test_the_cache_lies_in_the_home_folder_unless_the_environment_says_otherwise(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cache_folder() == cache
    monkeypatch.delenv("ACTIVATION_EXPLORER_CACHE")
    assert cache_folder() == Path.home() / ".cache" / "activation-explorer"
