"""Batches of one epoch: order and augmentation come from their streams, so neither activation nor batch size moves them."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from ..config import TrainConfig
from ..data import ImageDataset, augment, augmentation_draws
from ..streams import stream


@dataclass(frozen=True, kw_only=True)
class Batch:
    """One rank's rows of one global batch."""

    images: Tensor
    """(n, C, H, W) float32, normalised and augmented, channels_last."""
    labels: Tensor
    """(n,) int64."""
    first: int
    """Row of the global batch at which this rank's part starts."""
    total: int
    """Rows of the global batch."""


def num_batches(config: TrainConfig, num_images: int) -> int:
    """Return the number of batches in an epoch over `num_images` images; the last may be smaller."""
    return -(-num_images // config.batch_size)


def epoch_order(config: TrainConfig, num_images: int, epoch: int) -> Tensor:
    """Return the order (num_images,) int64, on the CPU, in which `epoch` (from 1) shows the images."""
    return torch.randperm(num_images, generator=stream(config.seed, "order", epoch))


def epoch_batches(
    config: TrainConfig, dataset: ImageDataset, epoch: int, device: torch.device, rank: int = 0, world: int = 1
) -> Iterator[Batch]:
    """Yield the batches of `epoch` (from 1); rank `rank` of `world` gets its rows of each global batch.

    `dataset.train` should already lie on `device`. What is drawn for an image depends on seed, epoch and the image alone.
    """
    train = dataset.train
    count = len(train.labels)
    order = epoch_order(config, count, epoch)
    draws = augmentation_draws(config.augmentation, count, stream(config.seed, "augment", epoch)).to(device)
    for start in range(0, count, config.batch_size):
        rows = order[start : start + config.batch_size]
        low, high = rank * len(rows) // world, (rank + 1) * len(rows) // world
        mine = rows[low:high].to(device)
        images = augment(dataset.normalise(train.images[mine]), draws[mine], channels_last=True)
        yield Batch(
            images=images,
            labels=train.labels[mine],
            first=low,
            total=len(rows),
        )
