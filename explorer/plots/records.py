"""A curve table, cut into one small record per site: what all curve figures draw from."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.analysis.moved import moved

Array = NDArray[np.float64]


@dataclass(frozen=True)
class SiteCurve:
    """The curve of one site on its x grid, all arrays (P,).

    `y` is the only curve of the site, or the median over its channels; then `low` and `high` hold 10 and 90 %.
    `start` is the curve before training; `density` of the inputs integrates to 1 and is None where no data were seen;
    `reached` marks the central 99.8 % of the inputs (everything where no data were seen).
    """

    site: str
    stage: str
    position: int
    x: Array
    y: Array
    start: Array
    derivative: Array
    backward: Array
    density: Array | None
    reached: NDArray[np.bool_]
    channels: int = 1
    low: Array | None = None
    high: Array | None = None

    @property
    def surrogate(self) -> bool:
        """Whether training uses another derivative than that of the forward function."""
        return not np.allclose(self.derivative, self.backward, atol=1e-6, equal_nan=True)

    @property
    def left_start(self) -> float:
        """How far y lies from start, as `core.analysis.moved` defines it: 0 is unmoved, 0.25 is 25 % of start's sd."""
        fine = np.isfinite(self.y) & np.isfinite(self.start)
        weights = np.ones_like(self.x) if self.density is None else self.density
        return moved(self.start[fine], self.y[fine], weights[fine]) if fine.any() else float("nan")


def stage_of(site: str) -> str:
    """Return the first part of a site's path, for tables without a stage: `layer1` of `layer1.0.act1`."""
    return site.split(".")[0] if "." in site else "stem"


def site_curves(table: pd.DataFrame) -> list[SiteCurve]:
    """Return one record per site of a curve table, in forward order. Only site, x and y are required columns."""
    missing = {"site", "x", "y"} - set(table.columns)
    if missing:
        raise ValueError(f"a curve table needs the columns site, x, y; missing here: {', '.join(sorted(missing))}.")
    parts = [_record(str(site), part, i) for i, (site, part) in enumerate(table.groupby("site", sort=False))]
    return sorted(parts, key=lambda curve: curve.position)


def _record(site: str, part: pd.DataFrame, order: int) -> SiteCurve:
    channels = part["channel"].nunique() if "channel" in part else 1
    one = part.sort_values("x") if channels == 1 else _over_channels(part)
    x = one["x"].to_numpy(dtype=float)

    def column(name: str, default: Array) -> Array:
        return one[name].to_numpy(dtype=float) if name in one else default

    y = column("y", x)
    density = column("density", np.full_like(x, np.nan))
    derivative = column("derivative", np.gradient(y, x) if len(x) > 1 else np.zeros_like(x))
    seen = bool(np.isfinite(density).any() and np.nanmax(density) > 0)
    return SiteCurve(
        site=site,
        stage=str(part["stage"].iloc[0]) if "stage" in part else stage_of(site),
        position=int(part["position"].iloc[0]) if "position" in part else order,
        x=x,
        y=y,
        start=column("start", np.full_like(x, np.nan)),
        derivative=derivative,
        backward=column("backward_derivative", derivative),
        density=np.nan_to_num(density) if seen else None,
        reached=one["reached"].to_numpy(dtype=bool) if seen and "reached" in one else np.ones(len(x), dtype=bool),
        channels=int(channels),
        low=one["low"].to_numpy() if channels > 1 else None,
        high=one["high"].to_numpy() if channels > 1 else None,
    )


def _over_channels(part: pd.DataFrame) -> pd.DataFrame:
    """Return one row per x: medians over the channels, and the 10 and 90 % quantiles of y as low and high."""
    grouped = part.groupby("x", sort=True)
    numbers = [c for c in ("y", "start", "derivative", "backward_derivative", "density") if c in part]
    one = grouped[numbers].median()
    bounds = grouped["y"].quantile(np.array([0.1, 0.9])).unstack()
    one["low"], one["high"] = bounds[0.1], bounds[0.9]
    if "reached" in part:
        one["reached"] = grouped["reached"].any()
    return one.reset_index()
