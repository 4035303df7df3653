"""IDX files, the format of MNIST and Fashion-MNIST: http://yann.lecun.com/exdb/mnist/ ."""

import gzip
import struct
import zlib
from pathlib import Path

import numpy as np

from ..errors import DataError

_UNSIGNED_BYTE = 0x08


def read_idx(path: Path) -> np.ndarray:
    """Return the uint8 array of an IDX file, unpacked or as `.gz`.

    Raises DataError if the file is damaged or holds anything but unsigned bytes.
    """
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path} is damaged ({error}); delete it and fetch it again.") from error
    if len(content) < 4 or content[:3] != bytes([0, 0, _UNSIGNED_BYTE]):
        raise DataError(f"{path} is no IDX file of unsigned bytes; it starts with {content[:4].hex(' ') or 'nothing'}.")
    axes = content[3]
    start = 4 + 4 * axes
    if len(content) < start:
        raise DataError(f"{path} is damaged: it ends within its header; delete it and fetch it again.")
    shape = struct.unpack(f">{axes}I", content[4:start])
    expected = int(np.prod(shape, dtype=np.int64))
    if len(content) - start != expected:
        raise DataError(
            f"{path} is damaged: its header promises {expected:,} bytes, {len(content) - start:,} follow; "
            f"delete it and fetch it again."
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
