"""`RunWriter`: the one way in which run folders are written, by our loop and by anybody's own."""

import time
from numbers import Integral
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from ..config import TrainConfig
from ..errors import ExplorerError, RunError
from ..progress import ProgressCallback
from .checkpoints import build_arguments, checkpoint_path, epochs_to_keep, prune_checkpoints, write_checkpoint
from .files import remove_temporaries, write_json
from .layout import METRICS, RECORD, RESUME, STATUSES, check_run_id, new_run_id, now
from .lock import RunLock
from .metrics import append_row, read_rows
from .predictions import write_predictions
from .record import Config, config_dict, new_record, portable_config, read_record
from .resume import read_resume, write_resume
from .rollback import check_same_experiment, roll_back
from .run import Run
from .selection import best_epoch, results_at
from .snapshots import write_snapshot

if TYPE_CHECKING:
    from torch import Tensor, nn


class RunWriter:
    """Writes one run folder and holds its lock until the end of the `with` block.

    At the end of the block the status becomes `succeeded`; `interrupted` after KeyboardInterrupt or SystemExit; `failed`, with
    the error's text, after any other exception.

    Our loop's order at an epoch's end is checkpoint, snapshot, metrics row, resume.pt. A kill between any two of them leaves a
    folder that can be resumed.
    """

    def __init__(
        self,
        runs_dir: str | Path,
        config: Config,
        model: "nn.Module | None" = None,
        probe: "Tensor | None" = None,
        *,
        dataset: dict[str, Any] | None = None,
        run_id: str | None = None,
        resume: bool = False,
        made_with: dict[str, Any] | None = None,
    ) -> None:
        """Make the folder, or with `resume` take an existing one over after its last finished epoch.

        Args:
            runs_dir: the folder of run folders; made if it is not there.
            config: a TrainConfig, or a dict of plain types with at least "model" and "activation".
            model: the network whose parameters are stored.
            probe: normalised images (N, C, H, W) on which every snapshot measures the sites; None: parameters only.
            dataset: plain types that describe the data (`ImageDataset.describe()`).
            run_id: name of the folder; None: made from time, model, activation and seed.
            made_with: how the run was made; None: the command line.

        Raises:
            RunLockedError: another process writes the run.
            RunError: the folder exists (without `resume`), is no run, has succeeded, or was made with another config or data.
        """
        config = portable_config(config) if model is not None else config
        values = config_dict(config)
        self.config, self.model, self.probe = config, model, probe
        self.path = Path(runs_dir) / check_run_id(run_id or new_run_id(values))
        if not isinstance(config, TrainConfig) and not {"model", "activation"} <= set(values):
            raise ExplorerError('config needs at least the keys "model" and "activation".')
        self._values = values
        self._last: dict[str, Any] = {}
        self._state: dict[str, Any] | None = None
        self._build: tuple[dict[str, Any] | None] | None = None  # found out at the first checkpoint
        self._wall_time = 0.0
        self._started = time.monotonic()
        self._closed = False
        self._open(resume, dataset, made_with)

    @property
    def run(self) -> Run:
        """The run as it is on disk now."""
        return Run(self.path)

    def epoch(self, **row: Any) -> None:
        """Append a row to metrics.csv: once per epoch, `epoch` = 1, 2, …; wall_time_s (cumulative) is added if absent."""
        self._check()
        epoch = row.get("epoch")
        if not isinstance(epoch, Integral) or epoch < 1:
            raise ExplorerError(f"epoch() needs epoch=1, 2, …; received {epoch!r}. Epoch 0 exists only in snapshots.")
        if epoch <= self._last.get("epoch", 0):
            raise ExplorerError(f"Epoch {epoch} comes after epoch {self._last['epoch']}; epochs are logged once, in order.")
        row.setdefault("wall_time_s", self._wall_time + time.monotonic() - self._started)
        append_row(self.path / METRICS, row)
        self._last = row

    def snapshot(
        self,
        epoch: int | None = None,
        step: int | None = None,
        progress: ProgressCallback | None = None,
    ) -> None:
        """Store activation parameters and probe statistics after `epoch` finished epochs (default: the last logged) and
        `step` optimizer steps (default: those of the last row, if it named them). With `snapshot_units` in the config, also
        which units are dead. `progress` is told before every batch.
        """
        self._check()
        write_snapshot(
            self.path,
            self._network(),
            self.probe,
            self._last.get("epoch", 0) if epoch is None else epoch,
            int(self._last.get("step") or 0) if step is None else step,
            units=bool(self._values.get("snapshot_units")),
            progress=progress,
        )

    def checkpoint(self, epoch: int | None = None) -> None:
        """Store the weights after `epoch` (default: the last logged)."""
        self._check()
        epoch = self._last.get("epoch", 0) if epoch is None else epoch
        if self._build is None:
            self._build = (build_arguments(self._network(), self._values),)
        write_checkpoint(checkpoint_path(self.path, epoch), self._network(), self._values, epoch, self._build[0])

    def keep_checkpoints(self, *, every: int = 0) -> None:
        """Remove all checkpoints but the best by validation accuracy, the last, and with `every` > 0 each k-th."""
        self._check()
        keep = epochs_to_keep(self.run.checkpoints(), best=best_epoch(self.path), every=every)
        prune_checkpoints(self.path, keep)

    def save_resume(self, state: dict[str, Any]) -> None:
        """Store what a later sitting needs beside the checkpoint: plain types and tensors; `epoch` is added if absent.

        For a TrainConfig, checkpoints that its policy does not keep are removed after it.
        """
        self._check()
        write_resume(self.path, {"epoch": self._last.get("epoch", 0), **state})
        if isinstance(self.config, TrainConfig):
            self.keep_checkpoints(every=self.config.checkpoint_every)

    def resume_state(self) -> dict[str, Any] | None:
        """Return what `save_resume` stored, with the weights as "model" and "wall_time_s"; None: start from the beginning."""
        return self._state

    def choose(self, rule: str, epoch: int | None = None) -> int:
        """Choose the checkpoint of `epoch`; None: by `rule`, `best_validation` or `last`. Return the epoch."""
        self._check()
        kept = self.run.checkpoints()
        if epoch is None:
            if rule not in ("best_validation", "last"):
                raise ExplorerError(f"rule must be best_validation or last; received '{rule}'.")
            best = best_epoch(self.path) if rule == "best_validation" else None
            epoch = best if best is not None else max(kept, default=0)
        if epoch not in kept:
            raise RunError(f"Epoch {epoch} cannot be chosen: its checkpoint is not kept. Kept: {kept}.")
        self._update(chosen={"epoch": epoch, "rule": rule})
        return epoch

    def predictions(self, split: str, ids: Any, labels: Any, outputs: Any) -> None:
        """Store ids (N,), labels (N,) and outputs (N, …) of the chosen checkpoint on `split`."""
        self._check()
        write_predictions(self.path, split, ids, labels, outputs)

    def results(self, values: dict[str, Any]) -> None:
        """Add `values` to the results in run.json, e.g. {"test": {"n": …, "loss": …, "accuracy": …}}."""
        self._check()
        self._update(results={**self.run.info["results"], **values})

    def count_test_use(self, by: str) -> None:
        """Record a look at the test data by the process that writes the run."""
        self._check()
        self._update(test_uses=[*self.run.info["test_uses"], {"by": by, "when": now()}])

    def finish(self, status: str = "succeeded", error: str | None = None) -> None:
        """Write the status and the final numbers, remove resume.pt after success, release the lock. Later calls do nothing."""
        if self._closed:
            return
        if status not in STATUSES[1:]:
            raise ExplorerError(f"status must be one of {', '.join(STATUSES[1:])}; received '{status}'.")
        try:
            self._check()
            info = self.run.info
            kept = self.run.checkpoints()
            if status == "succeeded" and info["chosen"] is None and kept:
                info["chosen"] = {"epoch": kept[-1], "rule": "last"}
            info["results"] |= results_at(self.path, info["chosen"])
            wall_time = self._wall_time + time.monotonic() - self._started
            info["times"] |= {"finished": now(), "wall_time_s": self._last.get("wall_time_s", wall_time)}
            self._update(**{**info, "status": status, "error": error})
            if status == "succeeded":
                (self.path / RESUME).unlink(missing_ok=True)
        finally:
            self._closed = True
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is None:
            self.finish("succeeded")
        elif isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit):
            self.finish("interrupted", str(error) or type(error).__name__)
        else:
            self.finish("failed", str(error) if isinstance(error, ExplorerError) else f"{type(error).__name__}: {error}")

    def _open(self, resume: bool, dataset: dict[str, Any] | None, made_with: dict[str, Any] | None) -> None:
        if not resume:
            self._make_folder()
        elif not self.path.is_dir():
            raise RunError(f"There is no run {self.path.name} in {self.path.parent} to resume.")
        self._lock = RunLock(self.path)
        try:
            if resume:
                self._take_over(dataset)
            else:
                record = new_record(self.path.name, self.config, self.model, self.probe, dataset, made_with)
                write_json(self.path / RECORD, record)
        except BaseException:
            self._lock.release()
            raise

    def _make_folder(self) -> None:
        try:
            self.path.mkdir(parents=True)
        except FileExistsError:
            raise RunError(f"{self.path} is there already; choose another run_id, or resume it.") from None

    def _take_over(self, dataset: dict[str, Any] | None) -> None:
        info = self.run.info
        check_same_experiment(self.path.name, info, self.config, dataset)
        remove_temporaries(self.path)
        state = read_resume(self.path)
        self._state = roll_back(self.path, state)
        self._last = _last_row(self.path)
        self._wall_time = self._last.get("wall_time_s", 0.0)
        if self._state is not None:
            self._state.setdefault("wall_time_s", self._wall_time)
        info["times"].setdefault("resumed", []).append(now())
        info["times"]["finished"] = None
        self._update(status="running", error=None, chosen=None, results={}, times=info["times"])

    def _update(self, **changes: Any) -> None:
        write_json(self.path / RECORD, {**read_record(self.path), **changes})

    def _network(self) -> "nn.Module":
        if self.model is None:
            raise ExplorerError("RunWriter was made without a model; snapshots and checkpoints need one.")
        return self.model

    def _check(self) -> None:
        if self._closed:
            raise RunError(f"Run {self.path.name} is finished; nothing more can be written to it.")
        self._lock.check()


def _last_row(folder: Path) -> dict[str, Any]:
    from .metrics import number

    _, rows, _ = read_rows(folder / METRICS)
    if not rows:
        return {}
    row: dict[str, Any] = {name: number(cell) for name, cell in rows[-1].items()}
    return {**row, "epoch": int(rows[-1]["epoch"])}
