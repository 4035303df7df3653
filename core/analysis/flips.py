"""Which images flip between two networks: one has them right, the other wrong. Exact McNemar test."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from ..errors import ExplorerError


@dataclass(frozen=True, kw_only=True)
class Flips:
    """How many images both networks have right, only one of them, or neither; `p`: exact two-sided McNemar test."""

    both_right: int
    only_a: int
    only_b: int
    both_wrong: int
    p: float

    @property
    def n(self) -> int:
        """The number of images that both predicted."""
        return self.both_right + self.only_a + self.only_b + self.both_wrong


def flip_table(a: pd.DataFrame, b: pd.DataFrame) -> pd.DataFrame:
    """Return the images of two prediction tables side by side, by image: image, label, predicted_a, predicted_b,
    confidence_a, confidence_b, flip ("both right", "only a", "only b", "both wrong").

    Images that only one of them holds are left out. Raises ExplorerError if none is left, or if the labels differ.
    """
    columns = ["image", "label", "predicted", "confidence", "wrong"]
    both = a[columns].merge(b[columns], on="image", suffixes=("_a", "_b")).sort_values("image").reset_index(drop=True)
    if both.empty:
        raise ExplorerError("The two runs predicted no image in common, so nothing can flip.")
    if (both["label_a"] != both["label_b"]).any():
        raise ExplorerError("The two runs give the same image different labels: they were trained on different data.")
    right_a, right_b = (~both[f"wrong_{x}"].to_numpy(dtype=bool) for x in "ab")
    flip = np.select([right_a & right_b, right_a, right_b], ["both right", "only a", "only b"], "both wrong")
    kept = ["image", "label", "predicted_a", "predicted_b", "confidence_a", "confidence_b"]
    return both.rename(columns={"label_a": "label"})[kept].assign(flip=flip)


def count_flips(table: pd.DataFrame) -> Flips:
    """Return the counts of a flip table, and how likely so uneven ones are if each flip went either way by chance."""
    from scipy.stats import binomtest

    counts = table["flip"].value_counts()
    only_a, only_b = int(counts.get("only a", 0)), int(counts.get("only b", 0))
    p = float(binomtest(only_a, only_a + only_b).pvalue) if only_a + only_b else 1.0
    return Flips(
        both_right=int(counts.get("both right", 0)),
        only_a=only_a,
        only_b=only_b,
        both_wrong=int(counts.get("both wrong", 0)),
        p=p,
    )


def flipped(table: pd.DataFrame, which: Literal["only a", "only b"]) -> pd.DataFrame:
    """Return the images that only one of the two has right, those that the other is surest of first; ties by number."""
    other = "confidence_b" if which == "only a" else "confidence_a"
    part = table[table["flip"] == which]
    return part.sort_values([other, "image"], ascending=[False, True], kind="stable").reset_index(drop=True)
