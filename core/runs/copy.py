"""A run folder copied into another folder of runs: whole or not at all."""

import shutil
from pathlib import Path

from ..errors import RunError
from .files import write_json
from .layout import LOCK, RECORD
from .record import read_record
from .run import Run

#: Where the images of a folder that lay only in a temporary place are kept with the run.
IMAGES = "images"


def copy_run(run: Run, runs_dir: str | Path, *, with_images: bool = False) -> Run:
    """Copy a finished run into `runs_dir`, which is made if it is not there, and return the copy.

    `with_images`: the folder of images that its config names is copied into the run, and named there. Raises RunError if a run
    of this id is there already.
    """
    target = Path(runs_dir) / run.id
    if target.exists():
        raise RunError(f"{target} is there already; the run is kept.")
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{run.id}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        shutil.copytree(run.path, temporary, ignore=shutil.ignore_patterns(LOCK))
        if with_images:
            _bring_images(temporary, target)
        temporary.rename(target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return Run(target, source=str(runs_dir))


def _bring_images(temporary: Path, target: Path) -> None:
    info = read_record(temporary)
    folder = info["config"].get("data_dir")
    if isinstance(folder, str) and Path(folder).is_dir():
        shutil.copytree(folder, temporary / IMAGES)
        info["config"]["data_dir"] = str((target / IMAGES).resolve())
        write_json(temporary / RECORD, info)
