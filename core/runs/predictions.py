"""predictions.safetensors: outputs of the chosen checkpoint on the validation and test images."""

from pathlib import Path
from typing import Any

import numpy as np

from ..errors import RunError
from .files import write_bytes
from .layout import PREDICTIONS
from .snapshots import numpy_array

PARTS = ("ids", "labels", "outputs")


def write_predictions(run_folder: Path, split: str, ids: Any, labels: Any, outputs: Any) -> None:
    """Write ids (N,), labels (N,), outputs (N, …) of `split`; other splits in the file stay."""
    from safetensors.numpy import save

    arrays = dict(zip(PARTS, map(_array, (ids, labels, outputs)), strict=True))
    if len({len(array) for array in arrays.values()}) != 1:
        counts = ", ".join(f"{len(array)} {name}" for name, array in arrays.items())
        raise RunError(f"Predictions of {split} need as many ids and labels as outputs; received {counts}.")
    path = run_folder / PREDICTIONS
    stored = _load(path) if path.exists() else {}
    stored |= {f"{split}.{name}": array for name, array in arrays.items()}
    write_bytes(path, save(stored))


def read_predictions(run_folder: Path, split: str) -> dict[str, np.ndarray]:
    """Return {"ids", "labels", "outputs"} of `split`; raise RunError, naming the splits there are, if there are none."""
    path = run_folder / PREDICTIONS
    stored = _load(path) if path.exists() else {}
    if any(f"{split}.{name}" not in stored for name in PARTS):
        there = ", ".join(sorted({name.partition(".")[0] for name in stored})) or "none"
        raise RunError(f"Run {run_folder.name} keeps no predictions of '{split}'; it has: {there}.")
    return {name: stored[f"{split}.{name}"] for name in PARTS}


def _load(path: Path) -> dict[str, np.ndarray]:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise RunError(f"{path} cannot be read: {error}.") from None


def _array(values: Any) -> np.ndarray:
    return numpy_array(values) if hasattr(values, "detach") else np.ascontiguousarray(values)
