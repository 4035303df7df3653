"""What is in a file, listed before anything of it is used; what a pickle asks for is read from its text, never looked up.

`list_contents(path)` names the format, the pickle's globals, the tensors with type and shape, and the plain values beside them.
A file that would run code is not loaded at all: its contents say so and list what it asks for.
"""

import hashlib
import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import RunError
from .foreign import (
    ADVICE,
    asked_globals,
    begins_as_zip,
    is_harmless,
    is_safetensors,
    is_tar,
    is_torchscript,
    load_checkpoint_file,
    unpacked_size,
)

if TYPE_CHECKING:
    import pandas as pd

#: Bytes of the largest file that is opened where nobody sets another limit.
SIZE_LIMIT = 2_000_000_000
#: Endings of the files that can be opened; the content counts, not the ending.
SUFFIXES = (".safetensors", ".pt", ".pth", ".th", ".ckpt")
#: Other kinds of file by their first bytes.
_BEGINNINGS = {
    b"\x89PNG": "a PNG image", b"\xff\xd8\xff": "a JPEG image", b"GIF8": "a GIF image", b"\x89HDF": "an HDF5 file (Keras)",
    b"GGUF": "a GGUF file", b"\x1f\x8b": "a gzip archive", b"%PDF": "a PDF document", b"\x93NUMPY": "a NumPy array",
    b"{": "a JSON text", b"<": "a web page or XML text",
}  # fmt: skip
#: Characters of a plain value, and number of plain values, that are listed.
_LONGEST, _MOST_VALUES = 120, 200


@dataclass(frozen=True, kw_only=True)
class TensorInfo:
    """One tensor of a file: its name with the parts it lies in ("state_dict.conv1.weight"), type, shape, bytes."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    bytes: int


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What is in a file. `refused` is the sentence that says why it is not loaded, "" if it can be.

    `globals` holds (name, harmless) of everything that a pickle asks for; `values` the plain values beside the tensors, and
    the metadata of a safetensors file, as text.
    """

    path: Path
    kind: str
    size: int
    sha256: str
    globals: tuple[tuple[str, bool], ...] = ()
    tensors: tuple[TensorInfo, ...] = ()
    values: dict[str, str] = field(default_factory=dict)
    refused: str = ""

    @property
    def name(self) -> str:
        """The name of the file, without its folder."""
        return self.path.name

    def tensor_table(self) -> "pd.DataFrame":
        """Return name, type, shape, numbers, bytes: one row per tensor."""
        import math

        import pandas as pd

        rows = [(t.name, t.dtype, " × ".join(map(str, t.shape)) or "1", math.prod(t.shape), t.bytes) for t in self.tensors]
        return pd.DataFrame(rows, columns=["name", "type", "shape", "numbers", "bytes"])

    def value_table(self) -> "pd.DataFrame":
        """Return name and value, shortened, of what lies beside the tensors."""
        import pandas as pd

        return pd.DataFrame([(name, _short(value)) for name, value in self.values.items()], columns=["name", "value"])

    def global_table(self) -> "pd.DataFrame":
        """Return name and what it is ("plain weights need it" or "refused") of all that a pickle asks for, refused first."""
        import pandas as pd

        ordered = sorted(self.globals, key=lambda pair: (pair[1], pair[0]))
        rows = [(name, "plain weights need it" if harmless else "refused") for name, harmless in ordered]
        return pd.DataFrame(rows, columns=["name", "what it is"])


def list_contents(path: str | Path, *, limit: int = SIZE_LIMIT) -> Contents:
    """Return what is in a checkpoint file (.safetensors, .pt, .pth, .th, .ckpt; old and new torch formats).

    Nothing of a file that asks for more than plain weights is loaded. `limit`: bytes of the largest file that is opened.

    Raises:
        RunError: the file is not there, larger than the limit, torn, or no checkpoint at all.
    """
    path = Path(path)
    if not path.is_file():
        raise RunError(f"There is no file {path}.")
    size = path.stat().st_size
    check_size(path.name, size, limit)
    kind = _kind(path)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    about: dict[str, Any] = {"path": path, "kind": kind, "size": size, "sha256": digest}
    if kind == "safetensors":
        tensors, values = _header(path)
        return Contents(**about, tensors=tensors, values=values)
    if begins_as_zip(path):
        check_size(f"{path.name}, unpacked,", unpacked_size(path), limit)
    asked = tuple((name, is_harmless(name)) for name in sorted(asked_globals(path)))
    about["globals"] = asked
    harmful = [name for name, harmless in asked if not harmless]
    if kind in ("TorchScript program", "torch, old tar format"):
        return Contents(**about, refused=f"{path.name} is refused: {_WHY[kind]}. {ADVICE}")
    if harmful:
        text = f"{path.name} is refused, because it would run code when loaded: it asks for {_listed(harmful)}."
        return Contents(**about, refused=f"{text} {ADVICE}")
    tensors, values = _loaded(path, size)
    return Contents(**about, tensors=tensors, values=values)


