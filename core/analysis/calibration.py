"""Is a network as often right as it is sure? Expected calibration error (Guo et al., ICML 2017)."""

import numpy as np
import pandas as pd

from ..errors import ExplorerError

#: Bins of equal width, as Guo et al. use.
BINS = 15


def calibration_table(table: pd.DataFrame, bins: int = BINS) -> pd.DataFrame:
    """Return one row per bin of confidence that holds images: low, high, n, confidence (mean), accuracy.

    A bin holds low < confidence <= high; the first one also 0.
    """
    if bins < 1:
        raise ExplorerError(f"bins must be at least 1; received {bins}.")
    confidence = table["confidence"].to_numpy(dtype=float)
    right = 1.0 - table["wrong"].to_numpy(dtype=float)
    edges = np.linspace(0, 1, bins + 1)
    index = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, bins - 1)
    n = np.bincount(index, minlength=bins)
    used = n > 0
    sums = (np.bincount(index, weights=values, minlength=bins)[used] for values in (confidence, right))
    mean_confidence, accuracy = (total / n[used] for total in sums)
    columns = {"low": edges[:-1][used], "high": edges[1:][used], "n": n[used]}
    return pd.DataFrame({**columns, "confidence": mean_confidence, "accuracy": accuracy})


def calibration_error(table: pd.DataFrame, bins: int = BINS) -> float:
    """Return the expected calibration error of a prediction table, from 0 to 1: sum over bins of n / N |accuracy − confidence|.

    NaN without images.
    """
    found = calibration_table(table, bins)
    if found.empty:
        return float("nan")
    gaps = (found["accuracy"] - found["confidence"]).abs()
    return float((found["n"] * gaps).sum() / found["n"].sum())
