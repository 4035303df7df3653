"""Evaluate a run or a checkpoint file by name, as the command line does."""

import logging
from pathlib import Path
from typing import Any

from ..data import load_dataset
from ..errors import RunError
from ..runs import Run, RunStore, count_test_use
from ..runs.checkpoints import build_network, checkpoint_config
from .evaluate import evaluate

logger = logging.getLogger("activation_explorer")


def evaluate_target(
    target: str,
    *,
    dataset: str | None = None,
    data_dir: str | None = None,
    split: str = "validation",
    epoch: int | None = None,
    runs_dir: str = "runs",
) -> dict[str, Any]:
    """Return {"split", "n", "loss", "accuracy"} of a run (folder or id) or a checkpoint file of this project.

    A look at the test data is noted in the run's run.json; where that must not be written, a warning says so.
    """
    path = Path(target)
    run = None if path.is_file() else _run(path, runs_dir)
    if run is None:
        model, config = build_network(path), checkpoint_config(path)
    else:
        model, config = run.load_model(epoch), run.train_config()
    data = load_dataset(
        dataset or config.dataset, data_dir or config.data_dir, image_size=config.image_size, progress=config.progress
    )
    result = evaluate(model, data, split)
    if split == "test" and run is not None and not count_test_use(run, "evaluate"):
        logger.warning("This look at the test data was not noted: the run is bundled, or another process writes it.")
    return result


def _run(path: Path, runs_dir: str) -> Run:
    if path.is_dir():
        return RunStore(path.resolve().parent)[path.resolve().name]
    if not Path(runs_dir).is_dir() and path.parent != Path():
        raise RunError(f"{path} is neither a run folder nor a file.")
    return RunStore(runs_dir)[str(path)]
