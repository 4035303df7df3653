"""What the noise does to the features: each image as a cloud of noisy passes, in one projection fitted without noise.

Ours; what exactly Kim et al. drew to show "a wider variety of features" is not available (Neurocomputing 406, 2020).
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import ExplorerError
from ..progress import ProgressCallback
from .passes import Steps, check_columns, check_noisy, features, noisy_features, noisy_sites
from .projection import Projection, effective_rank, fit_projection

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["LatentClouds", "ProgressCallback", "latent_clouds", "noisy_sites"]

#: Most numbers that the noisy features of one call may have: half a gigabyte.
MAX_VALUES = 1 << 27


@dataclass(frozen=True, eq=False)
class LatentClouds:
    """Features of some images at one site, with the noise off and under `passes` noisy passes.

    table: one row per image and pass: image (id), label, pass (−1: noise off), x, y (coordinates in the projection).
    explained: share of the variance between images along x and y.
    within: mean over images of the features' total variance over the passes.
    between: total variance of the noise-off features between the images of the fit.
    strength: within / between (NaN where `between` is 0). A rank alone is blind to scale, so the two belong together.
    rank: effective rank of the within-image covariance, pooled over images; at most passes × images.
    """

    site: str
    table: pd.DataFrame
    explained: tuple[float, float]
    strength: float
    rank: float
    within: float
    between: float
    passes: int
    images: int
    fit_images: int
    seed: int

    def summary(self) -> pd.DataFrame:
        """Return everything but the table as one row; `explained` becomes explained_x and explained_y."""
        row: dict[str, Any] = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("table", "explained")}
        return pd.DataFrame([row | {"explained_x": self.explained[0], "explained_y": self.explained[1]}])

    def to_frame(self) -> pd.DataFrame:
        """Return the table with the rest in `attrs`: one Parquet file holds it all."""
        frame = self.table.copy()
        frame.attrs = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "table"}
        return frame

    @classmethod
    def from_frame(cls, frame: pd.DataFrame) -> "LatentClouds":
        """Return the clouds that `to_frame` gave."""
        table = frame.copy()
        table.attrs = {}
        attrs: dict[str, Any] = {str(k): v for k, v in frame.attrs.items()}
        return cls(table=table, explained=tuple(attrs.pop("explained")), **attrs)


def latent_clouds(
    model: "nn.Module",
    images: "Tensor",
    site: str,
    *,
    passes: int = 64,
    seed: int = 0,
    ids: Sequence[int] | None = None,
    labels: Sequence[int] | None = None,
    fit_images: "Tensor | None" = None,
    batch_size: int = 256,
    progress: ProgressCallback | None = None,
) -> LatentClouds:
    """Send `images` through the network `passes` times with the noise on, and project the outputs of `site`.

    One sigma per pass and site is common to all images, k is drawn for every element: pass p takes the stream
    (seed, "noise-lens", p), so that the result does not depend on `batch_size`. The network runs as a fork in evaluation mode
    and only as far as the site; `model` stays as it is.

    Args:
        images: normalised floats (N, C, H, W).
        site: path of an activation; its outputs, flattened, are the features.
        ids, labels: N numbers each for the table; defaults: 0 … N − 1, and −1.
        fit_images: what the projection and the variance between images come from (default: `images`), at least 3.
        progress: called before every batch.

    Raises:
        ExplorerError: a network without noise, an unknown site, too few images to fit, or too many values to keep.
    """
    fit = images if fit_images is None else fit_images
    check_noisy(model, site)
    _check_numbers(len(images), len(fit), passes, ids=ids, labels=labels)
    from ..models import fork

    twin = fork(model).eval()
    steps = Steps(progress, -(-len(fit) // batch_size) + (passes + 1) * -(-len(images) // batch_size))
    projection = fit_projection(features(twin, fit, site, batch_size, steps, "Features without noise"))
    clean = features(twin, images, site, batch_size, steps, "Features without noise")
    _check_size(passes, *clean.shape)
    noisy = noisy_features(twin, images, site, passes, seed, batch_size, steps)
    strength, rank, within = _spread(noisy, projection.variance)
    return LatentClouds(
        site=site,
        table=_table(projection, clean, noisy, ids, labels),
        explained=(float(projection.explained[0]), float(projection.explained[1])),
        strength=strength, rank=rank, within=within, between=projection.variance,
        passes=passes, images=len(images), fit_images=len(fit), seed=seed,
    )  # fmt: skip


def _check_numbers(images: int, fit: int, passes: int, **columns: Sequence[int] | None) -> None:
    if passes < 2:
        raise ExplorerError(f"passes must be at least 2; received {passes}.")
    if images < 1:
        raise ExplorerError("The clouds need at least 1 image; received 0.")
    if fit < 3:
        raise ExplorerError(f"The projection needs at least 3 images; received {fit}. Give more as fit_images.")
    check_columns(images, **columns)


def _check_size(passes: int, images: int, dimensions: int) -> None:
    if passes * images * dimensions > MAX_VALUES:
        raise ExplorerError(
            f"{passes} passes of {images:,} images with {dimensions:,} features each are more than this can keep;"
            f" take at most {MAX_VALUES // (passes * dimensions):,} images, or fewer passes."
        )


def _spread(noisy: np.ndarray, between: float) -> tuple[float, float, float]:
    """Return strength, effective rank and the variance within images of noisy features (passes, N, D)."""
    deviations = noisy - noisy.mean(0, dtype=np.float64).astype(np.float32)
    squares = float(np.einsum("pnd,pnd->", deviations, deviations, dtype=np.float64))
    within = squares / (noisy.shape[0] - 1) / noisy.shape[1]
    strength = within / between if between > 0 else float("nan")
    return strength, effective_rank(deviations.reshape(-1, noisy.shape[2])), within


def _table(
    projection: Projection,
    clean: np.ndarray,
    noisy: np.ndarray,
    ids: Sequence[int] | None,
    labels: Sequence[int] | None,
) -> pd.DataFrame:
    number = len(clean)
    columns = {
        "image": np.arange(number) if ids is None else np.asarray(ids),
        "label": np.full(number, -1) if labels is None else np.asarray(labels),
    }
    points = np.concatenate([projection(clean)[None], projection(noisy)]).astype(np.float32)
    passes = len(points)
    return pd.DataFrame(
        {
            **{name: np.tile(values, passes) for name, values in columns.items()},
            "pass": np.repeat(np.arange(-1, passes - 1), number),
            "x": points[..., 0].ravel(),
            "y": points[..., 1].ravel(),
        }
    )
