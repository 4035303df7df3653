"""What a network says of every image: right or wrong, how sure, by which margin."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from ..errors import ExplorerError, RunError
from ..progress import ProgressCallback
from .passes import Steps

if TYPE_CHECKING:
    from torch import nn

    from ..data import ImageDataset
    from ..runs import Run

SplitName = Literal["validation", "test"]
#: Ways to put images in order: the column, and whether it ascends.
ORDERS: dict[str, tuple[str, bool]] = {
    "hardest": ("loss", False),
    "unsure": ("confidence", True),
    "surest": ("confidence", False),
    "number": ("image", True),
}
#: The size of a batch that training uses to store predictions.
BATCH_SIZE = 500


def prediction_table(ids: Any, labels: Any, outputs: Any) -> pd.DataFrame:
    """Return one row per image, in the order given.

    Args:
        ids: data-set indices (N,); labels: true classes (N,), from 0; outputs: logits (N, K).

    Returns:
        image, label, predicted (the class with the largest logit), confidence (its softmax probability, from 0 to 1), margin
        (probability of `label` minus the largest probability of another class, from −1 to 1; at most 0 where wrong), loss
        (cross entropy, nats), wrong.

    Raises:
        ExplorerError: outputs that are no logits of classes, labels outside of these, or values that are not finite.
    """
    from scipy.special import log_softmax

    logits, label = np.asarray(outputs), np.asarray(labels).astype(np.int64)
    _check(logits, label)
    logs = log_softmax(logits.astype(np.float64), axis=1)
    rows, probabilities = np.arange(len(label)), np.exp(logs)
    predicted = logits.argmax(1) if len(logits) else np.zeros(0, np.int64)
    others = probabilities.copy()
    others[rows, label] = -np.inf
    return pd.DataFrame(
        {
            "image": np.asarray(ids).astype(np.int64),
            "label": label,
            "predicted": predicted.astype(np.int64),
            "confidence": probabilities[rows, predicted],
            "margin": probabilities[rows, label] - others.max(1, initial=-np.inf),
            "loss": 0.0 - logs[rows, label],
            "wrong": predicted != label,
        }
    )


def has_predictions(run: "Run", split: SplitName = "validation") -> bool:
    """Return whether outputs of the chosen checkpoint for `split` are stored with the run."""
    try:
        run.predictions(split)
    except RunError:
        return False
    return True


def run_predictions(
    run: "Run",
    split: SplitName = "validation",
    epoch: int | None = None,
    *,
    dataset: "ImageDataset | None" = None,
    progress: ProgressCallback | None = None,
) -> pd.DataFrame:
    """Return the prediction table of a run: as stored where that is of `epoch`, else computed from the checkpoint.

    A look at test data has to be counted by the caller (`core.runs.count_test_use`).

    Args:
        epoch: None: the chosen checkpoint.
        dataset: the run's data set, if it is at hand; None: it is loaded where it is needed.
        progress: called before every batch that is computed.

    Raises:
        ExplorerError: neither predictions nor checkpoint were kept, or the data set is not here.
    """
    if epoch in (None, run.chosen_epoch) and has_predictions(run, split):
        return prediction_table(**run.predictions(split))
    model = run.load_model(epoch)
    if dataset is None:
        from ..data import load_dataset

        config = run.train_config()
        dataset = load_dataset(config.dataset, config.data_dir, image_size=config.image_size)
    return compute_predictions(model, dataset, split, progress=progress)


def compute_predictions(
    model: "nn.Module",
    dataset: "ImageDataset",
    split: SplitName = "validation",
    *,
    batch_size: int = BATCH_SIZE,
    progress: ProgressCallback | None = None,
) -> pd.DataFrame:
    """Return the prediction table of `model` on a split of `dataset`; noise off, on a fork: `model` stays as it is."""
    import torch

    from ..models import fork, on_device

    part, twin = dataset.splits[split], fork(model).eval()
    tell, outputs = Steps(progress, -(-len(part) // batch_size)), []
    with torch.no_grad():
        for start in range(0, len(part), batch_size):
            tell(f"Predictions for {split} images, {start:,} of {len(part):,}")
            images = dataset.normalise(on_device(twin, part.images[start : start + batch_size]))
            outputs.append(twin(images.contiguous(memory_format=torch.channels_last)).float().cpu())
    if not outputs:
        raise ExplorerError(f"The data set {dataset.name} has no {split} images.")
    return prediction_table(part.ids.cpu().numpy(), part.labels.cpu().numpy(), torch.cat(outputs).numpy())


def search(
    table: pd.DataFrame,
    *,
    label: int | None = None,
    predicted: int | None = None,
    only_wrong: bool = False,
    order: str = "hardest",
) -> pd.DataFrame:
    """Return the images of a prediction table with this true class and this prediction, one of `ORDERS`; ties by number."""
    if order not in ORDERS:
        raise ExplorerError(f"order must be one of {', '.join(ORDERS)}; received '{order}'.")
    keep = np.ones(len(table), dtype=bool)
    if label is not None:
        keep &= table["label"].to_numpy() == label
    if predicted is not None:
        keep &= table["predicted"].to_numpy() == predicted
    if only_wrong:
        keep &= table["wrong"].to_numpy(dtype=bool)
    column, ascending = ORDERS[order]
    by = [column] if column == "image" else [column, "image"]
    return table[keep].sort_values(by, ascending=[ascending, True][: len(by)], kind="stable").reset_index(drop=True)


def class_name(classes: Sequence[str], label: int) -> str:
    """Return the name of a class; its number where it has no name."""
    return str(classes[label]) if 0 <= label < len(classes) else str(label)


def _check(logits: np.ndarray, labels: np.ndarray) -> None:
    if logits.ndim != 2 or logits.shape[1] < 2:
        raise ExplorerError(f"Outputs must be logits of at least 2 classes, shape (N, K); received shape {logits.shape}.")
    if len(labels) != len(logits):
        raise ExplorerError(f"There must be one label per output; received {len(labels)} for {len(logits)}.")
    broken = int((~np.isfinite(logits)).any(1).sum())
    if broken:
        raise ExplorerError(
            f"The outputs of {broken:,} of {len(logits):,} images are not finite: this network predicts nothing."
        )
    outside = labels[(labels < 0) | (labels >= logits.shape[1])]
    if len(outside):
        raise ExplorerError(f"Labels must be from 0 to {logits.shape[1] - 1}; received {outside[0]}.")
