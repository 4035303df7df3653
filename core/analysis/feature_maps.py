"""What the channels of a site give for chosen images, noise off: the feature maps."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from ..errors import ExplorerError, unknown_name
from ..progress import ProgressCallback
from .passes import Steps, until

if TYPE_CHECKING:
    from torch import Tensor, nn

Order = Literal["mean", "number"]
#: Most channels that are kept.
MOST = 64


@dataclass(frozen=True, eq=False, kw_only=True)
class FeatureMaps:
    """Outputs of a site: `values` (N, M, H, W) float32 for N images and M of the site's channels.

    images: N ids; channels: the M channels, in the order asked for; means: (C,) mean output of every channel of the site over
    images and positions; total: C. Sites without positions, as after pooling, have H = W = 1; sequences have W = 1.
    """

    site: str
    images: tuple[int, ...]
    channels: tuple[int, ...]
    values: np.ndarray
    means: np.ndarray
    total: int

    def to_table(self) -> pd.DataFrame:
        """Return one row per image, channel and position: image, channel, row, column, value; in the order of the maps."""
        n, m, h, w = self.values.shape
        index = np.indices((n, m, h, w)).reshape(4, -1)
        return pd.DataFrame(
            {
                "image": np.asarray(self.images)[index[0]],
                "channel": np.asarray(self.channels)[index[1]],
                "row": index[2],
                "column": index[3],
                "value": self.values.ravel(),
            }
        )


def feature_maps(
    model: "nn.Module",
    images: "Tensor",
    site: str,
    *,
    ids: Sequence[int] | None = None,
    order: Order = "mean",
    most: int = MOST,
    batch_size: int = 64,
    progress: ProgressCallback | None = None,
) -> FeatureMaps:
    """Return the outputs of `site` for `images`, from a fork of `model` in evaluation mode with the noise off.

    Args:
        images: normalised floats (N, C, H, W); ids: N numbers (default: 0 … N − 1).
        order: "mean": the channels with the largest mean output over these images first, equal ones by number; "number".
        most: so many channels are kept.
        progress: called before every batch.

    Raises:
        ExplorerError: an unknown site, no image, or outputs without channels.
    """
    if order not in ("mean", "number"):
        raise ExplorerError(f"order must be one of mean, number; received '{order}'.")
    if len(images) < 1 or most < 1:
        raise ExplorerError(f"Feature maps need at least 1 image and 1 channel; received {len(images)} and {most}.")
    if ids is not None and len(ids) != len(images):
        raise ExplorerError(f"ids must hold one number per image; received {len(ids)} for {len(images)} images.")
    values = np.concatenate(list(site_values(model, images, site, batch_size=batch_size, progress=progress)))
    means = values.mean((0, 2, 3), dtype=np.float64)
    channels = np.argsort(-means, kind="stable") if order == "mean" else np.arange(len(means))
    kept = channels[:most]
    return FeatureMaps(
        site=site,
        images=tuple(range(len(images))) if ids is None else tuple(int(i) for i in ids),
        channels=tuple(int(c) for c in kept),
        values=np.ascontiguousarray(values[:, kept]),
        means=means,
        total=len(means),
    )


def channel_means(
    model: "nn.Module",
    images: "Tensor",
    site: str,
    channel: int,
    *,
    what: Literal["input", "output"] = "output",
    batch_size: int = 256,
    progress: ProgressCallback | None = None,
) -> np.ndarray:
    """Return the mean over positions of a channel's outputs, or its inputs (pre-activations), for every image: (N,) float64."""
    parts = site_values(model, images, site, what=what, batch_size=batch_size, progress=progress)
    means = [part.mean((2, 3), dtype=np.float64) for part in parts]
    total = means[0].shape[1]
    if not 0 <= channel < total:
        raise ExplorerError(f"Site {site} has no channel {channel}; its channels are 0 to {total - 1}.")
    return np.concatenate(means)[:, channel]


def site_values(
    model: "nn.Module",
    images: "Tensor",
    site: str,
    *,
    what: Literal["input", "output"] = "output",
    batch_size: int = 64,
    progress: ProgressCallback | None = None,
) -> "list[np.ndarray]":
    """Return the tensors of a site batch by batch, each (n, C, H, W) float32; the network runs no further than the site."""
    import torch

    from ..activations import noise
    from ..models import fork, on_device

    axis = channel_axis(model, site)
    twin, found = fork(model).eval(), []
    tell = Steps(progress, -(-len(images) // batch_size))
    with torch.no_grad(), noise(twin, on=False):
        for batch in images.split(batch_size):
            tell(f"Outputs of {site}" if what == "output" else f"Inputs of {site}")
            found.append(with_positions(until(twin, on_device(twin, batch), site, what), axis, site).float().cpu().numpy())
    return found


def channel_axis(model: "nn.Module", site: str) -> int:
    """Return which axis of a site's tensors holds the channels. UnknownNameError: there is no such site."""
    from ..models import sites

    known = {s.path: s for s in sites(model)}
    if site not in known:
        raise unknown_name("site", site, known)
    return known[site].channel_axis


def with_positions(values: "Tensor", axis: int, site: str) -> "Tensor":
    """Return a site's tensor as (N, C, H, W): channels second, positions that it lacks of length 1."""
    if not 2 <= values.ndim <= 4:
        raise ExplorerError(f"Site {site} gives {values.ndim} axes; maps need 2 to 4: images, channels, rows, columns.")
    moved = values.movedim(axis, 1)
    return moved.reshape(*moved.shape, *[1] * (4 - moved.ndim))
