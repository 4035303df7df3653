"""What the page *Open a file* shows: contents, the network, the run of the file, its report. Jobs do what takes long."""

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.data.image_choice import ImageChoice
from core.errors import ExplorerError
from core.runs import Run
from core.runs.checkpoints import checkpoint_path
from core.runs.contents import Contents, list_contents
from core.runs.copy import copy_run
from explorer import cells, choices, jobs, loaders, open_file_cells
from explorer.uploads import Upload, uploads

if TYPE_CHECKING:
    import pandas as pd

    from core.analysis.report import Report
    from core.runs.opening import OpenedNetwork

#: Temporary runs that stay on disk.
KEPT_RUNS = 6
#: Normalisations to choose from: name -> (mean, sd), None: that of the data set.
NORMALISATIONS: dict[str, tuple[tuple[float, ...], tuple[float, ...]] | None] = {
    "That of the data set": None,
    "ImageNet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "Mean 0.5, sd 0.5": ((0.5,), (0.5,)),
    "None: pixels from 0 to 1": ((0.0,), (1.0,)),
    "Own numbers": None,
}


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Which network a file holds, as the user says; None: recognised."""

    model: str | None = None
    activation: str | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Opening:
    """What network a file holds, or why it could not be opened: the sentence, the differences, activations to choose from.

    The network itself is not kept: results of jobs stay for a while, and networks are large. `dataset` is what the file says it
    was trained on, "" if it says nothing.
    """

    title: str = ""
    said: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    dataset: str = ""
    problem: str = ""
    differences: "pd.DataFrame | None" = None
    activations: list[str] = field(default_factory=list)


def size_limit() -> int:
    """Return the bytes of the largest file that the server takes."""
    return int(st.get_option("server.maxUploadSize")) * 1_000_000


def runs_with_checkpoints() -> list[str]:
    """Return the ids of the runs here that keep a checkpoint."""
    return [run_id for run_id in loaders.run_ids() if choices.nearest_checkpoint(run_id, None) is not None]


#: Files with such a key are checkpoints of runs here; the id of the run follows.
_RUN = "run-"


def file_of_run(run_id: str) -> Upload:
    """Return the checkpoint file of a run of the store. ExplorerError: there is no such run, or it keeps none."""
    if run_id not in loaders.run_ids():
        raise ExplorerError(f"There is no run “{run_id}” here. {loaders.places()}")
    run = loaders.run(run_id)
    path = checkpoint_path(Path(run.path), run.find_checkpoint())
    return Upload(f"{_RUN}{run_id}", path.name, path)


@st.cache_data(max_entries=32, show_spinner=False)
def _contents(key: str, changed: int, limit: int, _path: Path) -> Contents:
    return list_contents(_path, limit=limit)


def contents(file: Upload) -> Contents:
    """Return what is in the file. ExplorerError: it is above the limit, torn, or no checkpoint."""
    return _contents(file.key, file.path.stat().st_mtime_ns, size_limit(), file.path)


def opening_job(file: Upload, choice: Choice) -> jobs.Job:
    """Return the job that opens the file's network; its result is an Opening."""
    listed = contents(file)

    def work(progress: jobs.Progress) -> Opening:
        progress(0, 1, "Reading the weights")
        return opening_of(listed, choice)

    return _job("open", (file.key, listed.sha256, asdict(choice)), work, "Recognising the network")


def opening_of(listed: Contents, choice: Choice) -> Opening:
    """Return what network the file holds, or why it could not be opened."""
    from core.runs.differences import MismatchError
    from core.runs.opening import UnclearActivationError

    try:
        opened = _open(listed, choice)
    except MismatchError as error:
        return Opening(problem=str(error), differences=error.differences.table())
    except UnclearActivationError as error:
        return Opening(problem=str(error), activations=error.choices)
    except ExplorerError as error:
        return Opening(problem=str(error))
    dataset = opened.config.get("dataset")
    return Opening(
        title=opened.title, said=opened.said, assumed=opened.assumed, dataset=dataset if isinstance(dataset, str) else ""
    )


def _open(listed: Contents, choice: Choice) -> "OpenedNetwork":
    from core.runs.opening import open_network

    return open_network(listed, model=choice.model, activation=choice.activation)


