"""Which classes are taken for which: counts of true and predicted classes, and the accuracy of each class."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from .predictions import class_name
from .statistics import LEVEL


def confusion_table(table: pd.DataFrame, classes: Sequence[str] = ()) -> pd.DataFrame:
    """Return one row per pair of classes, true classes outside, predicted ones inside.

    Args:
        table: a prediction table.
        classes: names by label; more may occur in the table, and are called by their number.

    Returns:
        label, predicted, label_name, predicted_name, count, share (of the images of `label`; NaN where it has none).
    """
    counts = _counts(table, len(classes))
    number = len(counts)
    names = [class_name(classes, i) for i in range(number)]
    labels, predicted = np.divmod(np.arange(number * number), max(number, 1))
    totals = counts.sum(1)
    with np.errstate(invalid="ignore"):
        shares = counts / totals[:, None]
    return pd.DataFrame(
        {
            "label": labels,
            "predicted": predicted,
            "label_name": [names[i] for i in labels],
            "predicted_name": [names[i] for i in predicted],
            "count": counts.ravel(),
            "share": shares.ravel(),
        }
    )


def confused_pairs(table: pd.DataFrame, classes: Sequence[str] = (), most: int | None = None) -> pd.DataFrame:
    """Return the pairs of a class and what it was taken for instead, the most frequent first; the columns of `confusion_table`.

    Only pairs that occur. As frequent: the higher share first, then by label. Made without the whole matrix, for many classes.
    """
    totals = table.groupby("label").size()
    wrong = table[table["wrong"].astype(bool)]
    pairs = wrong.groupby(["label", "predicted"]).size().rename("count").reset_index()
    pairs["share"] = pairs["count"].to_numpy() / totals.reindex(pairs["label"]).to_numpy()
    for column in ("label", "predicted"):
        pairs[f"{column}_name"] = [class_name(classes, int(i)) for i in pairs[column]]
    ordered = pairs.sort_values(["count", "share", "label", "predicted"], ascending=[False, False, True, True])
    columns = ["label", "predicted", "label_name", "predicted_name", "count", "share"]
    return ordered[columns].head(len(ordered) if most is None else most).reset_index(drop=True)


def class_table(table: pd.DataFrame, classes: Sequence[str] = ()) -> pd.DataFrame:
    """Return one row per class that has images: label, label_name, n, right, accuracy, low, high, said.

    low, high: 95 % Wilson interval of the accuracy; said: how many images were called this class, rightly or not.
    """
    counts = _counts(table, len(classes))
    rows = []
    for label, row in enumerate(counts):
        n, right = int(row.sum()), int(row[label])
        if n:
            low, high = wilson_interval(right, n)
            rows.append((label, class_name(classes, label), n, right, right / n, low, high, int(counts[:, label].sum())))
    return pd.DataFrame(rows, columns=["label", "label_name", "n", "right", "accuracy", "low", "high", "said"])


def wilson_interval(right: int, n: int, level: float = LEVEL) -> tuple[float, float]:
    """Return the Wilson score interval of a share, `right` of `n`; NaN for n = 0."""
    from scipy.stats import binomtest

    if n == 0:
        return float("nan"), float("nan")
    found = binomtest(right, n).proportion_ci(confidence_level=level, method="wilson")
    return float(found.low), float(found.high)


def _counts(table: pd.DataFrame, classes: int) -> np.ndarray:
    """Return how many images of each class (rows) were predicted as each class (columns), int64 (K, K)."""
    labels, predicted = (table[c].to_numpy(dtype=np.int64) for c in ("label", "predicted"))
    number = max(classes, int(labels.max(initial=-1)) + 1, int(predicted.max(initial=-1)) + 1)
    return np.bincount(labels * number + predicted, minlength=number * number).reshape(number, number)
