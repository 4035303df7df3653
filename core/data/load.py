"""Load a data set by its name."""

from os import PathLike
from pathlib import Path

from ..errors import normalise_name, unknown_name
from .assemble import known_dataset
from .catalogue import KNOWN_SETS
from .dataset import ImageDataset
from .download import cached_source
from .files import find_source
from .folder import load_folder
from .sample import load_fashion_sample


def dataset_names() -> tuple[str, ...]:
    """Return the names of all data sets."""
    return ("fashion-sample", *KNOWN_SETS, "folder")


def find_dataset_name(name: str) -> str:
    """Return the known name that `name` means, whatever its case and dashes; raise UnknownNameError if there is none."""
    by_name = {normalise_name(known): known for known in dataset_names()}
    known_name = by_name.get(normalise_name(name))
    if known_name is None:
        raise unknown_name("data set", name, dataset_names())
    return known_name


def load_dataset(
    name: str, data_dir: str | PathLike[str] | None = None, *, image_size: int = 32, progress: bool = False
) -> ImageDataset:
    """Return the data set `name`, split into train, validation and test; the splits are the same in every run.

    `data_dir` is the folder that holds the data sets (for `folder`: one's own images); without it a public data set is read
    from the cache folder, and downloaded if it is not there. `image_size`, in pixels, is used by `folder` only. `progress`
    shows bars on stderr. Raises UnknownNameError for an unknown name, DataError for files that are missing or damaged.
    """
    known_name = find_dataset_name(name)
    folder = Path(data_dir).expanduser() if data_dir is not None else None
    if known_name == "fashion-sample":
        return load_fashion_sample()
    if known_name == "folder":
        return load_folder(folder, image_size=image_size, progress=progress)
    known = KNOWN_SETS[known_name]
    source = find_source(known, folder, progress=progress) if folder else cached_source(known, progress=progress)
    return known_dataset(known, source)
