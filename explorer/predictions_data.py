"""What the page Predictions loads: predictions as stored with a run, or computed as a job, and pictures of the images."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from core.analysis.predictions import SplitName, has_predictions, run_predictions
from explorer import caches, jobs, loaders, network_loaders, pictures, tables


@dataclass(frozen=True)
class Source:
    """Where predictions come from: the epoch of the checkpoint, None where it is not known, and whether they are stored."""

    epoch: int | None
    stored: bool


def find_source(run_id: str, wanted: int | None, split: SplitName) -> Source | None:
    """Return the predictions nearest to the epoch `wanted` (None: the chosen one); None: none are stored, no checkpoint is."""
    run = loaders.run(run_id)
    stored: bool = caches.kept("has predictions", run_id, (split,), lambda: has_predictions(run, split))
    chosen = run.chosen_epoch
    if stored and chosen is None:
        return Source(None, True)
    epochs = {*run.checkpoints(), *([chosen] if stored and chosen is not None else [])}
    middle = wanted if wanted is not None else chosen
    epoch = min(epochs, key=lambda e: (abs(e - (middle if middle is not None else e)), -e), default=None)
    return None if epoch is None else Source(epoch, stored and epoch == chosen)


def stored_table(run_id: str, split: SplitName) -> pd.DataFrame:
    """Return the stored predictions: `core.analysis.predictions.prediction_table`."""
    run = loaders.run(run_id)
    table: pd.DataFrame = caches.kept("predictions", run_id, (split,), lambda: run_predictions(run, split))
    return table


def computing(run_id: str, epoch: int, split: SplitName) -> jobs.Job:
    """Return the job that predicts the images of a split by the checkpoint of `epoch`; its result is a prediction table."""
    run = loaders.run(run_id)

    def work(progress: jobs.Progress) -> pd.DataFrame:
        progress(0, 1, "Loading network and images")
        return run_predictions(run, split, epoch, dataset=network_loaders.data(run_id), progress=progress)

    return caches.job("predictions", (run_id,), (epoch, split), work, "Computing predictions")


def runs_with_predictions(run_id: str, split: SplitName) -> list[str]:
    """Return the other runs on the same data whose predictions are stored."""
    data = loaders.data_name(run_id)
    others = [r for r in loaders.run_ids() if r != run_id and loaders.data_name(r) == data]
    return [r for r in others if (found := find_source(r, None, split)) is not None and found.stored]


def classes(run_id: str, table: pd.DataFrame) -> list[str]:
    """Return the names of the classes; numbers where the run does not name them."""
    named = tables.class_names(loaders.run(run_id))
    count = max(len(named), int(table[["label", "predicted"]].to_numpy().max(initial=-1)) + 1)
    return [*named, *map(str, range(len(named), count))]


def montage(run_id: str, ids: Sequence[int], names: Sequence[str], wrong: Sequence[bool], columns: int = 12) -> bytes:
    """Return a PNG of images by their data-set indices, each with its name below, the wrong ones in a frame."""

    def make() -> bytes:
        return pictures.montage(network_loaders.data(run_id).by_ids(list(ids)).images.numpy(), names, wrong, columns)

    found: bytes = caches.kept("montage of predictions", run_id, (*ids, *names, *wrong, columns), make)
    return found


def named(table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return a prediction table for readers: image, true class, predicted, confidence and margin in %, loss."""
    shown: dict[str, Any] = {
        "image": table["image"],
        "true class": [names[i] for i in table["label"]],
        "predicted": [names[i] for i in table["predicted"]],
        "confidence": 100 * table["confidence"],
        "margin": 100 * table["margin"],
        "loss": table["loss"],
    }
    return pd.DataFrame(shown)
