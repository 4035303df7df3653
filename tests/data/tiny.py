"""Tiny data files with known pixels, in the layouts of the public data sets."""

import gzip
import io
import json
import struct
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
from PIL import Image


def pixels(count: int, channels: int, side: int, seed: int = 0) -> np.ndarray:
    """Return uint8 noise (count, channels, side, side)."""
    return np.random.default_rng(seed).integers(0, 256, (count, channels, side, side), dtype=np.uint8)


def png(image: np.ndarray) -> bytes:
    """Return one image, uint8 (C, H, W), as PNG."""
    content = io.BytesIO()
    Image.fromarray(image[0] if len(image) == 1 else image.transpose(1, 2, 0)).save(content, "PNG")
    return content.getvalue()


def write_parquet(
    path: Path, images: list[bytes], labels: list[int | None], classes: list[str] | None = None, column: str = "image"
) -> None:
    """Write encoded images and labels as the Hugging Face Hub does."""
    table = pyarrow.table({
        column: pyarrow.array([{"bytes": content, "path": None} for content in images],
                              pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])),
        "label": pyarrow.array(labels, pyarrow.int64()),
    })  # fmt: skip
    if classes:
        features = {"info": {"features": {"label": {"names": classes, "_type": "ClassLabel"}}}}
        table = table.replace_schema_metadata({"huggingface": json.dumps(features)})
    path.parent.mkdir(parents=True, exist_ok=True)
    pyarrow.parquet.write_table(table, path)


def idx(array: np.ndarray) -> bytes:
    """Return a uint8 array as an IDX file: two zeros, type 8, number of axes, their lengths, the bytes."""
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def write_idx_set(folder: Path, *, packed: bool, train: int = 40, test: int = 10) -> dict[str, np.ndarray]:
    """Write the four files of an MNIST-like set into `folder`; return images (N, 28, 28) and labels by file name."""
    files = {
        "train-images-idx3-ubyte": pixels(train, 1, 28, seed=1)[:, 0],
        "train-labels-idx1-ubyte": (np.arange(train) % 10).astype(np.uint8),
        "t10k-images-idx3-ubyte": pixels(test, 1, 28, seed=2)[:, 0],
        "t10k-labels-idx1-ubyte": (np.arange(test) % 10).astype(np.uint8),
    }
    folder.mkdir(parents=True)
    for name, array in files.items():
        content = idx(array)
        (folder / (f"{name}.gz" if packed else name)).write_bytes(gzip.compress(content) if packed else content)
    return files


def write_cifar_parquet(folder: Path, train: int = 40, test: int = 20) -> dict[str, np.ndarray]:
    """Write `train.parquet` and `test.parquet` with PNG images; return the images (N, 3, 32, 32) by part."""
    parts = {"train": pixels(train, 3, 32, seed=3), "test": pixels(test, 3, 32, seed=4)}
    for part, images in parts.items():
        write_parquet(folder / f"{part}.parquet", [png(i) for i in images], [n % 10 for n in range(len(images))])
    return parts
