"""The sites of a network, whether it is at hand as a model or only as a snapshot of its activations."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ..config import split_activation
from ..errors import ExplorerError, unknown_name
from .groups import config_fields

if TYPE_CHECKING:
    from torch import Tensor, nn

    from ..activations import Activation
    from ..probes import ProbeStatistics
    from ..runs import Run
    from ..runs.snapshots import Snapshot

#: The points of a curve are as many as a screen shows.
POINTS = 97
#: Range of the inputs where nothing was measured.
UNKNOWN_RANGE = (-4.0, 4.0)


@dataclass(frozen=True, eq=False)
class Place:
    """One site: its path, its index in forward order, its activation module, and where to find it in the statistics."""

    path: str
    stage: str
    position: int
    activation: str
    module: "nn.Module"
    statistics: "ProbeStatistics | None"

    @cached_property
    def row(self) -> int | None:
        """Index of the site in the statistics; None if it was not measured."""
        if self.statistics is None or self.path not in self.statistics.sites:
            return None
        return list(self.statistics.sites).index(self.path)

    def reach(self) -> tuple[float, float] | None:
        """Return the 0.1 % and 99.9 % quantiles of the inputs; None where nothing was measured."""
        from ..probes.statistics import QUANTILES

        if self.statistics is None or self.row is None:
            return None
        low, high = (float(self.statistics.quantiles[self.row, QUANTILES.index(q)]) for q in (0.001, 0.999))
        return (low, high) if np.isfinite([low, high]).all() else None

    def bins(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Return the centres (64,) of the density's bins and the density there; None where nothing was measured."""
        if self.statistics is None or self.row is None:
            return None
        edges = np.linspace(float(self.statistics.low[self.row]), float(self.statistics.high[self.row]), 65)
        return (edges[1:] + edges[:-1]) / 2, self.statistics.density[self.row].astype(np.float64)

    def density(self, x: np.ndarray) -> np.ndarray:
        """Return the density of the inputs at `x` (P,): 0 outside the measured range, NaN where nothing was measured."""
        bins = self.bins()
        if bins is None:
            return np.full(len(x), np.nan)
        centres, density = bins
        half = (centres[1] - centres[0]) / 2
        at = np.concatenate([[centres[0] - half], centres, [centres[-1] + half]])
        return np.interp(x, at, np.concatenate([density[:1], density, density[-1:]]), left=0.0, right=0.0)


def model_places(
    model: "nn.Module", statistics: "ProbeStatistics | None" = None, inputs: "Tensor | None" = None
) -> list[Place]:
    """Return the places of `model` in forward order, measured on `inputs` unless `statistics` are given."""
    from ..models import site_stage, sites

    if statistics is None and inputs is not None:
        from ..probes import probe_statistics

        statistics = probe_statistics(model, inputs)
    found = sites(model)
    if statistics is not None:
        order = {path: i for i, path in enumerate(statistics.sites)}
        if found and not any(s.path in order for s in found):
            raise ExplorerError(
                f"The statistics are those of another network: it has sites {', '.join(statistics.sites) or 'none'};"
                f" this one {', '.join(s.path for s in found)}."
            )
        found = sorted(found, key=lambda s: order.get(s.path, len(order)))
    return [Place(s.path, site_stage(s.path), i, s.activation, s.module, statistics) for i, s in enumerate(found)]


def snapshot_places(run: "Run", snapshot: "Snapshot") -> list[Place]:
    """Return the places of a run at one moment, with modules made from its config and filled with the stored parameters."""
    from ..models import site_stage

    modules = [_stored_module(run, snapshot, path) for path in snapshot.sites]
    return [
        Place(path, site_stage(path), i, module.name, module, snapshot.statistics)
        for i, (path, module) in enumerate(zip(snapshot.sites, modules, strict=True))
    ]


def select(places: list[Place], sites: str | Iterable[str] | None) -> list[Place]:
    """Return the places named by `sites`, in forward order; None: all. Raises UnknownNameError for a path that is not there."""
    if sites is None:
        return places
    wanted = [sites] if isinstance(sites, str) else list(sites)
    known = [place.path for place in places]
    for path in wanted:
        if path not in known:
            raise unknown_name("site", path, known)
    return [place for place in places if place.path in wanted]


def input_grid(places: Iterable[Place], points: int = POINTS) -> np.ndarray:
    """Return `points` inputs from the lowest 0.1 % to the highest 99.9 % quantile of the places; one of them is 0 if inside."""
    if points < 2:
        raise ExplorerError(f"points must be at least 2; received {points}.")
    reaches = [reach for place in places if (reach := place.reach()) is not None] or [UNKNOWN_RANGE]
    low, high = min(r[0] for r in reaches), max(r[1] for r in reaches)
    if not high > low:
        low, high = low - 1.0, high + 1.0
    x = np.linspace(low, high, points)
    nearest = int(np.abs(x).argmin())
    if 0 < nearest < points - 1:
        x[nearest] = 0.0  # most functions have their kink there
    return x


def _stored_module(run: "Run", snapshot: "Snapshot", path: str) -> "Activation":
    """Return the activation of one site as it was: made from the config, with the parameters of the snapshot."""
    import torch

    from ..activations import make_activation

    parameters = snapshot.parameters[path]
    config = config_fields(run)
    per_channel = any(snapshot.per_channel[f"{path}.{name}"] for name in parameters)
    shared = "network" if config.get("sharing") == "network" else "layer"
    name, options = _activation_at(config, path)
    sharing = "channel" if per_channel else shared
    module = make_activation(name, sharing=sharing, num_channels=_channels(snapshot, path), **options)
    with torch.no_grad():
        for key, values in parameters.items():
            if key not in module.parameter_names:
                raise ExplorerError(f"Run {run.id} stores a parameter '{key}' at {path} that {name} does not have.")
            getattr(module, key).copy_(torch.as_tensor(values))
    return module.eval()


def _channels(snapshot: "Snapshot", path: str) -> int | None:
    statistics = snapshot.statistics
    if statistics is not None and path in statistics.sites:
        return int(statistics.channels[list(statistics.sites).index(path)])
    lengths = [len(values) for values in snapshot.parameters[path].values() if values.ndim]
    return max(lengths, default=None)


def _activation_at(config: dict[str, Any], path: str) -> tuple[str, dict[str, Any]]:
    """Return name and options of the activation that the config gives to the site `path`."""
    from ..models.patterns import ActivationPatterns

    name, own = split_activation(ActivationPatterns(config.get("activation", ""))[path])
    return name, own or dict(config.get("activation_options") or {})
