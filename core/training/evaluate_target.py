"""Evaluate a run or a checkpoint file by name, as the command line does."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..data.image_choice import ImageChoice
from ..errors import OptionError, RunError
from ..runs import Run, RunStore, count_test_use
from ..runs.contents import SIZE_LIMIT, list_contents
from ..runs.opening import OpenedNetwork, open_network
from ..runs.run_data import is_imported, load_run_data
from .evaluate import evaluate
from .import_file import FittedImages, check_labelled, fit_images

logger = logging.getLogger("activation_explorer")


@dataclass(frozen=True, kw_only=True)
class FileOptions:
    """What a file from elsewhere does not tell; None: told by the file, or recognised.

    `input_size` scales the images of any data set, `image_size` those of a folder. `limit`: bytes of the largest file.
    """

    model: str | None = None
    activation: str | None = None
    part: str | None = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    image_size: int | None = None
    input_size: int | None = None
    limit: int = SIZE_LIMIT


def evaluate_target(
    target: str,
    *,
    dataset: str | None = None,
    data_dir: str | None = None,
    split: str = "validation",
    epoch: int | None = None,
    runs_dir: str = "runs",
    options: FileOptions | None = None,
) -> dict[str, Any]:
    """Return {"split", "n", "loss", "accuracy"} of a run (folder or id) or a checkpoint file.

    A look at the test data is noted in the run's run.json; where that must not be written, a warning says so. What was assumed
    of a file from elsewhere is said in warnings.
    """
    path = Path(target)
    if path.is_file():
        return _evaluate_file(path, dataset, data_dir, split, options or FileOptions())
    run = _run(path, runs_dir)
    progress = getattr(run.config, "progress", False)
    result = evaluate(run.load_model(epoch), load_run_data(run, dataset, data_dir, progress=progress), split)
    if split == "test" and not count_test_use(run, "evaluate"):
        logger.warning("This look at the test data was not noted: the run is bundled, or another process writes it.")
    return result


def open_file(path: Path, options: FileOptions) -> OpenedNetwork:
    """Return the network of a file, listed first; errors as in `open_network`."""
    contents = list_contents(path, limit=options.limit)
    return open_network(contents, model=options.model, activation=options.activation, part=options.part)


def file_images(
    opened: OpenedNetwork, dataset: str | None, data_dir: str | None, options: FileOptions, *, progress: bool = True
) -> FittedImages | None:
    """Return the images for a file: the data set named, else the one that the file names; None where neither names one."""
    config = opened.config
    name = dataset or config.get("dataset")
    if not isinstance(name, str):
        return None
    mean, sd = options.mean, options.std
    if dataset is None and mean is None and sd is None and is_imported(config):
        mean, sd = tuple(config["mean"]), tuple(config["sd"])
    folder, size = config.get("data_dir"), options.image_size or config.get("image_size")
    images = ImageChoice(
        dataset=name,
        data_dir=data_dir or (folder if isinstance(folder, str) else None),
        image_size=size if isinstance(size, int) else 32,
        input_size=options.input_size or config.get("input_size"),
        mean=mean,
        sd=sd,
    )
    return fit_images(opened, images, progress=progress)


def _evaluate_file(path: Path, dataset: str | None, data_dir: str | None, split: str, options: FileOptions) -> dict[str, Any]:
    opened = open_file(path, options)
    images = file_images(opened, dataset, data_dir, options)
    if images is None:
        raise OptionError(f"{path.name} does not say on which images it was trained; name a data set with --dataset.")
    check_labelled(opened, images)
    for sentence in (*opened.assumed, *images.said, *images.assumed):
        logger.warning(sentence)
    return evaluate(opened.network, images.data, split)


def _run(path: Path, runs_dir: str) -> Run:
    if path.is_dir():
        return RunStore(path.resolve().parent)[path.resolve().name]
    if not Path(runs_dir).is_dir() and path.parent != Path():
        raise RunError(f"{path} is neither a run folder nor a file.")
    return RunStore(runs_dir)[str(path)]
