"""Parquet files with images, as on the Hugging Face Hub: `image: struct<bytes, path>`, `label: int64`."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
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
    with _opened(path) as file:
        metadata = file.schema_arrow.metadata or {}
    try:
        names = json.loads(metadata[b"huggingface"])["info"]["features"]["label"]["names"]
    except (KeyError, TypeError, ValueError):
        return None
    return tuple(map(str, names))


@contextmanager
def _opened(path: Path) -> "Iterator[pq.ParquetFile]":
    """Open a Parquet file; what Arrow finds wrong with it, then or while it is read, becomes a DataError."""
    import pyarrow
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            yield file
    except (pyarrow.ArrowException, OSError) as error:
        raise DataError(f"{path} is damaged or no Parquet file ({error}); delete it and fetch it again.") from error


def _column(path: Path, columns: list[str], *names: str) -> str:
    """Return the first of `names` that is one of the file's `columns`."""
    for name in names:
        if name in columns:
            return name
    raise DataError(f"{path} has no column '{names[0]}'; its columns are {', '.join(columns)}.")


def _labels(path: Path) -> np.ndarray:
    with _opened(path) as file:
        name = _column(path, file.schema_arrow.names, "label")
        column = file.read(columns=[name]).column(0)
    labels = column.to_numpy()
    if labels.dtype.kind not in "iu":
        raise DataError(f"Labels must be integers; in {path} they are {column.type}, {column.null_count} of them missing.")
    return labels.astype(np.int64)


def _contents(path: Path) -> Iterator[bytes]:
    """Yield the encoded images of one file."""
    import pyarrow

    with _opened(path) as file:
        name = _column(path, file.schema_arrow.names, "image", "img")
        kind = file.schema_arrow.field(name).type
        if not (pyarrow.types.is_struct(kind) and kind.get_field_index("bytes") >= 0):
            raise DataError(f"The column '{name}' of {path} must be a struct with the field 'bytes'.")
        for batch in file.iter_batches(1000, columns=[name]):
            for content in batch.column(0).field("bytes"):
                yield content.as_py() or b""


def _decode(paths: list[Path], total: int, name: str, channels: int, progress: bool) -> np.ndarray:
    from tqdm import tqdm

    images = np.empty((0, channels, 0, 0), np.uint8)
    contents = ((path, number, content) for path in paths for number, content in enumerate(_contents(path)))
    bar = tqdm(contents, total=total, desc=f"Decoding {name}", unit=" images", disable=not progress, leave=False)
    for row, (path, number, content) in enumerate(bar):
        pixels = _pixels(content, channels, f"Image {number} of {path}")
        if row == 0:
            images = np.empty((total, *pixels.shape), np.uint8)
        if pixels.shape != images.shape[1:]:
            raise DataError(f"Image {number} of {path} has shape {pixels.shape}; the first has {images.shape[1:]}.")
        images[row] = pixels
    return images


def _pixels(content: bytes, channels: int, what: str) -> np.ndarray:
    """Return one decoded image, uint8 (C, H, W)."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(content)) as image:
            pixels = np.asarray(image.convert("L" if channels == 1 else "RGB"))
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise DataError(f"{what} cannot be decoded ({error}).") from error
    return pixels[None] if channels == 1 else pixels.transpose(2, 0, 1)
