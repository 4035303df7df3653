"""What the pages show, from the run folders: the only file with Streamlit's caches.

Every cache is bounded and keyed by run id and file state, so that a growing run is read anew and a finished one once. torch is
imported by the functions of `core` that need it, never by the app before the first figure stands.
"""

import hashlib
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from core.analysis.findings import with_run
from core.analysis.groups import Group, config_fields, make_groups
from core.analysis.trajectories import group_table, member_table, run_values, trajectory_table
from core.runs import Run, RunStore
from explorer import jobs, pictures, tables
from explorer.filters import check_filter as _check_filter
from explorer.filters import matching
from explorer.links import MOST_RUNS
from explorer.source import Source, find_source

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from core.analysis.latents import LatentClouds
    from explorer.plots import LineStyle

#: The folders are scanned at most so often, in seconds, whatever the number of tabs.
SCAN_EVERY = 0.5

_SMALL, _TABLES, _FIGURES = 512, 96, 64


# --- the folders -------------------------------------------------------------------------------------------------------


def source() -> Source:
    """Return where the runs come from: the command line, else the environment, else ./runs."""
    return find_source(sys.argv[1:], os.environ, Path.cwd())


class _Scanned:
    """One store of all folders, shared by all tabs, and what its last scan found."""

    def __init__(self, where: Source) -> None:
        self.demo = str(where.demo)
        self.store = RunStore(*where.folders)
        self.lock = threading.Lock()
        self._look()

    def refresh(self) -> None:
        with self.lock:
            if time.monotonic() - self.scanned >= SCAN_EVERY:
                self.store.refresh()
                self._look()

    def _look(self) -> None:
        runs = self.store.runs()
        self.own = tuple(sorted((r.id for r in runs if r.source != self.demo), reverse=True))
        self.demos = tuple(sorted(r.id for r in runs if r.source == self.demo))
        self.states = {r.id: f"{r.status} {r.state()}" for r in runs}
        self.scanned = time.monotonic()


@st.cache_resource(max_entries=4, show_spinner=False)
def _scanned(where: Source) -> _Scanned:
    return _Scanned(where)


def _now() -> _Scanned:
    return _scanned(source())


def refresh() -> None:
    """Look at the folders again, if the last look is a while ago."""
    _now().refresh()


def store() -> RunStore:
    """Return the store of one's own runs and the demo runs."""
    return _now().store


def run(run_id: str) -> Run:
    """Return a run by its id."""
    return store()[run_id]


def run_ids() -> tuple[str, ...]:
    """Return the ids of all runs: one's own, the newest first; then the demo runs in the order they were made."""
    return own_ids() + demo_ids()


def is_demo(run_id: str) -> bool:
    """Return whether the run came with the program."""
    return run_id in _now().demos


def own_ids() -> tuple[str, ...]:
    """Return the ids of one's own runs."""
    return _now().own


def demo_ids() -> tuple[str, ...]:
    """Return the ids of the demo runs."""
    return _now().demos


def state_of(*ids: str) -> str:
    """Return one key of the files of these runs, as of the last look."""
    states = _now().states
    return "|".join(states.get(run_id, "gone") for run_id in ids)


def places() -> str:
    """Return where was looked, as a sentence."""
    where = source()
    demo = f"the demo runs ({len(demo_ids())})"
    if where.folder is None:
        return f"Looked in {demo}."
    state = "which does not exist" if where.missing else f"{len(own_ids())} runs"
    return f"Looked in {where.folder} ({state}) and in {demo}."


def state_token() -> str:
    """Return a text that changes when any run does: what a live page compares."""
    refresh()
    return f"{run_ids()} {state_of(*run_ids())}"


# --- what the view is checked against ----------------------------------------------------------------------------------


def sites(run_id: str) -> tuple[str, ...]:
    """Return the paths of the sites in forward order; () where the run has no snapshots."""
    return _sites(run_id, state_of(run_id))


@st.cache_data(max_entries=_SMALL, show_spinner=False)
def _sites(run_id: str, state: str) -> tuple[str, ...]:
    return tuple(run(run_id).snapshots().sites)


def epochs(run_id: str) -> tuple[int, ...]:
    """Return the epochs that have a snapshot, 0 being before training."""
    return tuple(sorted({epoch for epoch, _ in run(run_id).snapshots().epochs}))


def channels(run_id: str, site: str) -> int:
    """Return the number of channels at a site; 0 where it is not known."""
    return _channels(run_id, state_of(run_id)).get(site, 0)


