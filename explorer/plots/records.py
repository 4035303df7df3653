"""A curve table, cut into one small record per site: what all curve figures draw from."""

from dataclasses import dataclass
from typing import Any

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
    columns = {str(name): table[name].to_numpy() for name in table}
    codes, sites = pd.factorize(table["site"])
    # NumPy arrays instead of frames: a film asks for a thousand records.
    parts = [{name: values[codes == k] for name, values in columns.items()} for k in range(len(sites))]
    found = [_record(str(site), part, k) for k, (site, part) in enumerate(zip(sites, parts, strict=True))]
    return sorted(found, key=lambda curve: curve.position)


Part = dict[str, NDArray[Any]]


def _record(site: str, part: Part, order: int) -> SiteCurve:
    one, extremes = _main(part)
    x = one["x"].astype(float)

    def column(name: str, default: Array) -> Array:
        return one[name].astype(float) if name in one else default

    y = column("y", x)
    density = column("density", np.full_like(x, np.nan))
    derivative = column("derivative", np.gradient(y, x) if len(x) > 1 else np.zeros_like(x))
    seen = bool(np.isfinite(density).any() and np.nanmax(density) > 0)
    banded = len(extremes) > 0 or ("role" in part and bool((part["role"] == "median").any()))
    return SiteCurve(
        site=site,
        stage=str(part["stage"][0]) if "stage" in part else stage_of(site),
        position=int(part["position"][0]) if "position" in part else order,
        x=x,
        y=y,
        start=column("start", np.full_like(x, np.nan)),
        derivative=derivative,
        backward=column("backward_derivative", derivative),
        density=np.nan_to_num(density) if seen else None,
        reached=one["reached"].astype(bool) if seen and "reached" in one else np.ones(len(x), dtype=bool),
        low=column("low", y) if banded else None,
        high=column("high", y) if banded else None,
        extremes=extremes,
    )


def _main(part: Part) -> tuple[Part, tuple[tuple[str, Array], ...]]:
    """Return a site's one curve, or the median of its channels, and its named extremes."""
    part = _rows(part, np.argsort(part["x"], kind="stable"))
    role = part.get("role", np.full(len(part["x"]), "curve"))
    if (role == "median").any():
        outer = [part["channel"][role == name][0] for name in ("lowest", "highest") if (role == name).any()]
        return _rows(part, role == "median"), _named(_rows(part, role != "median"), outer)
    if "channel" in part and len(np.unique(part["channel"])) > 1:
        one = _over_channels(pd.DataFrame(part))
        return one, _named(part, _furthest(part, one))
    return part, ()


def _rows(part: Part, index: NDArray[Any]) -> Part:
    return {name: values[index] for name, values in part.items()}


def _named(part: Part, channels: list[int]) -> tuple[tuple[str, Array], ...]:
    return tuple((f"channel {c}", part["y"][part["channel"] == c].astype(float)) for c in dict.fromkeys(channels))


def _furthest(part: Part, one: Part) -> list[int]:
    """Return the channels furthest below and above the median, on average over the inputs (over x without a density)."""
    density = np.nan_to_num(one.get("density", np.zeros(1)))
    weight = density if density.sum() > 0 else np.ones(len(one["x"]))
    channels = np.unique(part["channel"])
    distance = [float((weight * (part["y"][part["channel"] == c] - one["y"])).sum()) for c in channels]
    return [int(channels[np.argmin(distance)]), int(channels[np.argmax(distance)])]


def _over_channels(rows: pd.DataFrame) -> Part:
    """Return one row per x: medians over the channels, and the 10 and 90 % quantiles of y as low and high."""
    grouped = rows.groupby("x", sort=True)
    numbers = [c for c in ("y", "start", "derivative", "backward_derivative", "density") if c in rows]
    one = grouped[numbers].median()
    bounds = grouped["y"].quantile(np.array([0.1, 0.9])).unstack()
    one["low"], one["high"] = bounds[0.1], bounds[0.9]
    if "reached" in rows:
        one["reached"] = grouped["reached"].any()
    one = one.reset_index()
    return {str(name): one[name].to_numpy() for name in one}
