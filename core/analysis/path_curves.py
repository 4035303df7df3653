"""The functions on the way from their start to the learned ones: closed forms of the parameters, no pass of the network."""

import copy
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..errors import ExplorerError
from .interventions import stand_at, starts_of
from .places import POINTS, Place, input_grid, select, snapshot_places
from .shapes import evaluate_shape

if TYPE_CHECKING:
    from ..runs import Run


def path_curves(
    run: "Run", epoch: int, t: float, *, sites: str | Iterable[str] | None = None, points: int = POINTS
) -> pd.DataFrame:
    """Return the functions of `run` with the parameters at start + t (learned − start), learned being those after `epoch`.

    From the snapshot of that epoch; no checkpoint is read. `points` rows per site, sites in forward order, one x range for all.
    Columns: t, site, stage, position, activation, channels (the curves that each value is the median of; 1: one function for
    all channels), x (pre-activation), start (t = 0), y (at `t`), learned (t = 1), density (of the trained network's inputs;
    NaN where nothing was measured) and reached (x lies within the central 99.8 % of these). Noise is off.

    Args:
        sites: paths; None: all whose activation has parameters.

    Raises:
        ExplorerError: an unknown site, one without parameters, or a `t` that is not finite.
        RunError: there is no snapshot of that epoch.
    """
    if not np.isfinite(t):
        raise ExplorerError(f"t must be a finite number; received {t}.")
    known = snapshot_places(run, run.snapshots().at(epoch))
    able = [place for place in known if starts_of(place.module)]
    chosen = able if sites is None else select(known, sites)
    fixed = [place.path for place in chosen if place not in able]
    if fixed or not chosen:
        where = f"at {', '.join(fixed)}" if fixed else "in this network"
        raise ExplorerError(f"There is nothing to move {where}: no activation there has parameters with a known start.")
    x = input_grid(chosen, points)
    return pd.concat([pd.DataFrame(_site(place, x, float(t))) for place in chosen], ignore_index=True)


def _site(place: Place, x: np.ndarray, t: float) -> dict[str, object]:
    moved = copy.deepcopy(place.module)
    stand_at(moved, t)
    shape, reach = evaluate_shape(place.module, x), place.reach()
    return {
        "t": t,
        "site": place.path,
        "stage": place.stage,
        "position": place.position,
        "activation": place.activation,
        "channels": len(shape.y),
        "x": x,
        "start": np.median(shape.start, axis=0),
        "y": np.median(evaluate_shape(moved, x).y, axis=0),
        "learned": np.median(shape.y, axis=0),
        "density": place.density(x),
        "reached": np.ones(len(x), bool) if reach is None else (x >= reach[0]) & (x <= reach[1]),
    }
