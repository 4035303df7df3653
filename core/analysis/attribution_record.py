"""The result of one attribution method on some images, and what its completeness error says."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from . import wording
from .attribution_choices import COMPLETE, METHODS

#: A gap below this share of the median |gap| is tiny: an error relative to it would say nothing.
TINY = 0.1
#: Above this error the app warns.
WARNING = 0.05


@dataclass(frozen=True, kw_only=True, eq=False)
class Attribution:
    """What one method says about N images of one network.

    full: signed attributions (N, C, H, W); Grad-CAM has one channel. map: their sum over the channels, (N, H, W).
    gap: f(image) − f(baseline), (N,); total: sum of each map, (N,); f is the target, in logits.
    median_gap: median |gap| of the probe images; tiny: whether |gap| is below a tenth of it, (N,).
    error: |total − gap| / max(|gap|, 0.1 × median_gap), (N,); NaN for methods that do not claim that total is the gap, and
    under SmoothGrad, which averages over images with other gaps.
    steps: gradients taken on the path from the baseline, (N,); 0 for methods without a path. wanted: the error that steps were
    raised for; missed: whether all that were allowed did not reach it, (N,).
    predicted, positive, negative: predicted class, class that counts, class that is subtracted (−1: none), each (N,).
    """

    method: str
    baseline: str
    target: str
    ids: tuple[int, ...]
    full: np.ndarray
    gap: np.ndarray
    median_gap: float
    steps: np.ndarray
    wanted: float
    predicted: np.ndarray
    positive: np.ndarray
    negative: np.ndarray
    smooth: int = 0

    @property
    def map(self) -> np.ndarray:
        """Signed attributions summed over the channels, (N, H, W)."""
        return self.full.sum(1)

    @property
    def total(self) -> np.ndarray:
        """Sum of each image's attributions, (N,)."""
        return self.full.sum((1, 2, 3), dtype=np.float64)

    @property
    def complete(self) -> bool:
        """Whether the maps claim to sum to the gap."""
        return self.method in COMPLETE and not self.smooth

    @property
    def tiny(self) -> np.ndarray:
        """Whether the gap is tiny, bool (N,)."""
        return (np.abs(self.gap) < TINY * self.median_gap) | (self.gap == 0)

    @property
    def error(self) -> np.ndarray:
        """Completeness error, a share of the gap, (N,); see the class."""
        return completeness_error(self.total, self.gap, self.median_gap) if self.complete else np.full(len(self.gap), np.nan)

    @property
    def missed(self) -> np.ndarray:
        """Whether all steps were spent and the error is still above what was wanted, bool (N,)."""
        return (self.steps > 0) & (self.error > self.wanted) & ~self.tiny

    def percentile_error(self, share: float = 95) -> float:
        """Return the given percentile of the error over all images, none left out."""
        return float(np.percentile(self.error, share))

    def said(self) -> list[str]:
        """Return what stands below each map: the error in % and in words."""
        return [self._said(i) for i in range(len(self.gap))]

    def table(self) -> pd.DataFrame:
        """Return one row per image: classes, gap, total, error (NaN where the gap is tiny), tiny, steps, missed, said."""
        return pd.DataFrame(
            {
                "image": self.ids,
                "method": self.method,
                "baseline": self.baseline,
                "target": self.target,
                "predicted": self.predicted,
                "positive": self.positive,
                "negative": self.negative,
                "gap": self.gap,
                "total": self.total,
                "error": np.where(self.tiny, np.nan, self.error),
                "tiny": self.tiny,
                "steps": self.steps,
                "missed": self.missed,
                "said": self.said(),
            }
        )

    def _said(self, i: int) -> str:
        if self.smooth:
            return f"mean of {self.smooth} noisy copies: no error"
        if not self.complete:
            return "makes no claim to sum to the gap"
        if self.tiny[i]:
            return "tiny gap: no error"
        steps = f", {self.steps[i]} steps" if self.steps[i] else ""
        said = f"error {_percent(self.error[i])}{steps}"
        return f"Warning: {said}" if self.error[i] > WARNING else said


def completeness_error(total: np.ndarray, gap: np.ndarray, median_gap: float) -> np.ndarray:
    """Return |total − gap| / max(|gap|, 0.1 × median_gap), (N,); 0 where all of it is 0, inf where only the scale is."""
    scale, away = np.maximum(np.abs(gap), TINY * median_gap), np.abs(total - gap)
    shares = np.divide(away, scale, out=np.full(len(gap), np.inf), where=scale > 0)
    return np.where(away == 0, 0.0, shares)


def method_title(method: str, smooth: int = 0) -> str:
    """Return the name of a method as the app writes it."""
    return f"{METHODS[method]}, smooth" if smooth else METHODS[method]


def _percent(share: float) -> str:
    return "below 0.1 %" if share < 0.001 else wording.percent(share)
