"""Curves with evidence: what each activation became, beside its start, on the inputs that it really gets."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from ..errors import ExplorerError
from .evidence import parameter_table, site_table, snapshot_sites
from .places import POINTS, Place, input_grid, model_places, select, snapshot_places
from .shapes import Shape, evaluate_shape

if TYPE_CHECKING:
    from torch import Tensor, nn

    from ..probes import ProbeStatistics
    from ..progress import ProgressCallback
    from ..runs import Run

__all__ = ["curve_table", "parameter_table", "site_table", "snapshot_curves", "snapshot_sites"]

#: Shares of the channels between which the band of a site with parameters per channel lies.
BAND = (0.1, 0.9)
Channels = int | Literal["all"] | None


def curve_table(
    model: "nn.Module",
    *,
    statistics: "ProbeStatistics | None" = None,
    inputs: "Tensor | None" = None,
    points: int = POINTS,
    sites: str | Iterable[str] | None = None,
    channel: Channels = None,
) -> pd.DataFrame:
    """Return the activation curves of `model`, long: `points` rows per curve, sites in forward order.

    Columns: site, stage ("stem", "layer1" …), position (forward index), activation, channel (−1: all), role, x
    (pre-activation), y (learned curve), low, high, start (initial curve), derivative (of the forward function),
    backward_derivative (the one that training uses), density (of the inputs; NaN where nothing was measured) and reached (x
    lies within the central 99.8 % of the site's inputs). Noise is off. The x range is shared: from the least 0.1 % to the
    greatest 99.9 % quantile of the sites drawn.

    Where every channel has parameters of its own, `channel=None` gives the pointwise median over channels (role "median",
    channel −1) with `low` and `high` the 10 % and 90 % quantiles, and the two channels that lie furthest below and above their
    start on average (roles "lowest" and "highest"); "all" gives every channel, a number that channel. Elsewhere role is "curve"
    and low = high = y.

    Args:
        statistics: what a probe measured; None with `inputs` given: measured here.
        inputs: normalised images (N, C, H, W) to measure the inputs on; without either, x runs from −4 to 4.
        sites: paths to draw; None: all.

    Raises:
        ExplorerError: an unknown site, a channel that a site does not have, or statistics of another network.
    """
    places = select(model_places(model, statistics, inputs), sites)
    return _curves(places, input_grid(places, points), channel)


def snapshot_curves(
    run: "Run",
    epochs: Iterable[int] | None = None,
    *,
    sites: str | Iterable[str] | None = None,
    channel: Channels = None,
    points: int = POINTS,
    progress: "ProgressCallback | None" = None,
) -> pd.DataFrame:
    """Return the curves of `run` over training, from its snapshots; no checkpoint is read.

    As `curve_table`, with the columns epoch and step in front; the x range is shared over the moments, too. `epochs`: whole
    epochs, 0 is before training; None: every snapshot, those inside the first epoch too. `progress` is called before every
    snapshot is read and before its curves are evaluated. Raises RunError for an epoch without a snapshot.
    """
    snapshots = run.snapshots()
    wanted: list[tuple[int, int | None]] = list(snapshots.epochs) if epochs is None else [(e, None) for e in epochs]
    if not wanted:
        raise ExplorerError(f"Run {run.id} has no snapshots, so its curves over training are not known.")
    count = len(wanted)
    moments = []
    for i, (epoch, step) in enumerate(wanted):
        if progress is not None:
            progress(i, 2 * count, f"Reading snapshot {i + 1} of {count}")
        found = snapshots.at(epoch, step=step)
        moments.append((found.epoch, found.step, select(snapshot_places(run, found), sites)))
    x = input_grid([place for _, _, places in moments for place in places], points)
    parts = []
    for i, (epoch, step, places) in enumerate(moments):
        if progress is not None:
            progress(count + i, 2 * count, f"Evaluating the curves of snapshot {i + 1} of {count}")
        part = _curves(places, x, channel)
        part.insert(0, "epoch", epoch)
        part.insert(1, "step", step)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _curves(places: list[Place], x: np.ndarray, channel: Channels) -> pd.DataFrame:
    parts = [part for place in places for part in _site_curves(place, x, channel)]
    return pd.concat([pd.DataFrame(part) for part in parts], ignore_index=True)


def _site_curves(place: Place, x: np.ndarray, channel: Channels) -> list[dict[str, object]]:
    shape = evaluate_shape(place.module, x)
    channels = len(shape.y)
    if channels == 1:
        return [_rows(place, x, "curve", -1, *_of(shape, 0))]
    if channel is None:
        extremes = [_rows(place, x, role, c, *_of(shape, c)) for role, c in _extremes(place, shape, x)]
        return [_rows(place, x, "median", -1, *_median(shape)), *extremes]
    if channel != "all" and not 0 <= channel < channels:
        raise ExplorerError(f"Site '{place.path}' has channels 0 to {channels - 1}; received {channel}.")
    wanted = range(channels) if channel == "all" else [channel]
    return [_rows(place, x, "channel", c, *_of(shape, c)) for c in wanted]


def _of(shape: Shape, c: int) -> tuple[Shape, np.ndarray, np.ndarray]:
    """Return the curve of channel `c`, and itself as its band."""
    own = Shape(shape.y[c], shape.start[c], shape.derivative[c], shape.backward_derivative[c])
    return own, own.y, own.y


def _median(shape: Shape) -> tuple[Shape, np.ndarray, np.ndarray]:
    median = Shape(*(np.median(v, axis=0) for v in (shape.y, shape.start, shape.derivative, shape.backward_derivative)))
    low, high = np.quantile(shape.y, BAND, axis=0)
    return median, low, high


def _extremes(place: Place, shape: Shape, x: np.ndarray) -> list[tuple[str, int]]:
    """Return the channels that lie furthest below and above their start, on average over the site's inputs."""
    bins = place.bins()
    if bins is None:
        above = (shape.y - shape.start).mean(1)
    else:
        there = evaluate_shape(place.module, bins[0])
        above = (there.y - there.start) @ bins[1]
    lowest, highest = int(above.argmin()), int(above.argmax())
    return [] if lowest == highest else [("lowest", lowest), ("highest", highest)]


def _rows(
    place: Place, x: np.ndarray, role: str, channel: int, shape: Shape, low: np.ndarray, high: np.ndarray
) -> dict[str, object]:
    reach = place.reach()
    return {
        "site": place.path,
        "stage": place.stage,
        "position": place.position,
        "activation": place.activation,
        "channel": channel,
        "role": role,
        "x": x,
        "y": shape.y,
        "low": low,
        "high": high,
        "start": shape.start,
        "derivative": shape.derivative,
        "backward_derivative": shape.backward_derivative,
        "density": place.density(x),
        "reached": np.ones(len(x), bool) if reach is None else (x >= reach[0]) & (x <= reach[1]),
    }
