"""Resume: a run folder set back to the last epoch that resume.pt knows."""

from pathlib import Path
from typing import Any

from ..config import PLACE_FIELDS
from ..errors import RunError
from .checkpoints import checkpoint_epochs, checkpoint_path, read_checkpoint
from .layout import CUT_METRICS, METRICS, PREDICTIONS, SNAPSHOTS, snapshot_moment
from .metrics import cut_rows, read_rows
from .record import Config, config_dict, hash_and_group


def check_same_experiment(run_id: str, info: dict[str, Any], config: Config, dataset: dict[str, Any] | None) -> None:
    """Raise RunError if the run has succeeded, or if it was begun with another config or other data."""
    if info["status"] == "succeeded":
        raise RunError(f"Run {run_id} has succeeded; there is nothing to resume.")
    if hash_and_group(config)[0] != info["config_hash"]:
        old, new = info["config"], config_dict(config)
        differing = sorted(key for key in {*old, *new} - {*PLACE_FIELDS} if old.get(key) != new.get(key))
        raise RunError(f"Run {run_id} was begun with another config: {', '.join(differing)} differ.")
    old_print, new_print = ((d or {}).get("fingerprint") for d in (info.get("dataset"), dataset))
    if dataset is not None and old_print != new_print:
        raise RunError(f"Run {run_id} was begun on other data: its fingerprint is {old_print}, that of these {new_print}.")


def roll_back(folder: Path, state: dict[str, Any] | None) -> dict[str, Any] | None:
    """Set metrics, snapshots and checkpoints back to the epoch of `state` (None: to the beginning).

    Rows cut off are kept in metrics.cut.csv; later snapshots and checkpoints are removed, since the repeated epochs write them
    again. Returns `state` with the checkpoint's weights as "model".
    """
    epoch = state["epoch"] if state is not None else 0
    _, rows, _ = read_rows(folder / METRICS)
    last = int(rows[-1]["epoch"]) if rows else 0
    if last < epoch:
        raise RunError(
            f"{folder.name}: resume.pt was written after epoch {epoch}, but metrics.csv ends at epoch {last}; "
            "the run cannot be resumed."
        )
    weights = _weights(folder, epoch) if state is not None and "model" not in state else {}
    cut_rows(folder / METRICS, epoch, folder / CUT_METRICS)
    for later in [e for e in checkpoint_epochs(folder) if e > epoch]:
        checkpoint_path(folder, later).unlink()
    for path in (folder / SNAPSHOTS).glob("*.safetensors"):
        moment = snapshot_moment(path.name)
        if moment is not None and (moment[0] > epoch or state is None):
            path.unlink()
    (folder / PREDICTIONS).unlink(missing_ok=True)
    return {**state, **weights} if state is not None else None


def _weights(folder: Path, epoch: int) -> dict[str, Any]:
    if epoch not in checkpoint_epochs(folder):
        return {}  # somebody's own loop need not keep checkpoints
    return {"model": read_checkpoint(checkpoint_path(folder, epoch))[0]}
