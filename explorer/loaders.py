"""What the pages show, from the run folders: the only file with Streamlit's caches.

Every cache is bounded and keyed by run id and file state, so that a growing run is read anew and a finished one once. torch is
imported by the functions of `core` that need it, never by the app before the first figure stands.
"""

import hashlib
import sys
import threading
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from core.analysis.groups import Group, make_groups
from core.analysis.trajectories import group_table, member_table, run_values
from explorer import jobs, pictures, tables
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
    store,
)

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from torch import Tensor, nn

    from core.analysis.latents import LatentClouds
    from core.data import ImageDataset

__all__ = [
    "demo_ids", "is_demo", "own_ids", "places", "refresh", "refresh_now", "run", "run_ids", "source", "state_of", "state_token",
]  # fmt: skip


# --- the caches --------------------------------------------------------------------------------------------------------


@st.cache_data(max_entries=512, show_spinner=False)
def _kept(name: str, ids: tuple[str, ...], options: tuple[Any, ...], state: str, _make: Callable[[], Any]) -> Any:
    return _make()


@st.cache_resource(max_entries=64, show_spinner=False)
def _figure(name: str, ids: tuple[str, ...], options: str, state: str, _draw: Callable[[], Any]) -> Any:
    return _draw()


@st.cache_resource(max_entries=4, show_spinner=False)
def _network(run_id: str, epoch: int, state: str, _load: Callable[[], Any]) -> Any:
    return _load()


@st.cache_resource(max_entries=2, show_spinner=False)
def _data(name: str, data_dir: str | None, image_size: int, _load: Callable[[], Any]) -> Any:
    return _load()


def kept(name: str, run_id: str, options: tuple[Any, ...], make: Callable[[], Any]) -> Any:
    """Return `make()`, made once per file state of the run and `options`: for tables and other plain values of one page."""
    return _kept(name, (run_id,), options, state_of(run_id), make)


def _of(make: Callable[..., Any], run_id: str, *options: Any) -> Any:
    """Return `make(run, *options)`, made once per file state."""
    return _kept(make.__name__, (run_id,), options, state_of(run_id), lambda: make(run(run_id), *options))


def _of_all(make: Callable[..., Any], ids: Sequence[str], *options: Any) -> Any:
    """Return `make(runs, *options)`, made once per file state of them all."""
    ids = tuple(ids)
    return _kept(make.__name__, ids, options, state_of(*ids), lambda: make([run(r) for r in ids], *options))


def figure(name: str, ids: Sequence[str], options: Any, draw: Callable[[], "go.Figure"]) -> "go.Figure":
    """Return the figure `name` of these runs, drawn once per file state and `options`. Nobody may change it afterwards."""
    found: go.Figure = _figure(name, tuple(ids), repr(options), state_of(*ids), draw)
    return found


# --- one run -----------------------------------------------------------------------------------------------------------


def sites(run_id: str) -> tuple[str, ...]:
    """Return the paths of the sites in forward order; () where the run has no snapshots."""
    return tuple(_of(tables.channel_counts, run_id))


def channels(run_id: str, site: str) -> int:
    """Return the number of channels at a site; 0 where it is not known."""
    return int(_of(tables.channel_counts, run_id).get(site, 0))


def epochs(run_id: str) -> tuple[int, ...]:
    """Return the epochs that have a snapshot, 0 being before training."""
    return tuple(sorted({epoch for epoch, _ in run(run_id).snapshots().epochs}))


def chosen_epoch(run_id: str) -> int | None:
    """Return the epoch of the chosen checkpoint, None while there is none."""
    return run(run_id).chosen_epoch


def sharing(run_id: str) -> str:
    """Return who shares a set of activation parameters: network, layer, channel, or "" where nothing learns."""
    return str(_of(tables.sharing, run_id))


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
    table: pd.DataFrame = _of(tables.curves, run_id, epoch, channel)
    return table


def curves_stored(run_id: str, epoch: int) -> bool:
    """Return whether curves and sites of this epoch are stored with the run: they then need no torch."""
    names = (tables.stored_name(kind, epoch) for kind in ("curves", "sites"))
    return all(tables.stored(run(run_id), name) is not None for name in names)


def site_summary(run_id: str, epoch: int) -> pd.DataFrame:
    """Return one row per site after `epoch`: parameters, saturated share, dead units and channels, how far it moved."""
    table: pd.DataFrame = _of(tables.site_summary, run_id, epoch)
    return table


def film(run_id: str) -> pd.DataFrame:
    """Return the curve tables of every snapshot."""
    table: pd.DataFrame = _of(tables.film, run_id)
    return table


def parameters(run_id: str) -> pd.DataFrame:
    """Return the activation parameters over training, one row per value."""
    table: pd.DataFrame = _of(tables.parameters, run_id)
    return table


