"""Where many images lie without noise: one point per image, in the projection that the clouds use, or by openTSNE."""

import importlib.util
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from ..errors import ExplorerError, unknown_name
from ..progress import ProgressCallback
from .passes import Steps, features
from .projection import fit_projection

if TYPE_CHECKING:
    from torch import Tensor, nn

METHODS = ("pca", "tsne")
FEWEST = 3
#: Iterations of t-SNE, with early exaggeration and without (openTSNE's defaults), and between two looks whether to stop.
EARLY, LATE, BETWEEN = 250, 500, 10


def methods() -> tuple[str, ...]:
    """Return the projections that can be had here: "tsne" only where openTSNE is installed."""
    return METHODS if importlib.util.find_spec("openTSNE") is not None else METHODS[:1]


def feature_points(
    model: "nn.Module",
    images: "Tensor",
    site: str,
    *,
    ids: Sequence[int],
    labels: Sequence[int],
    method: Literal["pca", "tsne"] = "pca",
    batch_size: int = 256,
    progress: ProgressCallback | None = None,
) -> pd.DataFrame:
    """Return one row per image: image, label, pass (−1: noise off), x, y, in the form of `LatentClouds.table`.

    "pca": the two principal components of the noise-off features at `site`; the same numbers on every machine. "tsne": openTSNE
    on the first 50 principal components, perplexity 30 or a third of the other images, seed 0; distances between its groups
    mean nothing. The network runs as a fork in evaluation mode. `progress` is called before every batch and every ten
    iterations of t-SNE; it may raise to stop.

    Raises:
        ExplorerError: an unknown site or method, a method that is not installed, or fewer than 3 images.
    """
    from ..models import fork, sites
    from .noise_sites import check_site

    if method not in methods():
        if method in METHODS:
            raise ExplorerError("t-SNE needs the package openTSNE; install it with: pip install openTSNE.")
        raise unknown_name("projection", str(method), METHODS)
    if len(images) < FEWEST:
        raise ExplorerError(f"A projection needs at least {FEWEST} images; received {len(images)}.")
    check_site(site, [s.path for s in sites(model)])
    twin = fork(model).eval()
    iterations = (EARLY + LATE) // BETWEEN if method == "tsne" else 0
    steps = Steps(progress, -(-len(images) // batch_size) + iterations)
    found = features(twin, images, site, batch_size, steps, "Features without noise")
    points = fit_projection(found)(found) if method == "pca" else _tsne(found, steps)
    return pd.DataFrame(
        {
            "image": np.asarray(ids),
            "label": np.asarray(labels),
            "pass": -1,
            "x": points[:, 0].astype(np.float32),
            "y": points[:, 1].astype(np.float32),
        }
    )


def _tsne(found: np.ndarray, steps: Steps) -> np.ndarray:
    from openTSNE import TSNE
    from sklearn.decomposition import PCA

    def tell(iteration: int, _error: float, _points: np.ndarray) -> None:
        """Say that the next iterations begin; what it raises ends them."""
        steps(f"t-SNE of {len(found):,} images")

    few = min(50, len(found) - 1, found.shape[1])
    smaller = PCA(few, svd_solver="full").fit_transform(found.astype(np.float64))
    embedding = TSNE(
        perplexity=min(30.0, (len(found) - 1) / 3), early_exaggeration_iter=EARLY, n_iter=LATE, random_state=0, n_jobs=1,
        callbacks=tell, callbacks_every_iters=BETWEEN,
    )  # fmt: skip
    return np.asarray(embedding.fit(smaller))
