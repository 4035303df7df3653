"""What the pages show of one run, from its folder, made once per file state; which runs there are, from the folders.

torch is imported by the functions of `core` that need it, never by the app before the first figure stands.
"""

from functools import lru_cache

import pandas as pd

from explorer import tables
from explorer.caches import of
from explorer.folders import (
    demo_ids,
    is_demo,
    own_ids,
    places,
    refresh,
    refresh_now,
    run,
    run_ids,
    source,
    state_of,
    state_token,
)

__all__ = [
    "demo_ids", "is_demo", "own_ids", "places", "refresh", "refresh_now", "run", "run_ids", "source", "state_of", "state_token",
]  # fmt: skip


def sites(run_id: str) -> tuple[str, ...]:
    """Return the paths of the sites in forward order; () where the run has no snapshots."""
    return tuple(of(tables.channel_counts, run_id))


def channels(run_id: str, site: str) -> int:
    """Return the number of channels at a site; 0 where it is not known."""
    return int(of(tables.channel_counts, run_id).get(site, 0))


def epochs(run_id: str) -> tuple[int, ...]:
    """Return the epochs that have a snapshot, 0 being before training."""
    return tuple(sorted({epoch for epoch, _ in run(run_id).snapshots().epochs}))


def chosen_epoch(run_id: str) -> int | None:
    """Return the epoch of the chosen checkpoint, None while there is none."""
    return run(run_id).chosen_epoch


def sharing(run_id: str) -> str:
    """Return who shares a set of activation parameters: network, layer, channel, or "" where nothing learns."""
    return str(of(tables.sharing, run_id))


def learns(run_id: str) -> bool:
    """Return whether any activation of the run has parameters."""
    return bool(sharing(run_id))


def activations(run_id: str) -> tuple[str, ...]:
    """Return the registry names of the activations that the run's configuration names."""
    return tables.activations(run(run_id))


def data_name(run_id: str) -> str:
    """Return the name of the run's data set; "" where it is not known."""
    return tables.data_name([run(run_id)])


def curves(run_id: str, epoch: int, channel: int | None = None) -> pd.DataFrame:
    """Return the curve table of all sites after `epoch`: all channels together, or one channel."""
    table: pd.DataFrame = of(tables.curves, run_id, epoch, channel)
    return table


def curves_stored(run_id: str, epoch: int) -> bool:
    """Return whether curves and sites of this epoch are stored with the run: they then need no torch."""
    names = (tables.stored_name(kind, epoch) for kind in ("curves", "sites"))
    return all(tables.stored(run(run_id), name) is not None for name in names)


def site_summary(run_id: str, epoch: int) -> pd.DataFrame:
    """Return one row per site after `epoch`: parameters, saturated share, dead units and channels, how far it moved."""
    table: pd.DataFrame = of(tables.site_summary, run_id, epoch)
    return table


def parameters(run_id: str) -> pd.DataFrame:
    """Return the activation parameters over training, one row per value."""
    table: pd.DataFrame = of(tables.parameters, run_id)
    return table


def heatmap(run_id: str, quantity: str) -> pd.DataFrame:
    """Return a quantity of the snapshots by site and epoch: site, stage, position, epoch, value."""
    table: pd.DataFrame = of(tables.over_training, run_id, quantity)
    return table


def run_name(run_id: str) -> str:
    """Return a short name of a run that a person can tell from others: "CosLU · resnet8 · seed 0 · 3fk2"."""
    if run_id not in run_ids():
        return run_id
    return _run_name(run(run_id), run(run_id).status, is_demo(run_id))


_run_name = lru_cache(maxsize=4096)(tables.short_name)


def makes_noise(run_id: str) -> bool:
    """Return whether the run's activations are stochastic."""
    return tables.makes_noise(run(run_id))


def first_images(run_id: str) -> tuple[int, ...]:
    """Return a few data-set indices to open first: of different classes, else the first of the probe set."""
    return tuple(of(tables.first_images, run_id))


def outcomes(run_id: str) -> pd.DataFrame:
    """Return what the chosen checkpoint said of the validation images, by image; empty if that is not stored."""
    table: pd.DataFrame = of(tables.outcomes, run_id)
    return table


def probe_ids(run_id: str) -> tuple[int, ...]:
    """Return the data-set indices of the probe set; () where they are not known."""
    return tuple((run(run_id).info.get("dataset") or {}).get("probe_ids") or ())