@st.cache_data(max_entries=_SMALL, show_spinner=False)
def _channels(run_id: str, state: str) -> dict[str, int]:
    snapshots = run(run_id).snapshots()
    statistics = snapshots.at(snapshots.epochs[0][0]).statistics if snapshots.epochs else None
    return dict(zip(statistics.sites, map(int, statistics.channels), strict=True)) if statistics else {}


def learns(run_id: str) -> bool:
    """Return whether any activation of the run has parameters."""
    return bool(sharing(run_id))


def sharing(run_id: str) -> str:
    """Return who shares a set of activation parameters: network, layer, channel, or "" where nothing learns."""
    return _sharing(run_id, state_of(run_id))


@st.cache_data(max_entries=_SMALL, show_spinner=False)
def _sharing(run_id: str, state: str) -> str:
    return tables.sharing(run(run_id))


def activations(run_id: str) -> tuple[str, ...]:
    """Return the registry names of the activations that the run's configuration names."""
    return tables.activations(run(run_id))


def data_name(run_id: str) -> str:
    """Return the name of the run's data set; "" where it is not known."""
    return tables.data_name([run(run_id)])


def check_filter(where: str) -> str | None:
    """Return what is wrong with a filter of the runs table, None if it can be used."""
    return _check_filter(where, filter_columns())


def filter_columns() -> list[str]:
    """Return the names that a filter may use."""
    return ["id", *filter_table().columns]


def filter_table() -> pd.DataFrame:
    """Return what the filter looks at: one row per run, the configuration and the status."""
    ids = run_ids()
    return _filter_table(ids, state_of(*ids))


@st.cache_data(max_entries=8, show_spinner=False)
def _filter_table(ids: tuple[str, ...], state: str) -> pd.DataFrame:
    return tables.filter_table([run(r) for r in ids])


def chosen_runs(runs: Sequence[str], where: str | None) -> tuple[str, ...]:
    """Return the ids that a view names: its runs that are here, else those that its filter lets through."""
    if runs or not where:
        return tuple(r for r in runs if r in run_ids())
    table = filter_table()
    return tuple(table.index[matching(table, where)])


def filter_for(runs: Sequence[str]) -> str:
    """Return the filter that stands for these runs in a link: their groups if they are whole groups, else their ids."""
    table = filter_table()
    here = table.loc[[r for r in runs if r in table.index]]
    wanted = list(dict.fromkeys(here["group"]))
    if set(table.index[table["group"].isin(wanted)]) == set(runs):
        return f"group={','.join(wanted)}"
    return f"id={','.join(runs)}"


# --- defaults ----------------------------------------------------------------------------------------------------------


def default_run() -> str | None:
    """Return the run to open first: one's own newest, else the demo run that Start shows; None if there is no run at all."""
    own = own_ids()
    if own:
        return own[0]
    featured = demo_run("coslu")
    return featured or next(iter(run_ids()), None)


def demo_run(activation: str, model: str = "resnet8", seed: int = 0) -> str | None:
    """Return the id of a demo run, None if it is not there."""
    wanted = {"activation": activation, "model": model, "seed": seed}
    return next((r for r in demo_ids() if wanted.items() <= config_fields(run(r)).items()), None)


def default_runs() -> tuple[str, ...]:
    """Return the runs to compare first: whole groups with the most seeds, as many as a link can name."""
    ids = own_ids() or demo_ids()
    chosen: list[str] = []
    for group in sorted(groups(ids), key=lambda g: -len(g.runs)):
        members = [r.id for r in group.runs]
        if len(chosen) + len(members) <= MOST_RUNS:
            chosen += members
    return tuple(r for r in ids if r in chosen)


def default_epoch(run_id: str) -> int | None:
    """Return the epoch to open first: that of the chosen checkpoint, else the last snapshot."""
    known = epochs(run_id)
    chosen = chosen_epoch(run_id)
    return chosen if chosen in known else (known[-1] if known else None)


def chosen_epoch(run_id: str) -> int | None:
    """Return the epoch of the chosen checkpoint, None while there is none."""
    return tables.chosen_epoch(run(run_id))


def default_images(run_id: str) -> tuple[int, ...]:
    """Return a few data-set indices to open first: of different classes, from the stored predictions, else from the probe set."""
    return _default_images(run_id, state_of(run_id))


@st.cache_data(max_entries=_SMALL, show_spinner=False)
def _default_images(run_id: str, state: str) -> tuple[int, ...]:
    return tables.first_images(run(run_id))


