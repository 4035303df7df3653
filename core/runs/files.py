"""Files that are whole or not there: written to a temporary name, then renamed."""

import json
import math
import os
import secrets
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

from ..errors import ExplorerError, RunError


def write_bytes(path: Path, data: bytes) -> None:
    """Write `data` to `path`; a reader sees the old file or the new one, never a part."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON of plain types."""
    write_bytes(path, (json.dumps(plain(value), indent=2, ensure_ascii=False) + "\n").encode())


def read_json(path: Path) -> dict[str, Any]:
    """Return the JSON object in `path`; raise RunError with the reason if there is none."""
    try:
        value = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise RunError(f"has no {path.name}") from None
    except OSError as error:
        raise RunError(f"{path.name} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:  # ValueError: JSON, Unicode, or a number of too many digits
        raise RunError(f"{path.name} is no valid JSON: {error}") from None
    if not isinstance(value, dict):
        raise RunError(f"{path.name} holds no JSON object")
    return value


def plain(value: Any, where: str = "value") -> Any:
    """Return `value` in JSON's types: NumPy and torch scalars and arrays become numbers and lists, paths become text,
    numbers that are not finite become null. Anything else raises ExplorerError that names its place.
    """
    if isinstance(value, Mapping):
        return {str(key): plain(inner, f"{where}.{key}") for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(inner, f"{where}[{i}]") for i, inner in enumerate(value)]
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, PurePath):
        return str(value)
    if hasattr(value, "tolist"):  # NumPy arrays and scalars, torch tensors
        return plain(value.tolist(), where)
    raise ExplorerError(f"{where} is of type {type(value).__name__}; a run stores numbers, texts, lists and dicts.")


def remove_temporaries(folder: Path) -> None:
    """Remove what a killed writer left under a temporary name."""
    for path in folder.rglob(".*.tmp"):
        path.unlink(missing_ok=True)


def file_stamp(path: Path) -> tuple[int, int, int] | None:
    """Return modification time (ns), size and inode of a file, which change when it is written anew; None: it is not there.

    A folder's time changes when a file is renamed into it.
    """
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
