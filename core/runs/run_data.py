"""The data set of a run as its network takes it: channels, size and normalisation of an imported file are its own."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..config import TrainConfig
from ..errors import RunError, UnknownNameError
from .run import Run

if TYPE_CHECKING:
    from ..data import ImageDataset


def load_run_data(
    run: Run, dataset: str | None = None, data_dir: str | None = None, *, progress: bool = False
) -> "ImageDataset":
    """Return the data set that `run` names, or `dataset`, as the run's network takes it.

    A run of somebody's own loop whose config names none was trained on what its writer was told (`RunWriter(dataset=…)`).

    Raises:
        RunError: the run names no data set, or one of somebody's own that cannot be found by name; or its writer was told of
            images that are not those of that name (another fingerprint).
        DataError: the data set is not on this computer.
    """
    values, channels = _values(run), (run.info.get("network") or {}).get("in_channels")
    try:
        data = load_config_data(values, dataset, data_dir, channels=channels, about=f"Run {run.id}", progress=progress)
    except UnknownNameError as error:
        if dataset is not None:
            raise
        raise RunError(f"Run {run.id} was trained on '{values['dataset']}', which is no data set known here.") from error
    named = dataset or _config(run).get("dataset")
    told = None if named else (run.info.get("dataset") or {}).get("fingerprint")
    if told is not None and told != data.fingerprint:
        raise RunError(f"Run {run.id} was trained on other images than those that '{values['dataset']}' stands for here.")
    return data


def _config(run: Run) -> Mapping[str, Any]:
    """Return the config in plain types."""
    return run.config.to_dict() if isinstance(run.config, TrainConfig) else run.config


def _values(run: Run) -> dict[str, Any]:
    """Return the config in plain types, with the name and size of the data set that the writer was told, if it says none."""
    told = run.info.get("dataset") or {}
    found = {"dataset": told.get("name"), "image_size": (told.get("image_shape") or [None])[-1]} if told else {}
    return {**found, **{key: value for key, value in _config(run).items() if value is not None}}


def load_config_data(
    config: Mapping[str, Any],
    dataset: str | None = None,
    data_dir: str | None = None,
    *,
    channels: int | None = None,
    about: str = "The file",
    progress: bool = False,
) -> "ImageDataset":
    """Return the data set of a config in plain types; `channels` is used where the config is that of an imported file."""
    from ..data import load_dataset
    from ..data.fit import fit_dataset

    name = dataset or config.get("dataset")
    if not isinstance(name, str):
        raise RunError(f"{about} names no data set, so its images cannot be loaded; choose one with --dataset.")
    folder, size = data_dir or config.get("data_dir"), config.get("image_size")
    data = load_dataset(name, folder, image_size=size if isinstance(size, int) else 32, progress=progress)
    if not is_imported(config):
        return data
    mean, sd = config.get("mean"), config.get("sd")
    return fit_dataset(data, channels=channels, size=config.get("input_size"), mean=mean, sd=sd)[0]


def is_imported(config: Mapping[str, Any]) -> bool:
    """Return whether a config in plain types is that of an imported file."""
    return "imported_from" in config


def data_key(run: Run) -> tuple[str, str | None, int]:
    """Return (name, folder, image size), which tells apart the data sets of runs; raise RunError if the run names none."""
    config = _values(run)
    name = config.get("dataset")
    if not isinstance(name, str):
        raise RunError(f"Run {run.id} names no data set, so its images cannot be loaded here.")
    as_taken = f"{name} as {run.id} takes it" if is_imported(config) else name
    folder, size = config.get("data_dir"), config.get("image_size")
    return as_taken, folder if isinstance(folder, str) else None, size if isinstance(size, int) else 32
