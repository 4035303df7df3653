"""From decoded source files to an ImageDataset: cut the validation split, number the images, take the statistics."""

import numpy as np

from .arrays import Source, SourceFile
from .dataset import ImageDataset, Split, channel_statistics
from .splits import stratified_rows


def assemble(
    name: str,
    title: str,
    source: Source,
    *,
    validation_rows: np.ndarray,
    train_rows: np.ndarray | None = None,
    test_rows: np.ndarray | None = None,
    statistics: tuple[tuple[float, ...], tuple[float, ...]] | None = None,
) -> ImageDataset:
    """Return the data set whose validation split is `validation_rows` of the train file.

    `train_rows` default to the rest of the train file, `test_rows` to the whole test file; `statistics` (mean, sd) to those of
    the train split. Rows are ascending.
    """
    if train_rows is None:
        train_rows = np.setdiff1d(np.arange(len(source.train)), validation_rows)
    if test_rows is None:
        test_rows = np.arange(len(source.test))
    mean, sd = statistics or channel_statistics(source.train.images[train_rows])
    return ImageDataset(
        name=name,
        title=title,
        classes=source.classes,
        train=take(source.train, train_rows),
        validation=take(source.train, validation_rows),
        test=take(source.test, test_rows, offset=len(source.train)),
        mean=mean,
        sd=sd,
        layout=source.layout,
    )


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