def import_job(file: Upload, choice: Choice, images: ImageChoice) -> jobs.Job:
    """Return the job that makes a temporary run of the file, measured on the images; its result is (Run, Report)."""
    listed, folder = contents(file), uploads().runs

    def work(progress: jobs.Progress) -> "tuple[Run, Report]":
        """Open, measure, write the run and report on it; what it does is said before each step."""
        from core.analysis.report import file_report
        from core.training.import_file import fit_images, import_network

        progress(0, 1, "Reading the weights")
        opened, fitted = _open(listed, choice), None
        if images.dataset:
            progress(0, 1, "Loading the images")
            fitted = fit_images(opened, images)
        run = import_network(opened, folder, fitted, progress=progress)
        _forget_oldest(folder)
        return Run(run.path, source=str(folder)), file_report(run, progress)

    return _job("import", (file.key, listed.sha256, asdict(choice), asdict(images)), work, "Measuring the network")


def forget(job: jobs.Job) -> None:
    """Let a job go whose run is not kept any more, so that it is made anew."""
    jobs.queue().forget(job.key)


def _forget_oldest(folder: Path) -> None:
    """Remove all temporary runs but the newest few."""
    runs = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime)
    for old in runs[:-KEPT_RUNS]:
        shutil.rmtree(old, ignore_errors=True)


def keep(run: Run) -> Run:
    """Copy a temporary run into the folder of one's own runs, made if it is not there; its uploaded images go with it."""
    source = loaders.source()
    folder = source.folder if source.folder is not None else Path.cwd() / "runs"
    data_dir = run.info["config"].get("data_dir")
    uploaded = isinstance(data_dir, str) and Path(data_dir).is_relative_to(uploads().folder.resolve())
    return copy_run(run, folder, with_images=uploaded)


def places_of(dataset: str) -> str | None:
    """Return the folder in which a run here has found this data set; None: the cache folder."""
    for run_id in loaders.run_ids():
        config = loaders.run(run_id).info["config"]
        folder = config.get("data_dir")
        if config.get("dataset") == dataset and isinstance(folder, str) and Path(folder).is_dir():
            return folder
    return None


def data_sets() -> dict[str, str]:
    """Return name -> title of the data sets that can be named."""
    from core.data.catalogue import KNOWN_SETS

    return {"fashion-sample": "Fashion-MNIST, bundled sample", **{name: known.title for name, known in KNOWN_SETS.items()}}


def architectures() -> tuple[str, ...]:
    """Return the names of the architectures that can be chosen."""
    from core.models import model_names
    from core.models.published import published_names

    return (*model_names(), *published_names())


def activations() -> tuple[str, ...]:
    """Return the names of the activations that can be chosen."""
    from core.activations import activation_names

    return activation_names()


def curves(run: Run) -> "pd.DataFrame":
    """Return the curve table of a temporary run."""
    from core.analysis.curves import snapshot_curves

    return snapshot_curves(run, [run.find_checkpoint()])


def curves_cell(file: Upload, choice: Choice, images: ImageChoice, run: Run) -> str:
    """Return the notebook lines that make the curve table of `run`, the temporary run of `file`, with what lasts.

    The run itself once it is kept, the run whose checkpoint it is, else the uploaded file, whose path its owner sets.
    """
    if run.id in loaders.run_ids():
        return cells.curves(loaders.run(run.id), run.find_checkpoint())
    sent = images.data_dir is not None and Path(images.data_dir).resolve().is_relative_to(uploads().folder.resolve())
    made = open_file_cells.Measured(model=choice.model, activation=choice.activation, images=images, own_folder=sent)
    if file.key.startswith(_RUN):
        return open_file_cells.curves_of_run(loaders.run(file.key.removeprefix(_RUN)), made)
    return open_file_cells.curves_of_upload(file.name, made)


def html_report(run: Run, report: "Report") -> str:
    """Return the report as one HTML page, with the curves where they are few enough for small panels."""
    from explorer import plots
    from explorer.report import report_html

    table = curves(run)
    figure = plots.small_multiples_figure(table) if plots.fits_small_multiples(table) else None
    return report_html(report, figure)


def _job(name: str, options: Any, work: Callable[[jobs.Progress], Any], text: str) -> jobs.Job:
    digest = hashlib.sha256(f"{name} {options!r}".encode()).hexdigest()[:16]
    return jobs.submit(digest, work, text)
