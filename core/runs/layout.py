"""Names inside a run folder, and how a run gets its id."""

import re
import secrets
from datetime import UTC, datetime
from typing import Any

from ..errors import ExplorerError

#: Raised by one when an older release could misread the folder; a folder with a higher number is listed as damaged.
SCHEMA_VERSION = 1

RECORD = "run.json"
METRICS = "metrics.csv"
CUT_METRICS = "metrics.cut.csv"
RESUME = "resume.pt"
PREDICTIONS = "predictions.safetensors"
LOCK = "lock"
SNAPSHOTS = "snapshots"
CHECKPOINTS = "checkpoints"

STATUSES = ("running", "succeeded", "failed", "interrupted")

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_CHECKPOINT = re.compile(r"epoch_(\d{4,})\.safetensors")
_SNAPSHOT = re.compile(r"epoch_(\d{4,})_step_(\d{6,})\.safetensors")


def checkpoint_name(epoch: int) -> str:
    """Return the file name of the checkpoint after `epoch` (0: before training)."""
    return f"epoch_{epoch:04d}.safetensors"


def snapshot_name(epoch: int, step: int) -> str:
    """Return the file name of the snapshot after `epoch` finished epochs and `step` optimizer steps."""
    return f"epoch_{epoch:04d}_step_{step:06d}.safetensors"


def checkpoint_epoch(name: str) -> int | None:
    """Return the epoch in a checkpoint's file name, None for any other name."""
    match = _CHECKPOINT.fullmatch(name)
    return int(match[1]) if match else None


def snapshot_moment(name: str) -> tuple[int, int] | None:
    """Return (epoch, step) of a snapshot's file name, None for any other name."""
    match = _SNAPSHOT.fullmatch(name)
    return (int(match[1]), int(match[2])) if match else None


def now() -> str:
    """Return the present as ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def new_run_id(config: dict[str, Any]) -> str:
    """Return an id such as `20261121-142530-resnet20-coslu-s0-3fk2`: time (UTC), what, seed, four random characters."""
    parts = [datetime.now(UTC).strftime("%Y%m%d-%H%M%S")]
    parts += [_slug(config[key]) for key in ("model", "activation") if config.get(key)]
    if config.get("seed") is not None:
        parts.append(f"s{_slug(config['seed'])}")
    letters = "0123456789abcdefghijklmnopqrstuvwxyz"
    parts.append("".join(secrets.choice(letters) for _ in range(4)))
    return "-".join(filter(None, parts))


def check_run_id(run_id: str) -> str:
    """Return `run_id` if it can name a folder and stand in a link; raise ExplorerError otherwise."""
    if not _ID.fullmatch(run_id):
        raise ExplorerError(
            f"'{run_id}' cannot be a run id: letters, digits, '.', '_' and '-' are allowed, at most 200, "
            "the first a letter or a digit."
        )
    return run_id


def _slug(value: Any) -> str:
    text = value if isinstance(value, str) else "mixed" if isinstance(value, dict) else str(value)
    return re.sub(r"[^a-z0-9]+", "-", text.split(":")[0].lower()).strip("-")[:40]