# --- tables ------------------------------------------------------------------------------------------------------------


def groups(ids: Sequence[str]) -> list[Group]:
    """Return the runs grouped by configuration, seeds collapsed."""
    return make_groups([run(r) for r in ids])


def run_table(ids: tuple[str, ...]) -> pd.DataFrame:
    """Return one row per run: status, what differs, accuracy, loss, progress, duration."""
    return _run_table(ids, state_of(*ids))


@st.cache_data(max_entries=16, show_spinner=False)
def _run_table(ids: tuple[str, ...], state: str) -> pd.DataFrame:
    return tables.run_table([run(r) for r in ids])


def group_rows(ids: tuple[str, ...], at: str = "chosen") -> pd.DataFrame:
    """Return one row per configuration, "91.2 ± 0.2 % (n = 5)"."""
    return _group_rows(ids, at, state_of(*ids))


@st.cache_data(max_entries=16, show_spinner=False)
def _group_rows(ids: tuple[str, ...], at: Any, state: str) -> pd.DataFrame:
    return group_table([run(r) for r in ids], ("val_accuracy", "val_loss", "test_accuracy"), at)


def damaged() -> pd.DataFrame:
    """Return the folders that cannot be read as runs, with the reason."""
    return store().damaged()


def metrics(run_id: str) -> pd.DataFrame:
    """Return one row per finished epoch."""
    return _metrics(run_id, state_of(run_id))


@st.cache_data(max_entries=_TABLES, show_spinner=False)
def _metrics(run_id: str, state: str) -> pd.DataFrame:
    return run(run_id).metrics()


def curves(run_id: str, epoch: int, channel: int | None = None) -> pd.DataFrame:
    """Return the curve table of all sites after `epoch`: all channels together, or one channel."""
    return _curves(run_id, epoch, channel, state_of(run_id))


@st.cache_data(max_entries=_TABLES, show_spinner=False)
def _curves(run_id: str, epoch: int, channel: int | None, state: str) -> pd.DataFrame:
    return tables.curves(run(run_id), epoch, channel)


def curves_stored(run_id: str, epoch: int) -> bool:
    """Return whether curves and sites of this epoch are stored with the run: they then need no torch."""
    names = (tables.stored_name(kind, epoch) for kind in ("curves", "sites"))
    return all(tables.stored(run(run_id), name) is not None for name in names)


def film(run_id: str) -> pd.DataFrame:
    """Return the curve tables of every snapshot."""
    return _film(run_id, state_of(run_id))


@st.cache_data(max_entries=8, show_spinner=False)
def _film(run_id: str, state: str) -> pd.DataFrame:
    return tables.film(run(run_id))


def site_summary(run_id: str, epoch: int) -> pd.DataFrame:
    """Return one row per site after `epoch`: parameters, saturated share, dead units and channels, how far it moved."""
    return _site_summary(run_id, epoch, state_of(run_id))


@st.cache_data(max_entries=_TABLES, show_spinner=False)
def _site_summary(run_id: str, epoch: int, state: str) -> pd.DataFrame:
    return tables.site_summary(run(run_id), epoch)


def parameters(run_id: str) -> pd.DataFrame:
    """Return the activation parameters over training, one row per value."""
    return _parameters(run_id, state_of(run_id))


@st.cache_data(max_entries=_TABLES, show_spinner=False)
def _parameters(run_id: str, state: str) -> pd.DataFrame:
    return run(run_id).snapshots().parameters()


def heatmap(run_id: str, quantity: str) -> pd.DataFrame:
    """Return a quantity of the snapshots by site and epoch: site, stage, position, epoch, value."""
    return _heatmap(run_id, quantity, state_of(run_id))


@st.cache_data(max_entries=_TABLES, show_spinner=False)
def _heatmap(run_id: str, quantity: str, state: str) -> pd.DataFrame:
    return tables.over_training(run(run_id), quantity)


def trajectories(ids: tuple[str, ...], column: str) -> pd.DataFrame | None:
    """Return the mean trajectory of each group over epochs; None while no run has a finite value in that column."""
    if not any(column in metrics(r) and metrics(r)[column].notna().any() for r in ids):
        return None
    return _trajectories(ids, column, state_of(*ids))


@st.cache_data(max_entries=32, show_spinner=False)
def _trajectories(ids: tuple[str, ...], column: str, state: str) -> pd.DataFrame:
    return trajectory_table([run(r) for r in ids], column)


