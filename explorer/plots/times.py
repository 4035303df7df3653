"""Snapshots in time: where a step of the first epoch stands between the epochs, and which snapshots a film keeps."""

import numpy as np
import pandas as pd

from .records import Array


def progress(table: pd.DataFrame) -> Array:
    """Return the time of each row in epochs, (n,): whole epochs where they ended, steps between them in proportion.

    `table` has the column epoch and, where snapshots were taken within epochs, step (cumulative optimizer steps).
    """
    epochs = table["epoch"].to_numpy(dtype=float)
    if "step" not in table:
        return epochs
    ends = table.groupby("epoch")["step"].max().sort_index()
    ends.loc[ends.index[0]] = table.loc[table["epoch"] == ends.index[0], "step"].min()
    steps = ends.to_numpy(dtype=float)
    if len(ends) < 2 or not (np.diff(steps) > 0).all():
        return epochs
    return np.interp(table["step"].to_numpy(dtype=float), steps, ends.index.to_numpy(dtype=float))


def time_text(epoch: float, step: float | None = None, *, whole: bool = True) -> str:
    """Return "epoch 3", or "step 4" for a snapshot within the first epoch."""
    return f"epoch {epoch:g}" if whole or step is None else f"step {step:g}"


def key_frames(count: int, most: int) -> list[int]:
    """Return at most `most` of `count` positions, evenly spread, the first and the last included."""
    if count <= most:
        return list(range(count))
    return sorted({round(i * (count - 1) / (most - 1)) for i in range(most)})
