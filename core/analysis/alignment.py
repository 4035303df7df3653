"""Clouds of several networks in one orientation: turned, mirrored and scaled so that their noise-off images coincide."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

#: Fewer images than this fit any other in some orientation.
FEWEST = 3


@dataclass(frozen=True, eq=False, kw_only=True)
class Aligned:
    """Cloud tables in the frame of the first; `residuals` (T,): share of its noise-off variance that each leaves unexplained.

    0: the noise-off images coincide; NaN: not aligned, because there are fewer than three images or all lie on one point.
    """

    tables: tuple[pd.DataFrame, ...]
    residuals: tuple[float, ...]


def align_clouds(tables: Sequence[pd.DataFrame]) -> Aligned:
    """Return cloud tables (`LatentClouds.table`, of the same images) aligned to the first by Procrustes analysis.

    Rotation or reflection, scale and shift are those that bring the noise-off points (pass −1) closest to those of the first
    table in the least-squares sense; the noisy points move along.
    """
    first = _rings(tables[0])
    found = [_fit(first, _rings(table)) for table in tables[1:]]
    moved = [_moved(table, fit) for table, fit in zip(tables[1:], found, strict=True)]
    return Aligned(tables=(tables[0], *moved), residuals=(0.0, *(fit.residual for fit in found)))


@dataclass(frozen=True, eq=False, kw_only=True)
class _Fit:
    turn: np.ndarray
    scale: float
    origin: np.ndarray
    target: np.ndarray
    residual: float


def _fit(first: pd.DataFrame, other: pd.DataFrame) -> _Fit:
    from scipy.linalg import orthogonal_procrustes

    common = first.index.intersection(other.index)
    target, points = first.loc[common].to_numpy(), other.loc[common].to_numpy()
    still = _Fit(turn=np.eye(2), scale=1.0, origin=np.zeros(2), target=np.zeros(2), residual=float("nan"))
    if len(common) < FEWEST:
        return still
    a, b = target - target.mean(0), points - points.mean(0)
    if not (np.square(a).sum() > 0 and np.square(b).sum() > 0):
        return still
    turn, trace = orthogonal_procrustes(b, a)
    scale = float(trace / np.square(b).sum())
    residual = float(np.square(a - scale * b @ turn).sum() / np.square(a).sum())
    return _Fit(turn=turn, scale=scale, origin=points.mean(0), target=target.mean(0), residual=residual)


def _moved(table: pd.DataFrame, fit: _Fit) -> pd.DataFrame:
    points = (table[["x", "y"]].to_numpy(dtype=float) - fit.origin) @ fit.turn * fit.scale + fit.target
    return table.assign(x=points[:, 0], y=points[:, 1])


def _rings(table: pd.DataFrame) -> pd.DataFrame:
    clean = table[table["pass"] < 0]
    return clean.set_index("image")[["x", "y"]].astype(float)