def members(ids: tuple[str, ...], column: str) -> pd.DataFrame:
    """Return the trajectories that the means are made of."""
    return _members(ids, column, state_of(*ids))


@st.cache_data(max_entries=32, show_spinner=False)
def _members(ids: tuple[str, ...], column: str, state: str) -> pd.DataFrame:
    return member_table([run(r) for r in ids], column)


def values(ids: tuple[str, ...], column: str, at: str = "chosen") -> pd.DataFrame:
    """Return one value per run."""
    return _values(ids, column, at, state_of(*ids))


@st.cache_data(max_entries=64, show_spinner=False)
def _values(ids: tuple[str, ...], column: str, at: Any, state: str) -> pd.DataFrame:
    return run_values([run(r) for r in ids], column, at)


def differences(ids: tuple[str, ...], baseline: str, column: str, at: str) -> pd.DataFrame:
    """Return each group's difference from the baseline, with its interval and the verdict in words."""
    return _differences(ids, baseline, column, at, state_of(*ids))


@st.cache_data(max_entries=64, show_spinner=False)
def _differences(ids: tuple[str, ...], baseline: str, column: str, at: str, state: str) -> pd.DataFrame:
    return tables.difference_table([run(r) for r in ids], baseline, column, at)


# --- comparing ---------------------------------------------------------------------------------------------------------


def baseline(ids: Sequence[str], wanted: str) -> str:
    """Return the label of the group to compare with: the wanted one, else plain ReLU, else the first."""
    found = groups(ids)
    labels = [g.label for g in found]
    if wanted in labels:
        return wanted
    plain = (g.label for g in found if activations(g.runs[0].id) == ("relu",))
    return next(plain, labels[0])


def line_styles(ids: Sequence[str], baseline: str) -> "dict[str, LineStyle]":
    """Return the line style of each group by its label. A group keeps its style whatever else is shown; the baseline is grey."""
    from explorer.plots import group_styles

    order = [g.key for g in groups(sorted(run_ids()))]
    found = groups(ids)
    everywhere = group_styles(order)
    styles = {g.label: everywhere[g.key] for g in found}
    if len(set(styles.values())) < len(styles):  # more than twelve groups, and two of these share a style
        styles = group_styles([g.label for g in found])
    return {**styles, **group_styles([baseline], baseline)}


def other_groups(ids: Sequence[str]) -> list[tuple[str, tuple[str, ...]]]:
    """Return (label, run ids) of the groups on the same data that are not among `ids`, the largest first."""
    data = common_data(ids)
    rest = [r for r in run_ids() if r not in ids and data_name(r) == data]
    found = [(g.label, tuple(r.id for r in g.runs)) for g in groups(rest)]
    return sorted(found, key=lambda pair: -len(pair[1]))


def common_data(ids: Sequence[str]) -> str:
    """Return the name of the data set that all these runs share; "" if they differ."""
    return tables.data_name([run(r) for r in ids])


def common_model(ids: Sequence[str]) -> str:
    """Return the name of the model that all these runs share; "" if they differ."""
    names = {str(config_fields(run(r)).get("model", "")) for r in ids}
    return names.pop() if len(names) == 1 else ""


def chance(ids: Sequence[str]) -> float | None:
    """Return the accuracy of guessing; None where the number of classes is not known, or differs."""
    counts = {len(tables.class_names(run(r))) for r in ids}
    count = counts.pop() if len(counts) == 1 else 0
    return 1 / count if count else None


# --- noise and images --------------------------------------------------------------------------------------------------


def makes_noise(run_id: str) -> bool:
    """Return whether the run's activations are stochastic."""
    return tables.makes_noise(run(run_id))


def noisy_runs() -> list[str]:
    """Return the runs that make noise, those with a checkpoint first."""
    found = [r for r in run_ids() if makes_noise(r)]
    return sorted(found, key=lambda r: not run(r).checkpoints())


def has_clouds(run_id: str) -> bool:
    """Return whether clouds are stored with the run: it then makes noise."""
    return any((Path(run(run_id).path) / "tables").glob("clouds-*.parquet"))


def nearest_checkpoint(run_id: str, epoch: int | None) -> int | None:
    """Return the epoch of the checkpoint nearest to `epoch` (None: to the chosen one); None where none is kept."""
    wanted = epoch if epoch is not None else chosen_epoch(run_id)
    kept = run(run_id).checkpoints()
    return min(kept, key=lambda e: (abs(e - (wanted if wanted is not None else e)), e), default=None)


