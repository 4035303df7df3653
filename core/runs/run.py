"""One run folder, read."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..config import TrainConfig
from ..errors import RunError
from .checkpoints import build_network, checkpoint_epochs, checkpoint_path
from .files import file_stamp
from .layout import CHECKPOINTS, METRICS, PREDICTIONS, RECORD, SNAPSHOTS
from .lock import living_holder
from .metrics import read_metrics
from .predictions import read_predictions
from .record import Config, activation_label, read_config, read_record
from .snapshots import Snapshots

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from torch import nn


class Run:
    """A run folder. `id` is the folder's name, `info` what run.json said when this object was made."""

    def __init__(self, path: str | Path, info: dict[str, Any] | None = None, source: str = "") -> None:
        """Read the folder `path`; raise RunError if it is no run."""
        self.path = Path(path)
        self.id = self.path.name or self.path.resolve().name
        self.source = source
        if info is None:
            try:
                info = read_record(self.path)
            except RunError as error:
                raise RunError(f"{self.path} is no run folder: {error}.") from None
        self.info: dict[str, Any] = info

    def __repr__(self) -> str:
        return f"Run({self.id!r}, {self.status})"

    @property
    def config(self) -> Config:
        """The TrainConfig, or the dict of somebody's own loop."""
        return read_config(self.info)

    def train_config(self) -> TrainConfig:
        """Return the TrainConfig; raise RunError if the run comes from somebody's own loop."""
        config = self.config
        if isinstance(config, TrainConfig):
            return config
        raise RunError(f"Run {self.id} was written by another training loop; only that loop can train it on.")

    @property
    def status(self) -> str:
        """`running`, `succeeded`, `failed` or `interrupted`; a run that nobody writes any more is interrupted."""
        status: str = self.info["status"]
        return "interrupted" if status == "running" and living_holder(self.path) is None else status

    @property
    def activation(self) -> str:
        """The activation with its options: `eelu:eps=0.2`."""
        return activation_label(self.config)

    @property
    def chosen_epoch(self) -> int | None:
        """The epoch of the chosen checkpoint; None before one is chosen."""
        epoch = (self.info.get("chosen") or {}).get("epoch")
        return epoch if isinstance(epoch, int) else None

    @property
    def read_only(self) -> bool:
        """Whether looks at its test data are not recorded: bundled demo runs, and folders that cannot be written."""
        return bool(self.info.get("read_only")) or not os.access(self.path, os.W_OK)

    def metrics(self) -> "pd.DataFrame":
        """Return one row per finished epoch; `.attrs["dropped"]` counts lines that could not be used."""
        return read_metrics(self.path / METRICS)

    def snapshots(self) -> Snapshots:
        """Return activation parameters and input statistics over training; needs no torch."""
        return Snapshots(self.path)

    def checkpoints(self) -> list[int]:
        """Return the epochs whose checkpoints are kept."""
        return checkpoint_epochs(self.path)

    def load_model(self, epoch: int | None = None) -> "nn.Module":
        """Return the network after `epoch`, on the CPU, in evaluation mode; None: the chosen checkpoint, or else the last.

        Raises:
            RunError: the checkpoint was not kept, is damaged, or holds a network that is not one of ours.
        """
        return build_network(checkpoint_path(self.path, self.find_checkpoint(epoch)))

    def find_checkpoint(self, epoch: int | None = None) -> int:
        """Return the epoch of the checkpoint to load; raise RunError, naming those there are, if it was not kept."""
        kept = self.checkpoints()
        wanted = epoch if epoch is not None else self.chosen_epoch
        if wanted is None and kept:
            wanted = kept[-1]
        if wanted is not None and wanted in kept:
            return wanted
        advice = "Its snapshots hold the activations at every epoch: run.snapshots()."
        if not kept:
            raise RunError(f"Run {self.id} keeps no checkpoints. {advice}")
        epochs = f"the checkpoint of epoch {kept[0]}" if len(kept) == 1 else f"checkpoints of epochs {str(kept)[1:-1]}"
        raise RunError(f"Run {self.id} keeps {epochs}; epoch {wanted} was not kept. {advice}")

    def predictions(self, split: str) -> "dict[str, np.ndarray]":
        """Return ids (N,), labels (N,) and outputs (N, …) of the chosen checkpoint on `split`, validation or test."""
        return read_predictions(self.path, split)

    def state(self) -> tuple[Any, ...]:
        """Return a key that changes when a file of the run does: names, times and sizes, for caches."""
        names = (RECORD, METRICS, PREDICTIONS, SNAPSHOTS, CHECKPOINTS)
        return tuple(file_stamp(self.path / name) for name in names)
