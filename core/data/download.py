"""Public data sets from the cache folder, downloaded by torchvision where they are not there yet."""

import socket
from http.client import HTTPException
from pathlib import Path

from ..errors import DataError
from .arrays import Source
from .cache import cache_folder
from .catalogue import KnownSet
from .files import find_source, look_for_source, looked_for

#: Seconds without an answer after which a download has failed.
TIMEOUT_S = 30.0


def cached_source(known: KnownSet, *, progress: bool = False) -> Source:
    """Return the data set `known` from the cache folder, after a download if it is not there.

    Raises DataError where the download fails, naming what was looked for, where, why it failed and what to do.
    """
    home = cache_folder() / "data"
    source = look_for_source(known, home, progress=progress)
    if source is not None:
        return source
    try:
        _download(known, home / known.folder)
    except (OSError, RuntimeError, HTTPException) as error:
        raise DataError(
            f"{known.title} is not in {home} (looked for {looked_for(known)}), and its download failed ({_reason(error)}): "
            f"check the network connection, or give the folder that holds {known.folder}/ as --data-dir."
        ) from error
    return find_source(known, home, progress=progress)


def _download(known: KnownSet, home: Path) -> None:
    """Let torchvision fetch the set into `home` and check its MD5; it shows a progress bar on stderr."""
    import torchvision

    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(TIMEOUT_S)  # torchvision sets none: without it, a network that swallows packets hangs for minutes
    try:
        getattr(torchvision.datasets, known.torchvision_class)(str(home), train=True, download=True)
    finally:
        socket.setdefaulttimeout(before)


def _reason(error: Exception) -> str:
    """Return the last line of an error's message, without urllib's wrapping."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[-1].removeprefix("<urlopen error ").removesuffix(">").strip()
