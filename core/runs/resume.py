"""resume.pt: what a run needs to go on, in plain types only."""

import io
from pathlib import Path
from typing import Any

from ..errors import ExplorerError, RunError
from .files import write_bytes
from .layout import RESUME


def write_resume(run_folder: Path, state: dict[str, Any]) -> None:
    """Write `state` (dicts, lists, tuples, numbers, texts, None, tensors) to resume.pt."""
    import torch

    _check_plain(state, "state")
    data = io.BytesIO()
    torch.save(state, data)
    write_bytes(run_folder / RESUME, data.getvalue())


def read_resume(run_folder: Path) -> dict[str, Any] | None:
    """Return the state in resume.pt, tensors on the CPU; None if there is none."""
    from .foreign import load_checkpoint_file

    path = run_folder / RESUME
    if not path.exists():
        return None
    state = load_checkpoint_file(path)
    epoch = state.get("epoch") if isinstance(state, dict) else None
    if not isinstance(epoch, int):
        raise RunError(f"{path} is damaged: it does not say after which epoch it was written.")
    return state


def _check_plain(value: Any, where: str) -> None:
    import torch

    if isinstance(value, dict):
        for key, inner in value.items():
            _check_plain(inner, f"{where}[{key!r}]")
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            _check_plain(inner, f"{where}[{index}]")
    elif type(value) not in (int, float, str, bool, type(None)) and not isinstance(value, torch.Tensor):
        raise ExplorerError(
            f"{where} is of type {type(value).__name__}; resume.pt holds dicts, lists, numbers, texts and tensors."
        )
