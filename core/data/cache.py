"""The cache folder and the decoded images in it.

A set whose images are stored as JPEG or PNG is decoded once and kept as `.npy`. The file's name carries a hash of the
source's path, one of its size and time of change, and a checksum of the images: a changed source or a damaged cache is
decoded anew.
"""

import hashlib
import logging
import os
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

logger = logging.getLogger("activation_explorer")


def cache_folder() -> Path:
    """Return the folder for downloads and decoded images: $ACTIVATION_EXPLORER_CACHE, or ~/.cache/activation-explorer."""
    return Path(os.environ.get("ACTIVATION_EXPLORER_CACHE") or Path.home() / ".cache" / "activation-explorer")


def decoded(sources: list[Path], name: str, num_images: int, decode: Callable[[], np.ndarray]) -> np.ndarray:
    """Return the images (N, C, H, W) uint8 of `sources`, from the cache if it is whole, else from `decode()`, and keep them.

    `name` starts the file's name; `num_images` is N as the sources state it. A folder that cannot be written costs only time.
    """
    folder = cache_folder() / "decoded"
    place = _digest(*(path.resolve() for path in sources))
    state = _digest(*(value for path in sources for value in (path.stat().st_size, path.stat().st_mtime_ns)))
    for path in sorted(folder.glob(f"{name}-{place}-{state}-*.npy")):
        images = _read(path, num_images)
        if images is not None:
            return images
        logger.info("The decoded images in %s are damaged; they are made anew.", path)
    images = decode()
    try:
        _write(folder, f"{name}-{place}", state, images)
    except OSError as error:
        logger.warning("The decoded images of %s could not be kept in %s (%s).", name, folder, error)
    return images


def _read(path: Path, num_images: int) -> np.ndarray | None:
    """Return the cached images, or None if the file is damaged."""
    try:
        images = np.load(path, allow_pickle=False)
    except (ValueError, OSError, EOFError):
        return None
    whole = images.dtype == np.uint8 and images.ndim == 4 and len(images) == num_images
    return images if whole and path.stem.endswith(f"-{_checksum(images)}") else None


def _write(folder: Path, place: str, state: str, images: np.ndarray) -> None:
    """Write the images under a temporary name, rename, and remove what earlier states of the same source left."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{place}-{state}-{_checksum(images)}.npy"
    temporary = folder / f".{path.stem}.{os.getpid()}.tmp"
    try:
        with temporary.open("wb") as file:
            np.save(file, images, allow_pickle=False)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    for old in folder.glob(f"{place}-*.npy"):
        if old != path:
            old.unlink(missing_ok=True)


def _checksum(images: np.ndarray) -> str:
    return f"{zlib.crc32(np.ascontiguousarray(images).data):08x}"


def _digest(*values: object) -> str:
    return hashlib.blake2b("\x1f".join(map(str, values)).encode(), digest_size=6).hexdigest()
