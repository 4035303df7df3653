"""Weights from anywhere, loaded without ever running what a file asks for."""

import pickle
import pickletools
import re
import tarfile
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from ..errors import RunError, UnsafeFileError

#: What plain weights ask for; never listed in a refusal.
_HARMLESS = re.compile(
    r"torch\._utils\._rebuild_\w+|torch\.\w*Storage|torch\.storage\.\w+|torch\.nn\.parameter\.Parameter"
    r"|torch\.(Size|device|b?float\w*|u?int\w*|bool)|collections\.OrderedDict|_codecs\.encode"
)
ADVICE = "Only plain weights are loaded; in a place you trust, save model.state_dict() as .safetensors."


def load_checkpoint_file(path: str | Path) -> Any:
    """Return what is in a .safetensors, .pt or .pth file: usually a dict of name -> tensor, on the CPU.

    Raises:
        UnsafeFileError: loading the file would run code; the message lists what it asks for. Nothing of it is run.
        RunError: the file is not there, damaged, or of another kind.
    """
    path = Path(path)
    if not path.is_file():
        raise RunError(f"There is no file {path}.")
    if is_safetensors(path):
        from .checkpoints import read_checkpoint

        return read_checkpoint(path)[0]
    if is_torchscript(path):
        raise UnsafeFileError(f"{path} is a TorchScript program, which runs code. {ADVICE}")
    if is_tar(path):
        asked = _listed(path)
        raise UnsafeFileError(f"{path} is in torch's old tar format, which cannot be loaded safely{asked}. {ADVICE}")
    return _load_plain(path)


def _load_plain(path: Path) -> Any:
    """Load through torch's restricted unpickler, which builds tensors and plain types and looks nothing else up."""
    import torch

    try:
        with warnings.catch_warnings():  # about pickle protocols: loaded or refused, both are said below
            warnings.simplefilter("ignore")
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        asked = _listed(path)
        if asked:
            raise UnsafeFileError(f"{path} would run code when loaded{asked}. {ADVICE}") from None
        raise RunError(f"{path} is refused by torch's restricted loader: {_first_line(error)}") from None
    except (RuntimeError, EOFError, OSError, ValueError, LookupError, AssertionError, TypeError, AttributeError) as error:
        raise RunError(f"{path} cannot be read as weights: {_first_line(error)}") from None


def _first_line(error: BaseException) -> str:
    return str(error).split("\n")[0] or type(error).__name__


def is_harmless(name: str) -> bool:
    """Return whether plain weights ask for the global `name`, such as collections.OrderedDict."""
    return _HARMLESS.fullmatch(name) is not None


def unpacked_size(path: Path) -> int:
    """Return the bytes that the members of a zip file have when they are unpacked."""
    with zipfile.ZipFile(path) as archive:
        return sum(info.file_size for info in archive.infolist())


def _listed(path: Path, at_most: int = 6) -> str:
    names = sorted(name for name in asked_globals(path) if not is_harmless(name))
    rest = f" and {len(names) - at_most} more" if len(names) > at_most else ""
    return f": it asks for {', '.join(names[:at_most])}{rest}" if names else ""


def asked_globals(path: Path) -> set[str]:
    """Return `module.name` of what the pickles in a zip, tar or plain file ask for, read without running anything."""
    found: set[str] = set()
    if begins_as_zip(path):
        with zipfile.ZipFile(path) as archive:
            for member in archive.namelist():
                if member.endswith(".pkl"):
                    with archive.open(member) as file:
                        found |= set(_globals(file, 1))
    elif is_tar(path):
        with tarfile.open(path) as archive:
            for info in archive.getmembers():
                member_file = archive.extractfile(info) if info.isfile() else None
                if member_file is not None:
                    found |= set(_globals(member_file, 8))
    else:
        with path.open("rb") as file:
            found |= set(_globals(file, 5))  # magic number, protocol, system, object, storage keys
    return found


def _globals(file: IO[bytes], pickles: int) -> Iterator[str]:
    """Yield `module.name` of every global that the first `pickles` pickles of `file` name, up to the first damaged one.

    Texts that a pickle fetches from its memo are followed, so that a name cannot hide behind another one.
    """
    for _ in range(pickles):
        texts: list[str] = []
        memo: dict[int, str | None] = {}
        pushed: str | None = None
        try:
            for opcode, argument, _position in pickletools.genops(file):
                if opcode.name in ("GLOBAL", "INST"):
                    yield str(argument).replace(" ", ".")
                elif opcode.name == "STACK_GLOBAL":
                    yield ".".join(texts[-2:])
                if opcode.name in ("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"):
                    memo[len(memo) if argument is None else int(argument)] = pushed
                    continue
                fetched = memo.get(int(argument or 0)) if opcode.name in ("GET", "BINGET", "LONG_BINGET") else None
                pushed = argument if isinstance(argument, str) and opcode.name not in ("GLOBAL", "INST") else fetched
                if pushed is not None:
                    texts.append(pushed)
        except (ValueError, IndexError, OverflowError, MemoryError, UnicodeError):
            return


def is_safetensors(path: Path) -> bool:
    """Eight bytes of header length, then JSON: the content counts, not the name's end."""
    with path.open("rb") as file:
        start = file.read(9)
    return len(start) == 9 and start[8:] == b"{" and int.from_bytes(start[:8], "little") < 100_000_000


def begins_as_zip(path: Path) -> bool:
    """Torch, too, asks the first bytes: a pickle with a zip file behind it is a pickle."""
    with path.open("rb") as file:
        return file.read(4) == b"PK\x03\x04" and zipfile.is_zipfile(path)


def is_tar(path: Path) -> bool:
    return tarfile.is_tarfile(path)


def is_torchscript(path: Path) -> bool:
    if not begins_as_zip(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return any(name.split("/")[-1] == "constants.pkl" for name in archive.namelist())
