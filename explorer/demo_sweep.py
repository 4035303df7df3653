"""The bundled demo runs: which, how they are trained, what of them is kept.

`make demo-runs` calls `python -m explorer.demo`; runs that are already there are not repeated.
"""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.config import TrainConfig
from core.runs.predictions import write_predictions

if TYPE_CHECKING:
    from core.runs import Run

ROOT = Path(__file__).parents[1]
DEMO_RUNS = Path("explorer/demo_runs")  # relative to ROOT, so that no run names a machine's folders
SIZE_LIMIT = 8_000_000  # bytes, tables included

#: Activations of the demo, with the number of seeds each: five where groups are compared, two where one only looks.
SEEDS = {"relu": 5, "coslu": 5, "eelu": 5, "delu": 2, "relun": 2, "apalu": 2, "pdrelu": 2}


def demo_configs() -> list[TrainConfig]:
    """Return the configs of all bundled runs: resnet8 with seven activations, and one resnet20 with CosLU.

    APALU's a and b learn at a tenth of the rate: at the full rate of 0.1 both fall below 0 at a site that ends a block, are
    clamped to 0 there, nothing gets through, and the loss is soon not finite (seed 0: at step 118).
    """
    base = TrainConfig(dataset="fashion-sample", epochs=10, runs_dir=DEMO_RUNS.as_posix())
    configs = [
        base.replace(activation=name, seed=seed, activation_lr_scale=0.1 if name == "apalu" else 1.0)
        for name, count in SEEDS.items()
        for seed in range(count)
    ]
    return [*configs, base.replace(model="resnet20", activation="coslu")]


def slim(run: "Run") -> None:
    """Delete what a bundled run does not keep: all checkpoints but seed 0's chosen one, and what a resume would need.

    Predictions stay, with logits in half precision.
    """
    chosen = run.info["chosen"]["epoch"] if run.info["config"]["seed"] == 0 else None
    for file in (run.path / "checkpoints").glob("*.safetensors"):
        if chosen is None or int(file.stem.rpartition("_")[2]) != chosen:
            file.unlink()
    (run.path / "resume.pt").unlink(missing_ok=True)
    if chosen is None:
        shutil.rmtree(run.path / "checkpoints", ignore_errors=True)
    for split in ("validation", "test"):
        stored = run.predictions(split)
        small = stored["ids"].astype("int32"), stored["labels"].astype("uint8"), half_precision(stored["outputs"])
        write_predictions(run.path, split, *small)


def half_precision(logits: np.ndarray) -> np.ndarray:
    """Return `logits` (N, K) as float16, each row's largest still the only largest: rounding must not change a decision."""
    rows, winner = np.arange(len(logits)), logits.argmax(1)
    small = logits.astype(np.float16)
    others = small.copy()
    others[rows, winner] = -np.inf
    low = small[rows, winner] <= others.max(1)
    small[rows[low], winner[low]] = np.nextafter(others.max(1)[low], np.float16(np.inf))
    return small
