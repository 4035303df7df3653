"""The search for the variance at which another kind of noise is as strong as a given one, or costs as much accuracy.

It starts from a guess of few images and passes and ends with all of them: every number that is shown is measured on these.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from ..progress import ProgressCallback
from .noise_kind import NoiseKind
from .noise_lens import noise_lens
from .noise_match import START, Match, match_variance
from .noise_record import NoiseLens

if TYPE_CHECKING:
    from torch import Tensor, nn

By = Literal["strength", "accuracy"]
#: Losses of accuracy count as equal within 0.1 points where 5 % of the loss are less.
POINTS = 0.001
#: The guess is of the first few images and passes, where strengths are matched within this share.
FEW_IMAGES, FEW_PASSES, GUESSED = 32, 4, 0.02


@dataclass(eq=False, kw_only=True)
class Bench:
    """Looks at the networks through the lens, always with the same images, passes and random streams."""

    networks: Mapping[str, "nn.Module"]
    kinds: int
    """Kinds of noise that every network gets, beside the own noise of the first."""
    images: "Tensor"
    labels: Sequence[int]
    site: str
    fit: "Tensor"
    passes: int
    seed: int
    batch_size: int
    progress: ProgressCallback | None
    between: dict[str, float] = field(default_factory=dict)
    """The variance between images at the site, of the networks that were looked at."""

    def lens(self, name: str, kind: NoiseKind, span: tuple[float, float], *, few: bool = False) -> NoiseLens:
        """Return the lens of one network; `few`: of the first few images and passes. `span`: the rows that it works on."""
        images, passes = (FEW_IMAGES, FEW_PASSES) if few else (len(self.images), self.passes)
        text = f"{name}, {kind.kind}{', a first guess' if few else ''}: "
        found = noise_lens(
            self.networks[name], self.images[:images], self.site, kind=kind, passes=passes, seed=self.seed,
            labels=self.labels[:images], fit_images=self.fit, depth=False, batch_size=self.batch_size,
            between={self.site: self.between[name]} if name in self.between else None,
            progress=_within(self.progress, span, 1 + len(self.networks) * self.kinds, text),
        )  # fmt: skip
        self.between[name] = found.at_site("between")
        return found

    @property
    def much(self) -> bool:
        """Whether a few images and passes are so much less that it pays to guess from them."""
        return len(self.images) * self.passes >= 4 * FEW_IMAGES * FEW_PASSES


@dataclass(eq=False)
class Search:
    """Searches the variance of one kind of noise after the other; each is told what the ones before it found."""

    bench: Bench
    by: By
    wanted: float
    strength: float
    """That of the own noise."""
    start: float | None = None
    ratio: float = 1.0
    """Strength in the first few images and passes, relative to that in all."""

    def match(self, name: str, kind: NoiseKind, row: int) -> tuple[Match, NoiseLens]:
        """Return what was found, and the lens at it."""
        guess = self._guess(name, kind, row)
        tried: dict[float, NoiseLens] = {}

        def measure(variance: float) -> float:
            """Return what noise of this variance does, in the unit of `wanted`, and keep the lens."""
            span = (row + 1 - 0.8 * 0.5 ** len(tried), row + 1 - 0.4 * 0.5 ** len(tried))
            tried[variance] = self.bench.lens(name, replace(kind, variance=variance), span)
            return measured(tried[variance], self.by)

        match = match_variance(
            measure, self.wanted, start=guess.variance if guess else self.start or START,
            absolute=POINTS if self.by == "accuracy" else 0.0,
        )  # fmt: skip
        if guess is not None and tried[guess.variance].strength > 0:
            self.ratio = guess.value / tried[guess.variance].strength
        self.start = match.variance if match.matched else self.start  # the next kind needs nearly the same
        return match, tried[match.variance]

    def _guess(self, name: str, kind: NoiseKind, row: int) -> Match | None:
        """Return the variance that is as strong in a few images and passes; None where there is no need to guess.

        At equal loss of accuracy it is the first kind's start only: few passes say little about an accuracy.
        """
        if not self.bench.much or not self.strength > 0 or (self.by == "accuracy" and self.start is not None):
            return None

        def measure(variance: float) -> float:
            return self.bench.lens(name, replace(kind, variance=variance), (row, row + 0.2), few=True).strength

        wanted = self.strength * self.ratio
        return match_variance(measure, wanted, start=self.start or START, tolerance=GUESSED)


def measured(lens: NoiseLens, by: By) -> float:
    """Return what is made equal."""
    return lens.strength if by == "strength" else lens.clean_accuracy - lens.accuracy


def _within(progress: ProgressCallback | None, span: tuple[float, float], number: int, text: str) -> ProgressCallback | None:
    """Return a callback for the work on part of a row of `number`, in thousandths of a row."""
    if progress is None:
        return None
    low, high = span
    return lambda part, total, words: progress(
        round(1000 * (low + (high - low) * part / max(total, 1))), 1000 * number, text + words
    )
