"""Own noise beside multiplicative Gaussian noise and dropout that are just as strong, or cost just as much accuracy."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from ..errors import ExplorerError, unknown_name
from ..progress import ProgressCallback
from .noise_kind import NoiseKind
from .noise_lens import noise_lens
from .noise_match import START, Match, match_variance
from .noise_record import NoiseLens

if TYPE_CHECKING:
    from torch import Tensor, nn

ADDED: tuple[Literal["gaussian", "dropout"], ...] = ("gaussian", "dropout")
#: What is made equal.
BY = ("strength", "accuracy")
#: Losses of accuracy count as equal within 0.1 points where 5 % of the loss are less.
POINTS = 0.001


def noise_comparison(
    networks: Mapping[str, "nn.Module"],
    images: "Tensor",
    site: str,
    *,
    labels: Sequence[int],
    by: Literal["strength", "accuracy"] = "strength",
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
    names, number = list(networks), 1 + len(networks) * len(ADDED)
    fit = images if fit_images is None else fit_images

    def lens(name: str, kind: NoiseKind, done: int, between: Mapping[str, float] | None) -> NoiseLens:
        """Return the lens of one network with one kind of noise: everything but these two is the same in every row."""
        return noise_lens(
            networks[name], images, site, kind=kind, passes=passes, seed=seed, labels=labels, fit_images=fit, depth=False,
            between=between, batch_size=batch_size, progress=_within(progress, done, number, f"{name}, {kind.kind}: "),
        )  # fmt: skip

    own = lens(names[0], NoiseKind(), 0, None)
    wanted = _measured(own, by)
    _check(wanted, by, own)
    rows = [_row(names[0], own, Match(variance=float("nan"), value=wanted, matched=True, tried=1), by, wanted)]
    start = START
    for name in names:
        found: NoiseLens | None = own if name == names[0] else None
        for kind in ADDED:
            match, found = _matched(lens, name, NoiseKind(kind=kind), len(rows), found, by, wanted, start)
            rows.append(_row(name, found, match, by, wanted))
            start = match.variance if match.matched else start  # the next kind needs nearly the same
    return pd.DataFrame(rows)


def _matched(
    lens: Any, name: str, kind: NoiseKind, done: int, known: NoiseLens | None, by: str, wanted: float, start: float
) -> tuple[Match, NoiseLens]:
    """Search the variance; return what was found and the lens at it. `known`: a lens of the same network, for its variance."""
    tried: dict[float, NoiseLens] = {}
    between = {known.site: known.at_site("between")} if known is not None else None

    def measure(variance: float) -> float:
        """Return what noise of this variance does, and keep the lens."""
        nonlocal between
        tried[variance] = lens(name, replace(kind, variance=variance), done, between)
        between = {tried[variance].site: tried[variance].at_site("between")}
        return _measured(tried[variance], by)

    match = match_variance(measure, wanted, start=start, absolute=POINTS if by == "accuracy" else 0.0)
    return match, tried[match.variance]


def _measured(lens: NoiseLens, by: str) -> float:
    return lens.strength if by == "strength" else lens.clean_accuracy - lens.accuracy


def _check(wanted: float, by: str, own: NoiseLens) -> None:
    if by == "strength" and not wanted > 0:
        raise ExplorerError(f"The noise does not move the features at site '{own.site}', so there is no strength to match.")
    if by == "accuracy" and not wanted > POINTS:
        said = "not known" if wanted != wanted else f"{100 * wanted:.2f} points"
        raise ExplorerError(
            f"There is no loss of accuracy to match: the noise costs {said} on {own.images:,} images × {own.passes} passes;"
            f" more than {100 * POINTS:g} points are needed."
        )


def _row(name: str, lens: NoiseLens, match: Match, by: str, wanted: float) -> dict[str, Any]:
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


def _within(progress: ProgressCallback | None, done: int, number: int, text: str) -> ProgressCallback | None:
    """Return a callback for one part of `number`, in thousandths of the whole."""
    if progress is None:
        return None
    return lambda part, total, words: progress(round(1000 * (done + part / max(total, 1))), 1000 * number, text + words)