def noisy_beside(run_id: str, site: str, others: Sequence[str], most: int = 3) -> list[tuple[str, int]]:
    """Return (run, epoch of its checkpoint) of other runs that make noise at a site of that name, on the same data."""
    found = []
    for other in others:
        if other != run_id and other in run_ids() and site in sites(other) and data_name(other) == data_name(run_id):
            epoch = nearest_checkpoint(other, None)
            if epoch is not None and (has_clouds(other) or ("torch" in sys.modules and makes_noise(other))):
                found.append((other, epoch))
    return found[:most]


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

    key = f"clouds {shown} {site} {list(ids)} {passes} {state_of(*(r for r, _ in shown))}"
    return jobs.submit(hashlib.sha256(key.encode()).hexdigest()[:16], work, "Computing clouds")


def named_clouds(run_id: str, table: pd.DataFrame, panel: str) -> pd.DataFrame:
    """Return a cloud table with class names in place of labels, and the name of its panel."""
    return tables.named_clouds(run(run_id), table, panel)


def outcomes(run_id: str) -> pd.DataFrame:
    """Return what the chosen checkpoint said of the validation images, by image; empty if that is not stored."""
    return _outcomes(run_id, state_of(run_id))


@st.cache_data(max_entries=_TABLES, show_spinner=False)
def _outcomes(run_id: str, state: str) -> pd.DataFrame:
    return tables.outcomes(run(run_id))


def probe_ids(run_id: str) -> tuple[int, ...]:
    """Return the data-set indices of the probe set; () where they are not known."""
    return tuple((run(run_id).info.get("dataset") or {}).get("probe_ids") or ())


@st.cache_resource(max_entries=2, show_spinner=False)
def _data(name: str, data_dir: str | None, image_size: int, _run: Run) -> Any:
    return tables.load_data(_run)


def images(run_id: str, ids: Sequence[int]) -> tuple[Any, list[int]]:
    """Return uint8 images (N, C, H, W) as an array, and their labels."""
    config = config_fields(run(run_id)) | dict(getattr(run(run_id).config, "__dict__", {}))
    data = _data(str(config.get("dataset")), config.get("data_dir"), int(config.get("image_size") or 32), run(run_id))
    part = data.by_ids(ids)
    return part.images.numpy(), part.labels.tolist()


def montage(run_id: str, ids: tuple[int, ...]) -> tuple[bytes, dict[int, str]]:
    """Return a PNG of the images with the wrong ones framed, and each image's class by its index."""
    return _montage(run_id, ids, state_of(run_id))


@st.cache_data(max_entries=16, show_spinner=False)
def _montage(run_id: str, ids: tuple[int, ...], state: str) -> tuple[bytes, dict[int, str]]:
    pixels, labels = images(run_id, ids)
    names = tables.class_names(run(run_id))
    wrong = outcomes(run_id)["wrong"].reindex(list(ids)).fillna(False).astype(bool).tolist()
    classes = {i: names[label] if label < len(names) else str(label) for i, label in zip(ids, labels, strict=True)}
    return pictures.montage(pixels, [str(i) for i in ids], wrong), classes


# --- what Start says ---------------------------------------------------------------------------------------------------


def demo_sites() -> pd.DataFrame:
    """Return the site tables that are stored with the demo runs, with the columns that findings name; empty if there are none."""
    ids = tuple(r for r in demo_ids() if (epoch := chosen_epoch(r)) is not None and curves_stored(r, epoch))
    return _demo_sites(ids, state_of(*ids))


@st.cache_data(max_entries=2, show_spinner=False)
def _demo_sites(ids: tuple[str, ...], state: str) -> pd.DataFrame:
    parts = [with_run(site_summary(r, chosen_epoch(r) or 0), run(r)) for r in ids]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


# --- figures -----------------------------------------------------------------------------------------------------------


def figure(name: str, ids: Sequence[str], options: Any, draw: Callable[[], "go.Figure"]) -> "go.Figure":
    """Return the figure `name` of these runs, drawn once per file state and `options`. Nobody may change it afterwards."""
    return _figure(name, tuple(ids), state_of(*ids), repr(options), draw)


@st.cache_resource(max_entries=_FIGURES, show_spinner=False)
def _figure(name: str, ids: tuple[str, ...], state: str, options: str, _draw: Callable[[], Any]) -> Any:
    return _draw()


# --- torch -------------------------------------------------------------------------------------------------------------


#: Set as soon as somebody needs torch; until then its import leaves the browser time to draw.
_needed = threading.Event()
_LATER = 3.0  # seconds


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