def check_size(name: str, size: int, limit: int) -> None:
    """Raise RunError, naming both, if `size` (bytes) is above `limit`."""
    if size > limit:
        raise RunError(f"{name} has {size_text(size)}; files above the size limit of {size_text(limit)} are not opened.")


def size_text(size: int) -> str:
    """Return a number of bytes in words: "12 kB", "3.1 MB"."""
    for unit, bytes_ in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= bytes_:
            return f"{size / bytes_:.3g} {unit}"
    return f"{size} bytes"


_WHY = {
    "TorchScript program": "it is a TorchScript program, which runs code",
    "torch, old tar format": "it is in torch's old tar format, which cannot be loaded safely",
}


def _kind(path: Path) -> str:
    """Return the format by the file's content; raise RunError, saying what it is, for anything but a checkpoint."""
    with path.open("rb") as file:
        start = file.read(16)
    if not start:
        raise RunError(f"{path.name} is empty.")
    if is_safetensors(path):
        return "safetensors"
    if begins_as_zip(path):
        if is_torchscript(path):
            return "TorchScript program"
        return "torch, zip format"
    if start[:4] == b"PK\x03\x04":
        raise RunError(f"{path.name} is torn: it begins as a zip file and its end is missing; copy or download it again.")
    if is_tar(path):
        return "torch, old tar format"
    if start[:1] == b"\x80":
        return "torch, old pickle format"
    what = next((f" but {words}" for head, words in _BEGINNINGS.items() if start.startswith(head)), "")
    raise RunError(f"{path.name} is no checkpoint{what}; checkpoints are {', '.join(SUFFIXES)}.")


def _header(path: Path) -> tuple[tuple[TensorInfo, ...], dict[str, str]]:
    """Return the tensors and the metadata that the header of a safetensors file lists; no tensor is read."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:  # checks lengths and offsets
            metadata = file.metadata() or {}
        with path.open("rb") as raw:
            (length,) = struct.unpack("<Q", raw.read(8))
            header: dict[str, Any] = json.loads(raw.read(length))
    except (SafetensorError, OSError, ValueError, RecursionError) as error:
        raise RunError(f"{path.name} is torn or damaged: {_first_line(error)}") from None
    tensors = [
        TensorInfo(
            name=name, dtype=entry["dtype"], shape=tuple(entry["shape"]),
            bytes=entry["data_offsets"][1] - entry["data_offsets"][0],
        )
        for name, entry in header.items()
        if name != "__metadata__"
    ]  # fmt: skip
    return tuple(tensors), {str(key): str(value) for key, value in metadata.items()}


def _loaded(path: Path, size: int) -> tuple[tuple[TensorInfo, ...], dict[str, str]]:
    """Return the tensors and plain values that torch's restricted loader finds; nothing else is ever built."""
    try:
        loaded = load_checkpoint_file(path)
    except RunError as error:
        reason = str(error).removeprefix(f"{path} ")
        raise RunError(f"{path.name} is torn, damaged or no checkpoint: it {reason}") from None
    from torch import Tensor

    tensors: list[TensorInfo] = []
    values: dict[str, str] = {}
    most = max(size, unpacked_size(path) if begins_as_zip(path) else 0)
    for name, value in _flat(loaded):
        if isinstance(value, Tensor):
            info = TensorInfo(
                name=name, dtype=str(value.dtype).removeprefix("torch."), shape=tuple(value.shape),
                bytes=value.numel() * value.element_size(),
            )  # fmt: skip
            if info.bytes > most:
                raise RunError(f"{path.name} is damaged: {name} claims {size_text(info.bytes)}, more than the file holds.")
            tensors.append(info)
        elif len(values) < _MOST_VALUES:
            values[name] = _short(value)
    return tuple(tensors), values


def _flat(value: Any, name: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Yield (dotted name, tensor or plain value) of nested dicts; lists are plain values."""
    if isinstance(value, dict) and depth < 8:
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else str(key), depth + 1)
    else:
        yield name or "(the file itself)", value


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _listed(names: list[str], at_most: int = 6) -> str:
    rest = len(names) - at_most
    return ", ".join(names[:at_most]) + (f" and {rest} more" if rest > 0 else "")


def _first_line(error: BaseException) -> str:
    text = str(error).split("\n")[0] or type(error).__name__
    return text if text.endswith(".") else f"{text}."
