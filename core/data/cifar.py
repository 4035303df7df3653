"""CIFAR-10 as torchvision downloads it: pickles, so its reader opens them only where their MD5 is the published one."""

from pathlib import Path

import numpy as np

from ..errors import DataError
from .arrays import SourceFile

BATCHES_FOLDER = "cifar-10-batches-py"


def read_cifar_batches(home: Path, part: str) -> SourceFile:
    """Return the train or test file (`part`) of `home / "cifar-10-batches-py"`.

    Raises DataError if a file is missing or is not, byte for byte, the published one: then nothing is opened.
    """
    import torchvision

    try:
        data = torchvision.datasets.CIFAR10(str(home), train=part == "train", download=False)
    except RuntimeError as error:
        raise DataError(
            f"{home / BATCHES_FOLDER} is incomplete or differs from the published files, which are pickles and could run "
            f"code, so it was not opened: delete it and fetch it again, or use the Parquet files."
        ) from error
    return SourceFile(images=data.data.transpose(0, 3, 1, 2), labels=np.array(data.targets, np.int64))
