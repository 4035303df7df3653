"""Stratified parts of a data set that never change: they depend on a name and on keys, not on a run's seed or a library."""

import numpy as np

from ..streams import hashed_order


def quotas(labels: np.ndarray, total: int, *, at_least: int = 0) -> np.ndarray:
    """Return how many of each class make a stratified part of `total`: largest remainders, ties to the lower class.

    `labels` int (n,). A class gets at least `at_least`, if it has as many; the sum is `total` unless that raised it.
    """
    counts = np.bincount(labels)
    quota, remainder = np.divmod(counts * total, max(len(labels), 1))
    order = np.argsort(-remainder, kind="stable")
    quota[order[: total - quota.sum()]] += 1
    return np.minimum(np.maximum(quota, at_least), counts)


def stratified_rows(
    labels: np.ndarray, total: int, name: str, *, keys: np.ndarray | None = None, at_least: int = 0
) -> np.ndarray:
    """Return the rows, ascending, of a stratified part of `total` out of all rows.

    Within each class the part is the first rows in `hashed_order(keys, name)`. `keys`, int (n,) and unique, default to the
    rows.
    """
    keys = np.arange(len(labels)) if keys is None else keys
    row_of = {int(key): row for row, key in enumerate(keys)}
    chosen: list[int] = []
    for label, quota in enumerate(quotas(labels, total, at_least=at_least)):
        ordered = hashed_order(keys[labels == label], name)
        chosen += [row_of[int(key)] for key in ordered[:quota]]
    return np.array(sorted(chosen), dtype=np.int64)
