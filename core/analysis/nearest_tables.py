"""What every site became, and every channel: the nearest classic functions as tables."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import ExplorerError
from ..progress import ProgressCallback
from .nearest import nearest_functions
from .nearest_record import Kind, Nearest
from .places import Place, model_places, snapshot_places
from .shapes import evaluate_shape

if TYPE_CHECKING:
    from torch import Tensor, nn

    from ..probes import ProbeStatistics
    from ..runs import Run


def nearest_table(
    model: "nn.Module",
    statistics: "ProbeStatistics | None" = None,
    *,
    inputs: "Tensor | None" = None,
    progress: ProgressCallback | None = None,
) -> pd.DataFrame:
    """Return one row per activation site of `model`, in forward order: the classic function nearest to its curve.

    Columns:
        site, stage, position, activation: which site it is.
        images, inputs: probe images, and the inputs drawn from them that the density is made of; −1: not measured.
        curves: 1, or the number of channels where each has parameters of its own.
        kind, name, family, distance, scale, offset, runner_up, runner_up_distance: see `core.analysis.nearest.Nearest`. Of
            several curves: the family that most channels found, the median of their distances, and the second most frequent
            family; scale, offset and the distance of the runner-up are then NaN.
        count: curves that are called by this family, out of `curves`.
        label: the row in a few characters: "SiLU · 2 %", "ELU · 41 of 64".

    Without `statistics` and `inputs` nothing was measured, and every kind is "not measured".
    """
    return _site_rows(model_places(model, statistics, inputs), progress)


def snapshot_nearest(run: "Run", epochs: Iterable[int], *, progress: ProgressCallback | None = None) -> pd.DataFrame:
    """Return `nearest_table` after the given whole `epochs` of `run`, from its snapshots, with epoch and step in front."""
    parts = []
    for epoch in epochs:
        snapshot = run.snapshots().at(epoch)
        part = _site_rows(snapshot_places(run, snapshot), progress)
        part.insert(0, "epoch", snapshot.epoch)
        part.insert(1, "step", snapshot.step)
        parts.append(part)
    if not parts:
        raise ExplorerError("epochs must name at least one epoch; received none.")
    return pd.concat(parts, ignore_index=True)


def channel_nearest_table(
    model: "nn.Module", statistics: "ProbeStatistics | None" = None, *, inputs: "Tensor | None" = None
) -> pd.DataFrame:
    """Return one row per curve: site, channel (−1: one curve for all), and the columns of a `Nearest` with its label."""
    return _channel_rows(model_places(model, statistics, inputs))


def snapshot_channel_nearest(run: "Run", epoch: int, site: str | None = None) -> pd.DataFrame:
    """Return `channel_nearest_table` after `epoch` of `run`, of one site or of all, from its snapshot."""
    places = snapshot_places(run, run.snapshots().at(epoch))
    return _channel_rows([place for place in places if site in (None, place.path)])


def _site_rows(places: list[Place], progress: ProgressCallback | None) -> pd.DataFrame:
    rows = []
    for i, place in enumerate(places):
        if progress is not None:
            progress(i, len(places), f"Comparing with classic functions, site {i + 1} of {len(places)}")
        rows.append(_row(place))
    return pd.DataFrame(rows)


def _row(place: Place) -> dict[str, Any]:
    found = _nearest(place)
    s, i = place.statistics, place.row
    return {
        "site": place.path,
        "stage": place.stage,
        "position": place.position,
        "activation": place.activation,
        "images": -1 if s is None or i is None else int(s.images),
        "inputs": -1 if s is None or i is None else int(s.sample[i]),
        "curves": len(found),
        **(_alone(found[0]) if len(found) == 1 else _together(found)),
    }


def _nearest(place: Place) -> list[Nearest]:
    """Return what each curve of the site became."""
    bins = place.bins()
    if bins is None:
        return [Nearest(kind="not measured")]
    return nearest_functions(bins[0], evaluate_shape(place.module, bins[0]).y, bins[1])


def _alone(found: Nearest) -> dict[str, Any]:
    return {**asdict(found), "count": int(found.kind == "found"), "label": found.label}


def _together(found: list[Nearest]) -> dict[str, Any]:
    """Return what the curves of many channels became: the most frequent family among those that are called by one."""
    named = Counter(n.family for n in found if n.kind == "found").most_common(2)
    if not named:
        kind: Kind = "not measured" if all(n.kind == "not measured" for n in found) else "none"
        return {**asdict(Nearest(kind=kind)), "count": 0, "label": f"none of {len(found)}" if kind == "none" else "–"}
    family, count = named[0]
    distances = [n.distance for n in found if n.kind == "found" and n.family == family]
    together = Nearest(
        kind="found", name=family, family=family, distance=float(np.median(distances)),
        runner_up=named[1][0] if len(named) > 1 else "",
    )  # fmt: skip
    return {**asdict(together), "count": count, "label": f"{family} · {count} of {len(found)}"}


def _channel_rows(places: list[Place]) -> pd.DataFrame:
    rows = []
    for place in places:
        found = _nearest(place)
        for c, nearest in enumerate(found):
            channel = c if len(found) > 1 else -1
            rows.append({"site": place.path, "channel": channel, **asdict(nearest), "label": nearest.label})
    return pd.DataFrame(rows)
