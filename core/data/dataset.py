"""A data set of images: three splits, class names, statistics, and what a run records about it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DataError
from .splits import stratified_rows

if TYPE_CHECKING:
    import torch

#: Size of the probe set: validation images on which snapshots are taken.
PROBE_IMAGES = 1000


@dataclass(frozen=True, kw_only=True, eq=False)
class Split:
    """Part of a data set: `images` uint8 (N, C, H, W), `labels` int64 (N,), `ids` int64 (N,).

    An id is the image's index in its source: the train file from 0, the test file after it. It is unique within the data set.
    """

    images: "torch.Tensor"
    labels: "torch.Tensor"
    ids: "torch.Tensor"

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, rows: "torch.Tensor") -> "Split":
        """Return the images at `rows`, int64 (M,) or bool (N,)."""
        return Split(images=self.images[rows], labels=self.labels[rows], ids=self.ids[rows.to(self.ids.device)])


@dataclass(frozen=True, kw_only=True, eq=False)
class ImageDataset:
    """A data set in memory. `mean` and `sd` are per channel, of the train images scaled to [0, 1]."""

    name: str
    title: str
    classes: tuple[str, ...]
    train: Split
    validation: Split
    test: Split
    mean: tuple[float, ...]
    sd: tuple[float, ...]
    layout: str = "arrays"
    """Where the images came from: bundled, parquet, idx, torchvision, folder or arrays."""

    @classmethod
    def from_arrays(
        cls,
        name: str,
        images: np.ndarray,
        labels: np.ndarray,
        classes: tuple[str, ...] | None = None,
        title: str | None = None,
    ) -> "ImageDataset":
        """Return one's own images as a data set: `images` uint8 (N, C, H, W) or (N, H, W), `labels` integers (N,).

        A tenth is cut off for validation and for test each, stratified, at least one image per class and the same for every
        seed; ids are the rows. `classes` default to the labels as text. Raises DataError for other types or shapes, and for a
        class with fewer than three images.
        """
        from .assemble import from_arrays

        return from_arrays(name, images, labels, classes, title)

    @property
    def num_classes(self) -> int:
        return len(self.classes)

    @property
    def in_channels(self) -> int:
        return self.train.images.shape[1]

    @cached_property
    def probe_ids(self) -> tuple[int, ...]:
        """Ids of the probe set, ascending: a stratified 1,000 of the validation images, or all if there are fewer."""
        labels, ids = self.validation.labels.numpy(), self.validation.ids.numpy()
        rows = stratified_rows(labels, min(PROBE_IMAGES, len(ids)), f"{self.name}/probe", keys=ids)
        return tuple(sorted(ids[rows].tolist()))

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 (64 hex digits) over the decoded images, labels and ids of all splits."""
        digest = hashlib.sha256()
        for name, split in self.splits.items():
            digest.update(f"{name} {tuple(split.images.shape)}".encode())
            digest.update(split.images.cpu().contiguous().numpy().data)
            for values in (split.labels, split.ids):
                digest.update(values.cpu().numpy().astype("<i8").data)
        return digest.hexdigest()

    @property
    def splits(self) -> dict[str, Split]:
        """The splits by name: train, validation, test."""
        return {"train": self.train, "validation": self.validation, "test": self.test}

    def normalise(self, images: "torch.Tensor") -> "torch.Tensor":
        """Return uint8 images (N, C, H, W) as float32, (images / 255 - mean) / sd, on their own device."""
        import torch

        mean, sd = (torch.tensor(v, device=images.device).view(-1, 1, 1) * 255 for v in (self.mean, self.sd))
        return images.to(torch.float32).sub_(mean).div_(sd)

    def probe(self) -> Split:
        """Return the probe set, in the order of `probe_ids`."""
        return self.by_ids(self.probe_ids)

    def by_ids(self, ids: Iterable[int]) -> Split:
        """Return the images with these ids, in the order given, on the CPU, from whichever splits hold them.

        Raises DataError for an id that no split holds.
        """
        import torch

        wanted = torch.tensor([int(i) for i in ids], dtype=torch.int64)
        where, rows = self._find(wanted)
        images = torch.empty((len(wanted), *self.train.images.shape[1:]), dtype=torch.uint8)
        labels = torch.empty(len(wanted), dtype=torch.int64)
        for number, split in enumerate(self.splits.values()):
            here = where == number
            part = split[rows[here].to(split.images.device)]
            images[here], labels[here] = part.images.cpu(), part.labels.cpu()
        return Split(images=images, labels=labels, ids=wanted)

    def split_of(self, image_id: int) -> str:
        """Return the name of the split that holds an id: train, validation or test."""
        import torch

        where, _ = self._find(torch.tensor([image_id]))
        return list(self.splits)[int(where)]

    def _find(self, wanted: "torch.Tensor") -> tuple["torch.Tensor", "torch.Tensor"]:
        """Return for every id the number of its split and its row in it, both int64 (M,)."""
        import torch

        table = torch.full((self._highest_id + 2, 2), -1, dtype=torch.int64)
        for number, split in enumerate(self.splits.values()):
            table[split.ids.cpu(), 0], table[split.ids.cpu(), 1] = number, torch.arange(len(split))
        found = table[wanted.clamp(-1, self._highest_id + 1)]
        missing = wanted[found[:, 0] < 0].tolist()
        if missing:
            raise DataError(f"The data set {self.name} has no image {missing[0]}; {self._about_ids(table, missing[0])}.")
        return found[:, 0], found[:, 1]

    def _about_ids(self, table: "torch.Tensor", wanted: int) -> str:
        """Return which ids there are; where they have gaps (a sample of a larger data set), the one nearest to `wanted`."""
        ids = (table[:, 0] >= 0).nonzero()[:, 0]
        if len(ids) == self._highest_id + 1:
            return f"ids go from 0 to {self._highest_id}"
        nearest = min(ids.tolist(), key=lambda i: abs(i - wanted))
        return f"it holds {len(ids):,} of the ids from 0 to {self._highest_id}, and the nearest is {nearest}"

    @property
    def _highest_id(self) -> int:
        return max(int(split.ids.max()) for split in self.splits.values() if len(split))

    def describe(self) -> dict[str, Any]:
        """Return what run.json records: plain types only."""
        return {
            "name": self.name,
            "title": self.title,
            "layout": self.layout,
            "sizes": {name: len(split) for name, split in self.splits.items()},
            "image_shape": list(self.train.images.shape[1:]),
            "classes": list(self.classes),
            "mean": list(self.mean),
            "sd": list(self.sd),
            "fingerprint": self.fingerprint,
            "probe_ids": list(self.probe_ids),
        }


def channel_statistics(images: np.ndarray) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return mean and (population) standard deviation per channel of uint8 images (N, C, H, W) scaled to [0, 1].

    Computed from exact counts of the 256 values, so the same on every machine.
    """
    levels = np.arange(256) / 255
    means, sds = [], []
    for channel in range(images.shape[1]):
        share = np.bincount(images[:, channel].ravel(), minlength=256) / images[:, channel].size
        mean = float(share @ levels)
        means.append(mean)
        sds.append(float(np.sqrt(share @ (levels - mean) ** 2)))
    return tuple(means), tuple(sds)