def heatmap(run_id: str, quantity: str) -> pd.DataFrame:
    """Return a quantity of the snapshots by site and epoch: site, stage, position, epoch, value."""
    table: pd.DataFrame = _of(tables.over_training, run_id, quantity)
    return table


# --- several runs ------------------------------------------------------------------------------------------------------


def groups(ids: Sequence[str]) -> list[Group]:
    """Return the runs grouped by configuration, seeds collapsed."""
    return list(_groups(tuple(ids), state_of(*ids)))


@lru_cache(maxsize=64)
def _groups(ids: tuple[str, ...], state: str) -> tuple[Group, ...]:
    return tuple(make_groups([run(r) for r in ids]))


def run_name(run_id: str) -> str:
    """Return a short name of a run that a person can tell from others: "CosLU · resnet8 · seed 0 · 3fk2"."""
    if run_id not in run_ids():
        return run_id
    return _run_name(run(run_id), run(run_id).status, is_demo(run_id))


_run_name = lru_cache(maxsize=4096)(tables.short_name)


def damaged() -> pd.DataFrame:
    """Return the folders that cannot be read as runs, with the reason."""
    return store().damaged()


def filter_table() -> pd.DataFrame:
    """Return what the filter looks at: one row per run, the configuration and the status."""
    table: pd.DataFrame = _of_all(tables.filter_table, run_ids())
    return table


def run_table(ids: Sequence[str]) -> pd.DataFrame:
    """Return one row per run: status, what differs, accuracy, loss, progress, duration."""
    table: pd.DataFrame = _of_all(tables.run_table, ids)
    return table


def group_rows(ids: Sequence[str]) -> pd.DataFrame:
    """Return one row per configuration, "91.2 ± 0.2 % (n = 5)"."""
    table: pd.DataFrame = _of_all(group_table, ids, ("val_accuracy", "val_loss", "test_accuracy"), "chosen")
    return table


def trajectories(ids: Sequence[str], column: str) -> pd.DataFrame | None:
    """Return the mean trajectory of each group over epochs; None while no run has a finite value in that column."""
    table: pd.DataFrame | None = _of_all(tables.trajectories, ids, column)
    return table


def members(ids: Sequence[str], column: str) -> pd.DataFrame:
    """Return the trajectories that the means are made of."""
    table: pd.DataFrame = _of_all(member_table, ids, column)
    return table


def values(ids: Sequence[str], column: str, at: str = "chosen") -> pd.DataFrame:
    """Return one value per run."""
    table: pd.DataFrame = _of_all(run_values, ids, column, at)
    return table


def differences(ids: Sequence[str], baseline: str, column: str, at: str) -> pd.DataFrame:
    """Return each group's difference from the baseline, with its interval and the verdict in words."""
    table: pd.DataFrame = _of_all(tables.difference_table, ids, baseline, column, at)
    return table


def demo_sites() -> pd.DataFrame:
    """Return the site tables stored with the demo runs, with the columns that findings name; empty if there are none."""
    ids = [r for r in demo_ids() if (epoch := chosen_epoch(r)) is not None and curves_stored(r, epoch)]
    table: pd.DataFrame = _of_all(tables.chosen_sites, ids)
    return table


def undecided_runs(ids: Sequence[str]) -> tuple[str, ...]:
    """Return the runs of two groups whose comparison cannot be decided, plain ReLU first; () if there is no such pair."""
    return tuple(_of_all(tables.undecided_runs, ids))


# --- noise and images --------------------------------------------------------------------------------------------------


def makes_noise(run_id: str) -> bool:
    """Return whether the run's activations are stochastic."""
    return tables.makes_noise(run(run_id))


def has_clouds(run_id: str) -> bool:
    """Return whether clouds are stored with the run: it then makes noise."""
    return any((Path(run(run_id).path) / "tables").glob("clouds-*.parquet"))


def stored_clouds(shown: Sequence[tuple[str, int]], site: str, ids: Sequence[int], passes: int) -> "list[LatentClouds] | None":
    """Return the clouds of (run, epoch) pairs if all of them are stored, else None."""
    names = [(run(r), tables.clouds_name(epoch, site, ids, passes)) for r, epoch in shown]
    if any(tables.stored(r, name) is None for r, name in names):
        return None
    return [tables.clouds(r, epoch, site, ids, passes) for (r, _), (_, epoch) in zip(names, shown, strict=True)]


