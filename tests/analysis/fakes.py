"""Runs that exist in memory only: what core.analysis asks of a run, and nothing more."""

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from core.config import TrainConfig


@dataclass
class FakeRun:
    id: str
    config: TrainConfig | dict[str, Any]
    rows: list[dict[str, float]] = field(default_factory=list)
    status: str = "succeeded"
    info: dict[str, Any] = field(default_factory=dict)

    def metrics(self) -> pd.DataFrame:
        return pd.DataFrame(self.rows)


def fake_run(name: str, values: list[float], *, test: float | None = None, chosen: int | None = None, **config: Any) -> FakeRun:
    """Return a run whose validation accuracy is `values`, epoch by epoch from 1."""
    status = config.pop("status", "succeeded")
    rows = [{"epoch": i + 1, "val_accuracy": v, "val_loss": 1 - v} for i, v in enumerate(values)]
    info: dict[str, Any] = {"chosen": {"epoch": chosen}} if chosen else {}
    if test is not None:
        info["results"] = {"test": {"n": 1000, "accuracy": test, "loss": 1 - test}}
    return FakeRun(name, TrainConfig(**config), rows, status, info)
