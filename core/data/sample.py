"""The bundled sample of Fashion-MNIST: 7,000 train, 1,000 validation and 1,000 test images, in 3.4 MB.

`fashion_sample/fashion_sample.npz` is a plain NumPy archive, packed with LZMA; `make_fashion_sample` made it. Ids are those
of the whole Fashion-MNIST, and each split is a part of the same split of `fashion-mnist`, so that models can be compared
on either.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .dataset import ImageDataset

SAMPLE_FILE = Path(__file__).parent / "fashion_sample" / "fashion_sample.npz"

FASHION_CLASSES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip


@cache
def sample_arrays() -> dict[str, np.ndarray]:
    """Return `<split>_images` uint8 (N, 1, 28, 28), `<split>_labels` and `<split>_ids` int64 (N,) for each split; no torch.

    Images come in the order of their ids. The arrays are read once and are read-only.
    """
    with np.load(SAMPLE_FILE, allow_pickle=False) as archive:
        packed = dict(archive.items())
    arrays = {}
    for split in ("train", "validation", "test"):
        order = np.argsort(packed[f"{split}_ids"])
        arrays[f"{split}_images"] = packed[f"{split}_images"][order]
        for part in ("labels", "ids"):
            arrays[f"{split}_{part}"] = packed[f"{split}_{part}"][order].astype(np.int64)
    for array in arrays.values():
        array.flags.writeable = False
    return arrays


def load_fashion_sample() -> "ImageDataset":
    """Return the bundled sample as a data set."""
    import torch

    from .assemble import make_dataset
    from .dataset import Split

    arrays = sample_arrays()
    splits = {
        split: Split(**{part: torch.from_numpy(arrays[f"{split}_{part}"].copy()) for part in ("images", "labels", "ids")})
        for split in ("train", "validation", "test")
    }
    title = "Fashion-MNIST, a sample"
    return make_dataset(name="fashion-sample", title=title, classes=FASHION_CLASSES, layout="bundled", splits=splits)
