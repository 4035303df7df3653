"""Small runs and networks for the tests of the run folder."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import torch
from torch import nn

from core.config import TrainConfig
from core.models import make_model
from core.runs import RunWriter


def config(**changes: Any) -> TrainConfig:
    return TrainConfig(**{"model": "resnet8", "activation": "coslu", "epochs": 4, "seed": 0, **changes})


def network(activation: str = "coslu", sharing: str | None = None, seed: int = 1) -> nn.Module:
    generator = torch.Generator().manual_seed(seed)
    return make_model("resnet8", activation, num_classes=3, in_channels=1, sharing=sharing, generator=generator)


def images(number: int = 12, size: int = 8) -> torch.Tensor:
    return torch.randn(number, 1, size, size, generator=torch.Generator().manual_seed(2))


def finished_run(folder: Path, run_id: str = "one", **changes: Any) -> Path:
    """Write a run without a network: two epochs, the first one better; nothing of torch's weights is stored."""
    with RunWriter(folder, config(**changes), run_id=run_id) as run:
        run.epoch(epoch=1, step=10, val_accuracy=0.75, val_loss=0.5)
        run.epoch(epoch=2, step=20, val_accuracy=0.5, val_loss=0.75)
    return folder / run_id


def python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=240)
