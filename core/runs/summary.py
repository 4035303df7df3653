"""One row of the runs table, from run.json, and from metrics.csv while a run is not finished."""

import math
from typing import Any

from .files import file_stamp
from .layout import METRICS
from .metrics import number, read_rows
from .record import activation_label, hash_and_group, read_config
from .run import Run

#: Columns of the runs table and their pandas types; None: set elsewhere.
COLUMNS: dict[str, str | None] = {
    "status": "str",
    "model": "str",
    "activation": "str",
    "sharing": "str",
    "dataset": "str",
    "seed": "Int64",
    "epochs_done": "int64",
    "epochs_planned": "Int64",
    "group": "str",
    "chosen_epoch": "Int64",
    "val_accuracy": "float64",
    "test_accuracy": "float64",
    "created": None,
    "path": "str",
    "source": "str",
}


class Summary:
    """A run and its row; metrics.csv is read again only when it has changed."""

    def __init__(self, run: Run) -> None:
        """Read what does not change; raise RunError if the config is none."""
        self.run = run
        self._fixed = _fixed(run)
        self._progress: tuple[Any, int, float] = (None, 0, math.nan)

    def row(self) -> dict[str, Any]:
        """Return the cells, by column."""
        results = self.run.info.get("results") or {}
        chosen = results.get("chosen")
        done, accuracy = self._finished_epochs(results)
        if isinstance(chosen, dict):
            accuracy = _number(chosen.get("val_accuracy"))
        return {
            **self._fixed,
            "status": self.run.status,
            "epochs_done": done,
            "chosen_epoch": self.run.chosen_epoch,
            "val_accuracy": accuracy,
            "test_accuracy": _test_accuracy(results),
        }

    def _finished_epochs(self, results: dict[str, Any]) -> tuple[int, float]:
        """Return the number of epochs in metrics.csv and the last validation accuracy."""
        last = results.get("last")
        if self.run.info["status"] != "running" and isinstance(results.get("epochs"), int):
            return results["epochs"], _number(last.get("val_accuracy") if isinstance(last, dict) else None)
        stamp = file_stamp(self.run.path / METRICS)
        if stamp != self._progress[0]:
            _, rows, _ = read_rows(self.run.path / METRICS)
            end = rows[-1] if rows else {}
            self._progress = (stamp, int(end.get("epoch", 0)), number(end.get("val_accuracy", "")))
        return self._progress[1:]


def _fixed(run: Run) -> dict[str, Any]:
    config = read_config(run.info)
    values = run.info["config"]
    dataset = run.info.get("dataset") or {}
    network = run.info.get("network") or {}
    group = run.info.get("group")
    return {
        "model": str(values.get("model", "")),
        "activation": activation_label(config),
        "sharing": str(network.get("sharing") or values.get("sharing") or ""),
        "dataset": str(dataset.get("name") or values.get("dataset") or ""),
        "seed": _integer(values.get("seed")),
        "epochs_planned": _integer(values.get("epochs")),
        "group": group if isinstance(group, str) else hash_and_group(config)[1],
        "created": run.info["created"],
        "path": str(run.path),
        "source": run.source,
    }


def _test_accuracy(results: dict[str, Any]) -> float:
    test = results.get("test")
    return _number(test.get("accuracy") if isinstance(test, dict) else results.get("test_accuracy"))


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan


def _integer(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63 else None
