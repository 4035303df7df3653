"""What the noise does to a network: mean and spread of the features, their way through the depth, and changed decisions.

One run over the network: each batch of images passes once without noise and then `passes` times with it. The layers before the
first noisy site run once for each batch. Memory grows with a batch, not with passes or images. Kim et al. (Neurocomputing 406,
2020) claim "a wider variety of features"; strength and effective rank put numbers to it.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ..errors import ExplorerError
from ..progress import ProgressCallback
from .moments import OverImages
from .noise_batches import LensPlan, lens_batch, variance_between
from .noise_kind import NoiseKind
from .noise_record import NoiseLens
from .noise_sites import check_site, chosen_noisy
from .noise_tables import join_results
from .passes import Steps, check_columns, check_noisy
from .replay import find_prefix

if TYPE_CHECKING:
    from torch import Tensor, nn

#: Maps and effective rank are taken of so many of the first images; the rank of at most so many of the first passes.
MAP_IMAGES, RANK_IMAGES, RANK_PASSES = 8, 8, 64
OWN = NoiseKind()


def noise_lens(
    model: "nn.Module",
    images: "Tensor",
    site: str,
    *,
    kind: NoiseKind = OWN,
    noisy: Sequence[str] | None = None,
    passes: int = 64,
    seed: int = 0,
    ids: Sequence[int] | None = None,
    labels: Sequence[int] | None = None,
    fit_images: "Tensor | None" = None,
    depth: bool = True,
    between: Mapping[str, float] | None = None,
    batch_size: int = 64,
    progress: ProgressCallback | None = None,
) -> NoiseLens:
    """Send `images` through the network `passes` times with the noise on, and tell what that changes.

    Pass p takes the stream (seed, "noise-lens", p): one sigma per pass and site, common to all images, k for every element, so
    that nothing depends on `batch_size`. The network runs as a fork in evaluation mode; `model` stays as it is.

    Args:
        images: normalised floats (N, C, H, W).
        site: path of an activation: where maps and effective rank are taken.
        kind: own noise of the activations, or a multiplier behind them.
        noisy: paths of the sites that make noise (default: all that can).
        ids, labels: N numbers each for the tables; defaults: 0 … N − 1, and −1 (not known).
        fit_images: what the variance between images comes from (default: `images`), at least 2.
        depth: follow the spread through all sites; else only `site` is looked at.
        between: the variance between images by site, where it is known already; then `fit_images` are not run.
        progress: called before every batch of every pass; may raise to stop.

    Raises:
        ExplorerError: no noise anywhere, an unknown site, fewer than 2 passes or fit images, no image.
    """
    from ..activations import NoiseStream
    from ..models import fork, on_device, sites

    fit = images if fit_images is None else fit_images
    if kind.kind == "own":
        check_noisy(model, site)
    _check(len(images), len(fit), passes, ids=ids, labels=labels)
    twin = fork(model).eval()
    known = sites(twin)
    check_site(site, [s.path for s in known])
    paths = chosen_noisy(twin, kind, noisy)
    tracked = tuple(s.path for s in known) if depth else (site,)
    batches = images.split(batch_size)
    apart = between is None and fit_images is not None  # else the noise-off pass of the images themselves tells it
    steps = Steps(progress, -(-len(fit) // batch_size) * apart + (passes + 1) * len(batches))
    if apart:
        between = variance_between(twin, fit, tracked, batch_size, steps)
    prefix = find_prefix(twin, paths, on_device(twin, images[:1]))
    plan = LensPlan(
        model=twin, site=site, kind=kind, noisy=paths, tracked=tracked, prefix=prefix,
        streams=[NoiseStream(seed, "noise-lens", p) for p in range(passes)],
        between={path: OverImages() for path in tracked} if between is None else {},
        map_images=MAP_IMAGES, rank_images=RANK_IMAGES, rank_passes=min(passes, RANK_PASSES),
    )  # fmt: skip
    results = [lens_batch(plan, batch, i * batch_size, len(images), steps) for i, batch in enumerate(batches)]
    variances = {path: sums.variance() for path, sums in plan.between.items()} if between is None else between
    return join_results(plan, results, variances, known, ids=ids, labels=labels, fit_images=len(fit), seed=seed)


def _check(images: int, fit: int, passes: int, **columns: Sequence[int] | None) -> None:
    if passes < 2:
        raise ExplorerError(f"passes must be at least 2; received {passes}.")
    if images < 1:
        raise ExplorerError("The noise lens needs at least 1 image; received 0.")
    if fit < 2:
        raise ExplorerError(f"The variance between images needs at least 2 images; received {fit}. Give more as fit_images.")
    check_columns(images, **columns)
