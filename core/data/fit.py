"""Images as a network takes them: another number of channels, another side, another normalisation than the data set's own."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import DataError, ExplorerError
from .dataset import ImageDataset, Split, channel_statistics

if TYPE_CHECKING:
    from torch import Tensor

#: Bytes of a data set that are held in memory at most after a change of size.
LARGEST = 3_000_000_000
#: Images that are converted at once.
_BATCH = 500


def fit_dataset(
    data: ImageDataset,
    *,
    channels: int | None = None,
    size: int | None = None,
    mean: Sequence[float] | None = None,
    sd: Sequence[float] | None = None,
) -> tuple[ImageDataset, tuple[str, ...]]:
    """Return the data set as a network takes it, and a sentence for every conversion.

    Grey images become RGB by repeating their channel, RGB images grey by their luma (ITU-R 601, as Pillow's mode L); images of
    another side are scaled (bicubic, antialiased). Ids, labels and splits stay.

    Args:
        channels: of the network's input, 1 or 3; None: as the data set.
        size: side in pixels; None: as the data set.
        mean, sd: normalisation, one number per channel or one for all; None: that of the (converted) train images.

    Raises:
        DataError: a number of channels that images cannot be converted to, or more memory than `LARGEST`.
        ExplorerError: mean and sd not both given, or not one per channel, or sd not above 0.
    """
    said: list[str] = []
    converted = data
    have, side = data.in_channels, tuple(data.train.images.shape[2:])
    if channels not in (None, have):
        if (have, channels) not in ((1, 3), (3, 1)):
            raise DataError(
                f"The images of {data.name} have {have} channel{'s' * (have != 1)} and the network takes {channels}; "
                "grey (1) and RGB (3) images can be converted into each other, nothing else."
            )
        converted = _each(converted, _to_rgb if channels == 3 else _to_grey)
        words = "grey to RGB (their channel three times)" if channels == 3 else "RGB to grey (luma)"
        said.append(f"The images of {data.title} were converted from {words}.")
    if size is not None and side != (size, size):
        total = sum(len(s) for s in data.splits.values()) * converted.in_channels * size * size
        if total > LARGEST:
            raise DataError(
                f"{data.title} scaled to {size}×{size} pixels would take {total / 1e9:.1f} GB of memory, more than the "
                f"{LARGEST / 1e9:.0f} GB allowed; choose a smaller size, or a folder with fewer images."
            )
        converted = _each(converted, lambda images: _scaled(images, size))
        said.append(f"The images of {data.title} were scaled from {side[1]}×{side[0]} to {size}×{size} pixels.")
    if said:
        own_mean, own_sd = channel_statistics(converted.train.images.numpy())
        converted = dataclasses.replace(converted, mean=own_mean, sd=own_sd)
    if mean is not None or sd is not None:
        mean, sd = _per_channel(mean, sd, converted.in_channels)
        converted = dataclasses.replace(converted, mean=tuple(mean), sd=tuple(sd))
    return converted, tuple(said)


def _each(data: ImageDataset, change: "Callable[[Tensor], Tensor]") -> ImageDataset:
    """Return the data set with the images of every split changed, a few at a time."""
    import torch

    splits: dict[str, Any] = {}
    for name, split in data.splits.items():
        parts = [change(part) for part in split.images.split(_BATCH)]
        images = torch.cat(parts) if parts else change(split.images)
        splits[name] = Split(images=images, labels=split.labels, ids=split.ids)
    return dataclasses.replace(data, **splits)


def _to_rgb(images: "Tensor") -> "Tensor":
    return images.expand(-1, 3, -1, -1).contiguous()


def _to_grey(images: "Tensor") -> "Tensor":
    """Return uint8 (N, 1, H, W): Pillow's integer luma."""
    r, g, b = images.int().unbind(1)
    return ((r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16).to(images.dtype)[:, None]


def _scaled(images: "Tensor", size: int) -> "Tensor":
    from torch.nn.functional import interpolate

    scaled = interpolate(images.float(), (size, size), mode="bicubic", antialias=True, align_corners=False)
    return scaled.round().clamp(0, 255).to(images.dtype)


def _per_channel(
    mean: Sequence[float] | None, sd: Sequence[float] | None, channels: int
) -> tuple[Sequence[float], Sequence[float]]:
    if mean is None or sd is None:
        raise ExplorerError("A normalisation needs both mean and sd; received only one of them.")
    for name, values in (("mean", mean), ("sd", sd)):
        if len(values) not in (1, channels):
            raise ExplorerError(f"{name} needs one number per channel ({channels}), or one for all; received {len(values)}.")
    if min(sd) <= 0:
        raise ExplorerError(f"Every sd must be above 0; received {min(sd)}.")
    return tuple(mean) * (channels // len(mean)), tuple(sd) * (channels // len(sd))