def clouds_job(shown: Sequence[tuple[str, int]], site: str, ids: Sequence[int], passes: int) -> jobs.Job:
    """Return the job that computes the clouds of (run, epoch) pairs; its result is a list of LatentClouds."""
    runs = [(run(r), epoch) for r, epoch in shown]

    def work(progress: jobs.Progress) -> list[Any]:
        found = []
        for i, (each, epoch) in enumerate(runs):

            def report(done: int, total: int, text: str, i: int = i) -> None:
                progress(i + done / max(total, 1), len(runs), text)

            found.append(tables.clouds(each, epoch, site, ids, passes, report))
        return found

    return job("clouds", [r for r, _ in shown], (shown, site, list(ids), passes), work, "Computing clouds")


def named_clouds(run_id: str, table: pd.DataFrame, panel: str) -> pd.DataFrame:
    """Return a cloud table with class names in place of labels, and the name of its panel."""
    return tables.named_clouds(run(run_id), table, panel)


def first_images(run_id: str) -> tuple[int, ...]:
    """Return a few data-set indices to open first: of different classes, else the first of the probe set."""
    return tuple(_of(tables.first_images, run_id))


def outcomes(run_id: str) -> pd.DataFrame:
    """Return what the chosen checkpoint said of the validation images, by image; empty if that is not stored."""
    table: pd.DataFrame = _of(tables.outcomes, run_id)
    return table


def probe_ids(run_id: str) -> tuple[int, ...]:
    """Return the data-set indices of the probe set; () where they are not known."""
    return tuple((run(run_id).info.get("dataset") or {}).get("probe_ids") or ())


def montage(run_id: str, ids: tuple[int, ...]) -> tuple[bytes, dict[int, str]]:
    """Return a PNG of the images with the wrong ones framed, and each image's class by its index."""

    def make() -> tuple[bytes, dict[int, str]]:
        part = data(run_id).by_ids(ids)
        names = tables.class_names(run(run_id))
        wrong = outcomes(run_id)["wrong"].reindex(list(ids)).eq(True).tolist()
        classes = {i: names[n] if n < len(names) else str(n) for i, n in zip(ids, part.labels.tolist(), strict=True)}
        return pictures.montage(part.images.numpy(), [str(i) for i in ids], wrong), classes

    found: tuple[bytes, dict[int, str]] = _kept("montage", (run_id,), ids, state_of(run_id), make)
    return found


# --- networks and data, for the work behind a page ---------------------------------------------------------------------


def network(run_id: str, epoch: int) -> "nn.Module":
    """Return the network of a kept checkpoint, on the CPU, in evaluation mode. Nobody may change it: work on a fork."""
    found: nn.Module = _network(run_id, epoch, state_of(run_id), lambda: run(run_id).load_model(epoch))
    return found


def data(run_id: str) -> "ImageDataset":
    """Return the run's data set: `by_ids`, `probe`, `normalise`. ExplorerError: it is not on this computer."""
    found = run(run_id)
    loaded: ImageDataset = _data(*tables.data_place(found), lambda: tables.load_data(found))
    return loaded


def normalised(run_id: str, ids: Sequence[int]) -> "tuple[Tensor, Tensor]":
    """Return images by their data-set indices as the network gets them, floats (N, C, H, W), and their labels (N,)."""
    found = data(run_id)
    part = found.by_ids(list(ids))
    return found.normalise(part.images), part.labels


def job(name: str, ids: Sequence[str], options: Any, work: Callable[[jobs.Progress], Any], text: str) -> jobs.Job:
    """Return the server's job for `name`, these runs in their present state and `options`; started if there is none.

    `work` gets `progress(done, total, text)` and calls it before every batch: there Stop ends it. Both run in another
    thread: what needs the session (the view, widgets) is read before. `text`: "Computing attributions".
    """
    key = f"{name} {tuple(ids)} {options!r} {state_of(*ids)}"
    return jobs.submit(hashlib.sha256(key.encode()).hexdigest()[:16], work, text)


# --- torch -------------------------------------------------------------------------------------------------------------

#: Set as soon as somebody needs torch; until then its import leaves the browser time to draw.
_needed = threading.Event()
_LATER = 3.0  # seconds


def torch_imported() -> bool:
    """Return whether torch is imported; it is not asked for."""
    return "torch" in sys.modules


def torch_ready() -> bool:
    """Return whether torch is imported; if not, begin to, in the background and once per server."""
    _needed.set()
    thread = warm_up()
    return thread is None or not thread.is_alive()


@st.cache_resource(show_spinner=False)
def warm_up() -> threading.Thread | None:
    """Import torch in the background, once per server; called when the first figure stands. None: it is there."""
    if "torch" in sys.modules:
        return None

    def load() -> None:
        _needed.wait(_LATER)
        import core.analysis.curves
        import core.models  # noqa: F401

    thread = threading.Thread(target=load, name="import-torch", daemon=True)
    thread.start()
    return thread
