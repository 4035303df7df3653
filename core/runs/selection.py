"""Which epoch is chosen. Validation data alone decide; test data never do."""

import math
from pathlib import Path
from typing import Any

from .layout import METRICS
from .metrics import number, read_metrics, read_rows


def best_epoch(run_folder: Path) -> int | None:
    """Return the epoch of the highest val_accuracy, the earliest of equals; without it, that of the lowest val_loss."""
    _, rows, _ = read_rows(run_folder / METRICS)
    for column, sign in (("val_accuracy", -1.0), ("val_loss", 1.0)):
        values = [(sign * number(row.get(column, "")), int(row["epoch"])) for row in rows]
        values = [(value, epoch) for value, epoch in values if not math.isnan(value)]
        if values:
            return min(values)[1]
    return None


def results_at(run_folder: Path, chosen: dict[str, Any] | None) -> dict[str, Any]:
    """Return the number of finished epochs, the last row of metrics.csv, and the row of the chosen epoch."""
    table = read_metrics(run_folder / METRICS)
    rows = table.to_dict("records")
    at = {row["epoch"]: row for row in rows}
    return {
        "epochs": len(rows) and int(rows[-1]["epoch"]),
        "last": rows[-1] if rows else None,
        "chosen": at.get(chosen["epoch"]) if chosen else None,
    }
