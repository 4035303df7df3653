"""How often the noise changes what the network decides."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from torch import Tensor

COLUMNS = ("image", "label", "clean", "flips", "passes", "share", "other", "right")


@dataclass(eq=False)
class Decisions:
    """Counts, for one batch, of the classes that noisy passes decided for; `clean` are the noise-off logits (N, K)."""

    clean: "Tensor"
    passes: int = 0
    counts: "Tensor" = field(init=False)
    """int64 (N, K): passes whose largest logit is at the class."""

    def __post_init__(self) -> None:
        import torch

        self.counts = torch.zeros(self.clean.shape, dtype=torch.int64, device=self.clean.device)

    def add(self, logits: "Tensor") -> None:
        """Take in the logits (N, K) of one pass."""
        said = logits.argmax(1, keepdim=True)
        self.counts.scatter_add_(1, said, said.new_ones(said.shape))
        self.passes += 1

    def rows(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the noise-off decisions (N,) and the counts (N, K)."""
        return self.clean.argmax(1).cpu().numpy(), self.counts.cpu().numpy()


def decision_table(
    clean: np.ndarray, counts: np.ndarray, ids: Sequence[int] | None = None, labels: Sequence[int] | None = None
) -> pd.DataFrame:
    """Return one row per image from noise-off decisions (N,) and counts (N, K) of the decisions in the noisy passes.

    Columns: image, label (−1: not known), clean (the class decided for without noise), flips (passes with another class),
    passes, share (flips / passes), other (the class that most of the flips go to, −1 without flips), right (share of the
    passes that name the label; NaN where it is not known).
    """
    number = len(clean)
    rows = np.arange(number)
    label = np.full(number, -1) if labels is None else np.asarray(labels)
    passes = counts.sum(1)
    flips = passes - counts[rows, clean]
    others = counts.copy()
    others[rows, clean] = -1
    known = (label >= 0) & (label < counts.shape[1])
    right = np.where(known, counts[rows, np.where(known, label, 0)] / passes, np.nan)
    return pd.DataFrame(
        {
            "image": rows if ids is None else np.asarray(ids),
            "label": label,
            "clean": clean,
            "flips": flips,
            "passes": passes,
            "share": flips / passes,
            "other": np.where(flips > 0, others.argmax(1), -1),
            "right": right,
        }
    )
