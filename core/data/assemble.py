"""From decoded images to an ImageDataset: cut the splits, number the images, take the statistics."""

import numpy as np

from ..errors import DataError
from .arrays import Source, SourceFile
from .catalogue import KnownSet
from .dataset import ImageDataset, Split, channel_statistics
from .splits import stratified_rows


def known_dataset(known: KnownSet, source: Source) -> ImageDataset:
    """Return a public data set: a stratified tenth of its train file is the validation split, its test file the test split."""
    validation = tenth(source.train.labels, known.name)
    train = np.setdiff1d(np.arange(len(source.train)), validation)
    return make_dataset(
        name=known.name,
        title=known.title,
        classes=source.classes,
        layout=source.layout,
        splits={
            "train": take(source.train, train),
            "validation": take(source.train, validation),
            "test": take(source.test, np.arange(len(source.test)), offset=len(source.train)),
        },
        statistics=known.statistics,
    )


def from_arrays(
    name: str, images: np.ndarray, labels: np.ndarray, classes: tuple[str, ...] | None = None, title: str | None = None
) -> ImageDataset:
    """Return one's own images as a data set; see `ImageDataset.from_arrays`."""
    images, labels = np.asarray(images), np.asarray(labels)
    images = images[:, None] if images.ndim == 3 else images
    if images.dtype != np.uint8 or images.ndim != 4:
        raise DataError(
            f"Images must be uint8 of shape (N, C, H, W) or (N, H, W); received {images.dtype} of shape {images.shape}."
        )
    if labels.shape != images.shape[:1] or labels.dtype.kind not in "iu":
        raise DataError(
            f"Labels must be {len(images)} integers, one per image; received {labels.dtype} of shape {labels.shape}."
        )
    classes = tuple(str(label) for label in range(labels.max(initial=0) + 1)) if classes is None else tuple(classes)
    if labels.min(initial=0) < 0 or labels.max(initial=0) >= len(classes):
        raise DataError(f"Labels must lie between 0 and {len(classes) - 1}; received {labels.min()} to {labels.max()}.")
    file = SourceFile(images=images, labels=labels.astype(np.int64))
    parts = three_parts(file.labels, name, classes)
    splits = {split: take(file, rows) for split, rows in parts.items()}
    return make_dataset(name=name, title=title or name, classes=classes, layout="arrays", splits=splits)


def make_dataset(
    *,
    name: str,
    title: str,
    classes: tuple[str, ...],
    layout: str,
    splits: dict[str, Split],
    statistics: tuple[tuple[float, ...], tuple[float, ...]] | None = None,
) -> ImageDataset:
    """Return the data set of the splits train, validation and test; `statistics` default to those of the train images."""
    mean, sd = statistics or channel_statistics(splits["train"].images.numpy())
    return ImageDataset(name=name, title=title, classes=classes, mean=mean, sd=sd, layout=layout, **splits)


def take(file: SourceFile, rows: np.ndarray, offset: int = 0) -> Split:
    """Return the split that holds `rows` of `file`, with ids `offset + row`."""
    import torch

    return Split(
        images=torch.from_numpy(np.ascontiguousarray(file.images[rows])),
        labels=torch.from_numpy(file.labels[rows].astype(np.int64)),
        ids=torch.from_numpy(rows.astype(np.int64) + offset),
    )


def tenth(labels: np.ndarray, name: str) -> np.ndarray:
    """Return the rows of a stratified tenth of a train file: the validation split of the data set `name`."""
    return stratified_rows(labels, round(len(labels) / 10), f"{name}/validation")


def three_parts(
    labels: np.ndarray,
    name: str,
    classes: tuple[str, ...],
    *,
    keys: np.ndarray | None = None,
    missing: tuple[str, ...] = ("test", "validation"),
) -> dict[str, np.ndarray]:
    """Return the rows of train and of every `missing` split: a stratified tenth each, at least one image of each class.

    `keys`, int (n,), order the images; they default to the rows. Raises DataError for a class with too few images.
    """
    keys = np.arange(len(labels)) if keys is None else keys
    for number, count in enumerate(np.bincount(labels, minlength=len(classes))):
        if count < 1 + len(missing):
            images = f"{count} image{'' if count == 1 else 's'}"
            raise DataError(
                f"The class '{classes[number]}' of the data set {name} has {images} to share between "
                f"{', '.join(['train', *missing])}; at least {1 + len(missing)} are needed."
            )
    rest, parts = np.arange(len(labels)), {}
    for split in missing:
        total = round(len(labels) / 10)
        chosen = stratified_rows(labels[rest], total, f"{name}/{split}", keys=keys[rest], at_least=1)
        parts[split] = rest[chosen]
        rest = np.delete(rest, chosen)
    return {"train": rest, **parts}
