"""Parquet files with images, as on the Hugging Face Hub: `image: struct<bytes, path>`, `label: int64`."""

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import DataError
from .arrays import SourceFile
from .cache import decoded

if TYPE_CHECKING:
    import pyarrow.parquet as pq


def read_parquet(paths: list[Path], name: str, channels: int, *, progress: bool = False) -> SourceFile:
    """Return the images and labels of one or more Parquet files (the shards of one split), in the files' order.

    Images are decoded to `channels` (1 grey, 3 RGB) and kept in the cache under `name`. Raises DataError for a damaged file, a
    missing column, an image that cannot be decoded or that differs in size from the first.
    """
    labels = np.concatenate([_labels(path) for path in paths])
    images = decoded(paths, f"{name}-{channels}", len(labels), lambda: _decode(paths, len(labels), name, channels, progress))
    return SourceFile(images=images, labels=labels)


def class_names(path: Path) -> tuple[str, ...] | None:
    """Return the class names from the schema metadata (key `huggingface`, JSON), or None if there are none."""
    metadata = _open(path).schema_arrow.metadata or {}
    try:
        names = json.loads(metadata[b"huggingface"])["info"]["features"]["label"]["names"]
    except (KeyError, TypeError, ValueError):
        return None
    return tuple(map(str, names))


def _open(path: Path) -> "pq.ParquetFile":
    import pyarrow
    import pyarrow.parquet

    try:
        return pyarrow.parquet.ParquetFile(path)
    except (pyarrow.ArrowInvalid, OSError) as error:
        raise DataError(f"{path} is no readable Parquet file ({error}).") from error


def _column(path: Path, *names: str) -> str:
    """Return the first of `names` that is a column of the file."""
    columns = _open(path).schema_arrow.names
    for name in names:
        if name in columns:
            return name
    raise DataError(f"{path} has no column '{names[0]}'; its columns are {', '.join(columns)}.")


def _labels(path: Path) -> np.ndarray:
    column = _open(path).read(columns=[_column(path, "label")]).column(0)
    return column.to_numpy().astype(np.int64)


def _decode(paths: list[Path], total: int, name: str, channels: int, progress: bool) -> np.ndarray:
    from tqdm import tqdm

    images: np.ndarray | None = None
    row = 0
    with tqdm(total=total, desc=f"Decoding {name}", unit=" images", disable=not progress, leave=False) as bar:
        for path in paths:
            start = row
            for batch in _open(path).iter_batches(1000, columns=[_column(path, "image", "img")]):
                for content in batch.column(0).field("bytes"):
                    pixels = _pixels(content.as_py(), channels, f"Image {row - start} of {path}")
                    if images is None:
                        images = np.empty((total, *pixels.shape), np.uint8)
                    if pixels.shape != images.shape[1:]:
                        raise DataError(
                            f"Image {row - start} of {path} has shape {pixels.shape}; the first has {images.shape[1:]}."
                        )
                    images[row] = pixels
                    row += 1
                bar.update(len(batch))
    return np.empty((0, channels, 0, 0), np.uint8) if images is None else images


def _pixels(content: bytes | None, channels: int, what: str) -> np.ndarray:
    """Return one decoded image, uint8 (C, H, W)."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(content or b"")) as image:
            pixels = np.asarray(image.convert("L" if channels == 1 else "RGB"))
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise DataError(f"{what} cannot be decoded ({error}).") from error
    return pixels[None] if channels == 1 else pixels.transpose(2, 0, 1)
