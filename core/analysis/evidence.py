"""One row per site: what its activation became, and what the probe images say about it."""

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from . import wording
from .moved import moved
from .places import Place, model_places, snapshot_places
from .shapes import evaluate_shape

if TYPE_CHECKING:
    from torch import Tensor, nn

    from ..probes import ProbeStatistics
    from ..runs import Run


def site_table(
    model: "nn.Module", statistics: "ProbeStatistics | None" = None, *, inputs: "Tensor | None" = None
) -> pd.DataFrame:
    """Return one row per activation site of `model`, in forward order.

    Columns:
        site, stage, position, activation, sharing: which site it is.
        learns: whether it has parameters of its own to learn.
        parameters: "a 1 → 1.32, b 1 → 0.87"; per channel the median, with the range behind it.
        moved: distance of the learned curve from its start over the site's inputs (see `core.analysis.moved`); 0 where nothing
            can be learned.
        images: probe images; units: units per channel; channels.
        saturated: share of all inputs with |f'| < 0.01 (true derivative); mean_gradient: mean of f' over all inputs.
        dead_units, dead_channels, constant_units: counts over all channels, out of channels × units and channels.
        x_low, x_high: the central 99.8 % of the inputs.

    What comes from the probe is NaN, or −1 for counts, where nothing was measured (neither `statistics` nor `inputs` given).
    """
    return _table(model_places(model, statistics, inputs))


def snapshot_sites(run: "Run", epochs: Iterable[int] | None = None) -> pd.DataFrame:
    """Return `site_table` at every snapshot of `run`, or after the given whole `epochs`, with epoch and step in front."""
    snapshots = run.snapshots()
    moments = snapshots.epochs if epochs is None else [(e, None) for e in epochs]
    parts = []
    for epoch, step in moments:
        snapshot = snapshots.at(epoch, step=step)
        part = _table(snapshot_places(run, snapshot))
        part.insert(0, "epoch", snapshot.epoch)
        part.insert(1, "step", snapshot.step)
        parts.append(part)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({"epoch": [], "step": []})


def parameter_table(model: "nn.Module") -> pd.DataFrame:
    """Return site, parameter, channel (−1: one value for all), start, value: one row per value, as stored (not clamped)."""
    rows: list[tuple[Any, ...]] = []
    for place in model_places(model):
        starts = _starts(place)
        for name, values in _parameters(place).items():
            start = starts.get(name, math.nan)
            alone = values.ndim == 0
            rows += [(place.path, name, -1 if alone else c, start, v) for c, v in enumerate(np.atleast_1d(values).tolist())]
    return pd.DataFrame(rows, columns=["site", "parameter", "channel", "start", "value"])


def site_moved(place: Place) -> float:
    """Return how far the learned curve of `place` lies from its start over its inputs; NaN where nothing was measured."""
    if not _parameters(place):
        return 0.0
    bins = place.bins()
    if bins is None:
        return math.nan
    shape = evaluate_shape(place.module, bins[0])
    return moved(shape.start, shape.y, bins[1])


def _table(places: list[Place]) -> pd.DataFrame:
    return pd.DataFrame([_row(place) for place in places])


def _row(place: Place) -> dict[str, Any]:
    parameters = _parameters(place)
    return {
        "site": place.path,
        "stage": place.stage,
        "position": place.position,
        "activation": place.activation,
        "sharing": getattr(place.module, "sharing", "layer") if parameters else "",
        "learns": bool(parameters),
        "parameters": ", ".join(_change(place, name, values) for name, values in parameters.items()),
        "moved": site_moved(place),
        **_measured(place),
    }


def _measured(place: Place) -> dict[str, Any]:
    s, i = place.statistics, place.row
    if s is None or i is None:
        counts = dict.fromkeys(("images", "channels", "units", "dead_units", "dead_channels", "constant_units"), -1)
        return counts | dict.fromkeys(("saturated", "mean_gradient", "x_low", "x_high"), math.nan)
    low, high = place.reach() or (math.nan, math.nan)
    return {
        "images": int(s.images),
        "channels": int(s.channels[i]),
        "units": int(s.units[i]),
        "dead_units": int(s.dead_units[i].sum()),
        "dead_channels": int(s.dead_channels[i]),
        "constant_units": int(s.constant_units[i].sum()),
        "saturated": float(s.saturated[i]),
        "mean_gradient": float(s.mean_gradient[i]),
        "x_low": low,
        "x_high": high,
    }


def _parameters(place: Place) -> dict[str, np.ndarray]:
    """Return the numbers that the module itself trains, by name ("a", "w.relu"): shape () or (C,), float64."""
    found: dict[str, np.ndarray] = {}
    for name, parameter in place.module.named_parameters(recurse=False):
        values = parameter.detach().cpu().numpy().astype(np.float64)
        parts = _components(place, name)
        found |= {f"{name}.{part}": values[..., i] for i, part in enumerate(parts)} if parts else {name: values}
    return found


def _components(place: Place, name: str) -> tuple[str, ...]:
    return tuple(getattr(place.module, "components", {}).get(name, ()))


def _change(place: Place, name: str, values: np.ndarray) -> str:
    """Return "a 1 → 1.32"; with several channels the median and the range: "alpha 0.25 → 0.31 (0.02 to 0.6)"."""
    starts = _starts(place)
    start = f"{_short(starts[name])} → " if name in starts else ""
    notes = []
    if np.ptp(values) > 0:
        notes.append(f"{_short(float(values.min()))} to {_short(float(values.max()))}")
    floor = getattr(place.module, "floors", {}).get(name, -math.inf)
    acting = int((values < floor).sum())
    if acting:
        notes.append(f"acts as {floor:g}" if values.size == 1 else f"{acting} of {values.size} channels act as {floor:g}")
    behind = f" ({'; '.join(notes)})" if notes else ""
    return f"{name} {start}{_short(float(np.median(values)))}{behind}"


def _starts(place: Place) -> dict[str, float]:
    starts: dict[str, float] = getattr(place.module, "start_values", dict)()
    return {
        scalar: start
        for name, start in starts.items()
        for scalar in ([f"{name}.{part}" for part in _components(place, name)] or [name])
    }


def _short(value: float) -> str:
    """Three significant digits, without the zeros at the end."""
    text = wording.number(value, wording.decimals_for(value))
    return text.rstrip("0").rstrip(".") if "." in text else text
