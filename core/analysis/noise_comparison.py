"""Own noise beside multiplicative Gaussian noise and dropout that are just as strong, or cost just as much accuracy."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from ..errors import ExplorerError, unknown_name
from ..progress import ProgressCallback
from .noise_kind import NoiseKind
from .noise_match import Match
from .noise_record import NoiseLens
from .noise_search import POINTS, Bench, By, Search, measured

if TYPE_CHECKING:
    from torch import Tensor, nn

ADDED: tuple[Literal["gaussian", "dropout"], ...] = ("gaussian", "dropout")
#: What is made equal.
BY = ("strength", "accuracy")


def noise_comparison(
    networks: Mapping[str, "nn.Module"],
    images: "Tensor",
    site: str,
    *,
    labels: Sequence[int],
    by: By = "strength",
    passes: int = 32,
    seed: int = 0,
    fit_images: "Tensor | None" = None,
    batch_size: int = 64,
    progress: ProgressCallback | None = None,
) -> pd.DataFrame:
    """Return one row per network and kind of noise, all as strong at `site` as the own noise of the first network.

    The first network makes its own noise at all its sites; then k ~ N(1, s²) and dropout are put behind all activations of
    every network, the first included, in place of own noise. Their variance is searched until the strength at `site`, or with
    `by="accuracy"` the accuracy that the noise costs, is that of the first row within 5 %; the same images, passes and random
    streams everywhere.

    Columns: network, kind, scale (s, or p; NaN for own noise), variance (of the multiplier), equal (what was made equal),
    wanted, reached, deviation (reached / wanted − 1), matched, strength, snr, rank, clean_accuracy, accuracy, loss (what
    the noise costs), flips, passes, images, rank_passes, rank_images.

    Raises:
        ExplorerError: the first network makes no noise, a network has no such site, or nothing is lost that could be matched.
    """
    if by not in BY:
        raise unknown_name("way of making noise equal", str(by), BY)
    names = list(networks)
    bench = Bench(
        networks=networks, kinds=len(ADDED), images=images, labels=labels, site=site, passes=passes, seed=seed,
        fit=images if fit_images is None else fit_images, batch_size=batch_size, progress=progress,
    )  # fmt: skip
    own = bench.lens(names[0], NoiseKind(), (0, 1))
    wanted = measured(own, by)
    _check(wanted, by, own)
    rows = [_row(names[0], own, Match(variance=float("nan"), value=wanted, matched=True, tried=1), by, wanted)]
    search = Search(bench, by, wanted, own.strength)
    for name in names:
        for kind in ADDED:
            match, found = search.match(name, NoiseKind(kind=kind), len(rows))
            rows.append(_row(name, found, match, by, wanted))
    return pd.DataFrame(rows)


def _check(wanted: float, by: By, own: NoiseLens) -> None:
    if by == "strength" and not wanted > 0:
        raise ExplorerError(f"The noise does not move the features at site '{own.site}', so there is no strength to match.")
    if by == "accuracy" and not wanted > POINTS:
        said = "not known" if wanted != wanted else f"{100 * wanted:.3f} points"
        raise ExplorerError(
            f"There is no loss of accuracy to match: the noise costs {said} on {own.images:,} images × {own.passes} passes;"
            f" more than {100 * POINTS:g} points are needed."
        )


def _row(name: str, lens: NoiseLens, match: Match, by: By, wanted: float) -> dict[str, Any]:
    return {
        "network": name,
        **lens.summary(),
        "variance": match.variance,
        "equal": by,
        "wanted": wanted,
        "reached": match.value,
        "deviation": match.value / wanted - 1,
        "matched": match.matched,
        "loss": lens.clean_accuracy - lens.accuracy,
    }
