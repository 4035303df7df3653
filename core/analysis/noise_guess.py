"""Which variance of a multiplier costs a wanted accuracy: read off the logits of passes that were computed already."""

from dataclasses import dataclass, field

import numpy as np

#: The curve is read from a twentieth of the least known variance to twenty times the greatest.
REACH = 20.0
COARSE, FINE = 121, 61


@dataclass(eq=False)
class LossCurve:
    """The accuracy that noise costs over the variance of its multiplier: logits at a few variances, straight lines between.

    Pass p draws the same numbers at every variance, so that its logits move steadily with the multiplier's sd: from `clean`
    (N, K), the noise-off ones, through those of the computed passes. `labels` (N,); `rows` says which images these are.
    """

    clean: np.ndarray
    labels: np.ndarray
    rows: np.ndarray
    known: dict[float, np.ndarray] = field(default_factory=dict)
    """Variance -> logits (P, N, K)."""

    def add(self, variance: float, logits: np.ndarray) -> None:
        """Take in the logits (P, N, K) of computed passes."""
        self.known[variance] = logits

    def loss(self, variance: float) -> float:
        """Return the estimated loss of accuracy, from −1 to 1, at this variance."""
        said = self._logits(float(np.sqrt(variance))).argmax(2)
        return float((self.clean.argmax(1) == self.labels).mean() - (said == self.labels).mean())

    def find(self, wanted: float) -> float | None:
        """Return the variance whose estimated loss is nearest to `wanted`; None while nothing is known."""
        if not self.known:
            return None
        grid = np.geomspace(min(self.known) / REACH, max(self.known) * REACH, COARSE)
        best = self._nearest(grid, wanted)
        fine = np.geomspace(grid[max(best - 1, 0)], grid[min(best + 1, COARSE - 1)], FINE)
        return float(fine[self._nearest(fine, wanted)])

    def _nearest(self, grid: np.ndarray, wanted: float) -> int:
        """Return the place of the variance that fits best, the middle one of several."""
        away = np.abs([self.loss(float(v)) - wanted for v in grid])
        fits = np.flatnonzero(away == away.min())
        return int(fits[len(fits) // 2])

    def _logits(self, sd: float) -> np.ndarray:
        """Return the logits at this sd; beyond the last known one the last line goes on."""
        ends = [(0.0, np.broadcast_to(self.clean, next(iter(self.known.values())).shape))]
        ends += [(float(np.sqrt(v)), logits) for v, logits in sorted(self.known.items())]
        after = next((i for i, (at, _) in enumerate(ends) if at >= sd and i), len(ends) - 1)
        (low, first), (high, last) = ends[after - 1], ends[after]
        share = np.float32((sd - low) / (high - low))
        return first + share * (last - first)
