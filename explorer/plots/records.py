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

    `y` is the only curve of the site, or the median over its channels; then `low` and `high` hold 10 and 90 %, and
    `extremes` the names and curves of the channels furthest down and up. `start` is the curve before training;
    `density` of the inputs integrates to 1 and is None where no data were seen; `reached` marks the central 99.8 % of
    the inputs (everything where no data were seen).
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
    low: Array | None = None
    high: Array | None = None
    extremes: tuple[tuple[str, Array], ...] = ()

    @property
    def per_channel(self) -> bool:
        """Whether the curve is a median over channels with parameters of their own."""
        return self.low is not None

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
    one, extremes = _main(part)
    x = one["x"].to_numpy(dtype=float)

    def column(name: str, default: Array) -> Array:
        return one[name].to_numpy(dtype=float) if name in one else default

    y = column("y", x)
    density = column("density", np.full_like(x, np.nan))
    derivative = column("derivative", np.gradient(y, x) if len(x) > 1 else np.zeros_like(x))
    seen = bool(np.isfinite(density).any() and np.nanmax(density) > 0)
    banded = len(extremes) > 0 or "median" in part.get("role", pd.Series()).to_numpy()
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
        low=column("low", y) if banded else None,
        high=column("high", y) if banded else None,
        extremes=extremes,
    )


def _main(part: pd.DataFrame) -> tuple[pd.DataFrame, tuple[tuple[str, Array], ...]]:
    """Return a site's one curve, or the median of its channels, and its named extremes."""
    part = part.sort_values("x", kind="stable")
    if "role" in part and (part["role"] == "median").any():
        outer = part[part["role"].isin(["lowest", "highest"])]
        return part[part["role"] == "median"], _named(outer)
    if "channel" in part and part["channel"].nunique() > 1:
        one = _over_channels(part)
        return one, _named(part[part["channel"].isin(_furthest(part, one))])
    return part, ()


def _named(rows: pd.DataFrame) -> tuple[tuple[str, Array], ...]:
    parts = rows.groupby("channel", sort=False)
    return tuple((f"channel {channel}", part["y"].to_numpy(dtype=float)) for channel, part in parts)


def _furthest(part: pd.DataFrame, one: pd.DataFrame) -> list[int]:
    """Return the channels furthest below and above the median, on average over the inputs (over x without a density)."""
    wide = part.pivot(index="x", columns="channel", values="y")
    density = one["density"].to_numpy(dtype=float) if "density" in one else np.array([])
    weight = density if density.size and np.nansum(density) > 0 else np.ones(len(one))
    distance = wide.sub(one["y"].to_numpy(), axis=0).mul(np.nan_to_num(weight), axis=0).sum()
    return list(dict.fromkeys(int(wide.columns[int(k)]) for k in (distance.argmin(), distance.argmax())))


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
