"""What the noise lens found: one record for a network, a site, and a kind of noise."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from .noise_kind import NoiseKind


@dataclass(frozen=True, eq=False, kw_only=True)
class SiteMaps:
    """Feature maps of the first images at one site: `clean`, `mean` and `spread` (sd over passes), each (M, C, H, W).

    Features without rows and columns have shape (M, 1, 1, D).
    """

    clean: np.ndarray
    mean: np.ndarray
    spread: np.ndarray


@dataclass(frozen=True, eq=False, kw_only=True)
class NoiseLens:
    """What `passes` noisy passes of `images` images do to a network.

    site: where maps and rank are taken; noisy: the sites that made noise; kind: where it came from.
    depth: one row per site in forward order: site, stage, position, activation, noisy, within, between, strength, snr.
        within: mean over images of the variance over passes, summed over the features; between: variance of the noise-off
        features between the fit images, summed likewise; strength = within / between; snr = mean over images of the summed
        squares of the noise-off features / within (inf without noise). Only `site` where the depth was not asked for.
    decisions: one row per image (`core.analysis.noise_decisions.decision_table`); empty where the output is no (N, K).
    rank: effective rank of the within-image covariance at `site`, pooled over rank_images images of rank_passes passes.
    """

    site: str
    kind: NoiseKind
    noisy: tuple[str, ...]
    passes: int
    images: int
    fit_images: int
    seed: int
    depth: pd.DataFrame
    decisions: pd.DataFrame
    maps: SiteMaps
    map_ids: tuple[int, ...]
    rank: float
    rank_images: int
    rank_passes: int

    def at_site(self, quantity: str) -> float:
        """Return `quantity` (within, between, strength, snr) at the chosen site."""
        return float(self.depth.loc[self.depth["site"] == self.site, quantity].iloc[0])

    @property
    def strength(self) -> float:
        """Strength at the chosen site; NaN where the features do not vary between images."""
        return self.at_site("strength")

    @property
    def flips(self) -> float:
        """Share of all passes of all images whose decision is not the noise-off one; NaN where nothing is decided."""
        return float(self.decisions["share"].mean()) if len(self.decisions) else float("nan")

    @property
    def clean_accuracy(self) -> float:
        """Accuracy (0 to 1) without noise on the images whose label is known; NaN if there are none."""
        known = self.decisions[self.decisions["right"].notna()]
        return float((known["clean"] == known["label"]).mean()) if len(known) else float("nan")

    @property
    def accuracy(self) -> float:
        """Accuracy (0 to 1) under noise, the mean over passes; NaN where no label is known."""
        return float(self.decisions["right"].mean()) if self.decisions["right"].notna().any() else float("nan")

    def summary(self) -> dict[str, Any]:
        """Return the numbers of a comparison: strength, rank, accuracies, flips, and what they are means of."""
        return {
            "kind": self.kind.kind,
            "scale": self.kind.scale,
            "strength": self.strength,
            "snr": self.at_site("snr"),
            "rank": self.rank,
            "clean_accuracy": self.clean_accuracy,
            "accuracy": self.accuracy,
            "flips": self.flips,
            "passes": self.passes,
            "images": self.images,
            "rank_passes": self.rank_passes,
            "rank_images": self.rank_images,
        }
