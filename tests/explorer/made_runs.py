"""Small run folders for the tests of the app: real networks and snapshots, invented metrics, no training."""

from pathlib import Path
from typing import Any

import numpy as np
import torch

from core.config import TrainConfig
from core.data import ImageDataset, load_dataset
from core.models import activation_parameters, make_model
from core.runs import RunWriter
from core.streams import stream

PROBE = 24


def make_run(
    folder: Path,
    activation: str = "coslu",
    seed: int = 0,
    *,
    model: str = "resnet8",
    sharing: Any = None,
    epochs: int = 3,
    done: int | None = None,
    accuracy: float = 0.8,
    spread: float = 0.01,
    snapshots: bool = True,
    snapshot_units: bool = False,
    run_id: str | None = None,
    leave_open: bool = False,
) -> str:
    """Write one run and return its id.

    `done` epochs of `epochs` are finished (default: all). The learned parameters drift from their start by an amount that
    depends on the seed; validation accuracies are `accuracy` ± `spread`. `leave_open`: the writer keeps the lock, so that the
    run counts as running for as long as this process lives.
    """
    config = TrainConfig(
        activation=activation, model=model, seed=seed, epochs=epochs, sharing=sharing, runs_dir=str(folder),
        snapshot_units=snapshot_units,
    )  # fmt: skip
    data = dataset()
    network = make_model(
        model, activation=config.activation, num_classes=data.num_classes, in_channels=data.in_channels, sharing=sharing,
        activation_options=config.activation_options, generator=stream(seed, "init"),
    ).eval()  # fmt: skip
    probe = data.normalise(data.probe().images[:PROBE])[..., ::2, ::2]
    run_id = run_id or f"20260101-00000{seed}-{model}-{config.activation}-s{seed}-{folder.name[:4]}"
    writer = RunWriter(folder, config, network, probe if snapshots else None, dataset=data.describe(), run_id=run_id)
    rng = np.random.default_rng([seed, len(activation)])
    if snapshots:
        writer.snapshot(epoch=0, step=0)
        writer.snapshot(epoch=0, step=1)
    level = accuracy + spread * rng.standard_normal()
    for epoch in range(1, (epochs if done is None else done) + 1):
        _drift(network, rng)
        share = level - 0.3 * 0.5**epoch
        row = {"train_loss": 1.2 - share, "train_accuracy": share, "val_loss": 1.25 - share, "val_accuracy": share}
        writer.checkpoint(epoch)
        if snapshots:
            writer.snapshot(epoch=epoch, step=10 * epoch)
        writer.epoch(epoch=epoch, step=10 * epoch, images_seen=1280 * epoch, wall_time_s=2.0 * epoch, lr=0.1, **row)
    if leave_open:
        _open.append(writer)
        return run_id
    if done is not None and done < epochs:
        writer.finish("interrupted")
        return run_id
    writer.choose("best_validation")
    _predict(writer, data, rng)
    writer.results({"test": {"n": 100, "loss": 1.3 - level, "accuracy": level - 0.01}})
    writer.finish()
    return run_id


def make_mixed_run(folder: Path, run_id: str = "20260101-000009-resnet8-mixed-s9-mixd") -> str:
    """Write a run of somebody's own loop whose second stage alone makes noise; return its id."""
    config = {"model": "resnet8", "activation": {"layer2.*": "eelu", "*": "relu"}, "seed": 9, "epochs": 1}
    data = dataset()
    network = make_model(
        "resnet8", activation=config["activation"], num_classes=data.num_classes, in_channels=data.in_channels,
        generator=stream(9, "init"),
    ).eval()  # fmt: skip
    writer = RunWriter(folder, config, network, dataset=data.describe(), run_id=run_id)
    writer.snapshot(epoch=0, step=0)
    writer.checkpoint(1)
    writer.snapshot(epoch=1, step=10)
    writer.epoch(epoch=1, step=10, train_loss=1.0, train_accuracy=0.5, val_loss=1.1, val_accuracy=0.5)
    writer.finish()
    return run_id


def dataset() -> ImageDataset:
    """Return the bundled sample, loaded once."""
    if not _data:
        _data.append(load_dataset("fashion-sample"))
    return _data[0]


_data: list[ImageDataset] = []
_open: list[RunWriter] = []


def close_runs() -> None:
    """Let go of the runs that were left open."""
    while _open:
        _open.pop().finish("interrupted")


def _drift(network: torch.nn.Module, rng: np.random.Generator) -> None:
    with torch.no_grad():
        for _, parameter in activation_parameters(network):
            parameter += torch.tensor(0.25 * rng.standard_normal(parameter.shape), dtype=parameter.dtype)


def _predict(writer: RunWriter, data: ImageDataset, rng: np.random.Generator) -> None:
    """Store predictions of which about a fifth are wrong."""
    for split in ("validation", "test"):
        part = data.splits[split]
        labels = part.labels.numpy()[:100]
        said = np.where(rng.random(len(labels)) < 0.2, (labels + 1) % data.num_classes, labels)
        outputs = np.eye(data.num_classes, dtype=np.float32)[said] * 4
        writer.predictions(split, part.ids.numpy()[:100], labels, outputs)
