"""What every reader returns: a source with a train and a test file, as NumPy arrays. Nothing here needs torch."""

from dataclasses import dataclass

import numpy as np

from ..errors import DataError


@dataclass(frozen=True, kw_only=True)
class SourceFile:
    """One file of a data set, decoded: `images` uint8 (N, C, H, W), `labels` int64 (N,)."""

    images: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, kw_only=True)
class Source:
    """The train and test file of a data set, its class names, and the layout in which it was found."""

    train: SourceFile
    test: SourceFile
    classes: tuple[str, ...]
    layout: str


def check_source(source: Source, title: str, shape: tuple[int, int, int], where: str) -> Source:
    """Return `source` if its images have `shape` (C, H, W) and every label names a class; raise DataError if not."""
    for file in (source.train, source.test):
        if file.images.shape[1:] != shape:
            raise DataError(f"{title} has images of shape {shape}; in {where} they have {file.images.shape[1:]}.")
        if len(file.images) != len(file.labels):
            raise DataError(f"In {where} there are {len(file.images):,} images and {len(file.labels):,} labels.")
        if not len(file):
            raise DataError(f"{where} holds no images.")
        low, high = int(file.labels.min()), int(file.labels.max())
        if low < 0 or high >= len(source.classes):
            raise DataError(
                f"Labels of {title} go from 0 to {len(source.classes) - 1}; in {where} they go from {low} to {high}."
            )
    return source
