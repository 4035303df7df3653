"""Networks and images of the runs, for the work behind a page; clouds and montages that are made of them."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from core.runs import Run
from explorer import caches, jobs, pictures, tables
from explorer.folders import run, state_of
from explorer.loaders import outcomes

if TYPE_CHECKING:
    from torch import Tensor, nn

    from core.analysis.latents import LatentClouds
    from core.data import ImageDataset


@st.cache_resource(max_entries=4, show_spinner=False)
def _network(run_id: str, epoch: int, state: str, _load: Callable[[], Any]) -> Any:
    return _load()


@st.cache_resource(max_entries=2, show_spinner=False)
def _data(name: str, data_dir: str | None, image_size: int, _load: Callable[[], Any]) -> Any:
    return _load()


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


def montage(run_id: str, ids: tuple[int, ...]) -> tuple[bytes, dict[int, str]]:
    """Return a PNG of the images with the wrong ones framed, and each image's class by its index."""
    found: tuple[bytes, dict[int, str]] = caches.kept("montage", run_id, ids, partial(_montage, run_id, ids))
    return found


def _montage(run_id: str, ids: tuple[int, ...]) -> tuple[bytes, dict[int, str]]:
    part = data(run_id).by_ids(ids)
    names = tables.class_names(run(run_id))
    wrong = outcomes(run_id)["wrong"].reindex(list(ids)).eq(True).tolist()
    classes = {i: names[n] if n < len(names) else str(n) for i, n in zip(ids, part.labels.tolist(), strict=True)}
    return pictures.montage(part.images.numpy(), [str(i) for i in ids], wrong), classes


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
    work = partial(_clouds, runs, site, ids, passes)
    return caches.job("clouds", [r for r, _ in shown], (shown, site, list(ids), passes), work, "Computing clouds")


def _clouds(
    runs: Sequence[tuple[Run, int]], site: str, ids: Sequence[int], passes: int, progress: jobs.Progress
) -> "list[LatentClouds]":
    """Return the clouds of (run, epoch) pairs, each pair an equal share of the progress."""
    found = []
    for i, (each, epoch) in enumerate(runs):

        def report(done: int, total: int, text: str, i: int = i) -> None:
            progress(i + done / max(total, 1), len(runs), text)

        found.append(tables.clouds(each, epoch, site, ids, passes, report))
    return found


def named_clouds(run_id: str, table: pd.DataFrame, panel: str) -> pd.DataFrame:
    """Return a cloud table with class names in place of labels, and the name of its panel."""
    return tables.named_clouds(run(run_id), table, panel)
