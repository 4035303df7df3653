"""Files that a browser sent, in a temporary folder of this server: under names of ours, a few at a time, gone when it ends.

No path ever comes from a browser: a file is found again by the digest of its content.
"""

import hashlib
import re
import shutil
import tempfile
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import streamlit as st

from core.data.folder import SUFFIXES
from core.errors import DataError

#: Files, and folders of images, that are kept at a time; the oldest is forgotten first.
KEPT = 8


@dataclass(frozen=True)
class Upload:
    """One file: the name that its owner gave it, for reading only, and where it lies."""

    key: str
    name: str
    path: Path


@dataclass
class Uploads:
    """The temporary folder of one server."""

    folder: Path
    _files: dict[str, Upload] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def runs(self) -> Path:
        """Where the runs of imported files are written until somebody keeps them."""
        return self.folder / "runs"

    def add(self, name: str, content: bytes) -> Upload:
        """Keep a file and return it; the same content under the same name is the same file."""
        shown = safe_name(name)
        key = hashlib.sha256(shown.encode() + b"\0" + content).hexdigest()[:20]
        with self._lock:
            if key not in self._files:
                home = self.folder / key
                home.mkdir(parents=True, exist_ok=True)
                (home / shown).write_bytes(content)
                self._files[key] = Upload(key, shown, home / shown)
                self._forget_oldest()
        return self._files[key]

    def add_images(self, files: Iterable[tuple[str, bytes]]) -> Upload:
        """Keep images as a folder with one sub-folder per class: (path such as "cats/1.png", content) pairs."""
        chosen = [(_in_class(name), content) for name, content in files]
        if not chosen:
            raise DataError("The folder holds no images.")
        digest = hashlib.sha256()
        for name, content in chosen:
            digest.update(name.encode() + hashlib.sha256(content).digest())
        key = digest.hexdigest()[:20]
        with self._lock:
            if key not in self._files:
                home = self.folder / key
                for name, content in chosen:
                    (home / name).parent.mkdir(parents=True, exist_ok=True)
                    (home / name).write_bytes(content)
                self._files[key] = Upload(key, f"{len(chosen)} images", home)
                self._forget_oldest()
        return self._files[key]

    def find(self, key: str) -> Upload | None:
        """Return a file that was sent earlier; None if it is not kept any more."""
        return self._files.get(key)

    def _forget_oldest(self) -> None:
        while len(self._files) > KEPT:
            oldest = next(iter(self._files))
            del self._files[oldest]
            shutil.rmtree(self.folder / oldest, ignore_errors=True)


@st.cache_resource(show_spinner=False)
def uploads() -> Uploads:
    """Return the server's uploads; their folder goes when the server ends."""
    return Uploads(Path(_temporary().name))


@st.cache_resource(show_spinner=False)
def _temporary() -> "tempfile.TemporaryDirectory[str]":
    return tempfile.TemporaryDirectory(prefix="activation-explorer-", ignore_cleanup_errors=True)


def safe_name(name: str) -> str:
    """Return the last part of a file's name with letters, digits, dots, dashes and underscores only."""
    last = PurePosixPath(name.replace("\\", "/")).name
    cleaned = re.sub(r"[^A-Za-z0-9._-]+", "_", last).lstrip(".")[-100:]
    return cleaned or "file"


def _in_class(name: str) -> str:
    """Return "class/file" of a path such as "images/cats/1.png"; DataError if it names no class or is no image."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    if len(parts) < 2:
        raise DataError(f"{safe_name(name)} lies in no class: the folder must hold one sub-folder of images per class.")
    if not parts[-1].lower().endswith(SUFFIXES):
        raise DataError(f"{safe_name(name)} is no image; images are {', '.join(SUFFIXES)}.")
    return f"{safe_name(parts[-2])}/{safe_name(parts[-1])}"
