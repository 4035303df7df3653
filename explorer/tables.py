"""The tables that the pages show, from one run or several; stored tables of the demo runs come first, so that they need no torch."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.analysis import wording
from core.analysis.groups import config_fields, differences, group_key
from core.analysis.trajectories import run_values
from core.errors import ExplorerError
from core.runs import Run

#: Configuration fields that a filter may always use, differing or not.
_ALWAYS = ("model", "activation", "sharing", "dataset", "seed", "epochs", "lr", "optimizer")

#: Quantities of the snapshots that can be followed over training, with what they are called.
QUANTITIES = {
    "saturated": "share of inputs with |f'| < 0.01",
    "dead_units": "share of dead units",
    "constant_units": "share of constant units",
    "mean_gradient": "mean of f'",
}


def stored_name(kind: str, *parts: object) -> str:
    """Return the name of a stored table: `curves-10`, `clouds-layer3.0.act2-64-…`."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", "-".join([kind, *map(str, parts)]))


def stored(run: Run, name: str) -> Path | None:
    """Return the file of a table that is stored in the run folder, None if there is none."""
    path = Path(run.path) / "tables" / f"{name}.parquet"
    return path if path.is_file() else None


def read_stored(run: Run, name: str) -> pd.DataFrame | None:
    """Return a stored table, None if there is none. RunError: the file is damaged."""
    path = stored(run, name)
    if path is None:
        return None
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise ExplorerError(f"The stored table {path} cannot be read ({error}); delete it, and it is computed anew.") from None


def chosen_epoch(run: Run) -> int | None:
    """Return the epoch of the chosen checkpoint, None while there is none."""
    chosen = run.info.get("chosen")
    epoch = chosen.get("epoch") if isinstance(chosen, dict) else chosen
    return None if epoch is None else int(epoch)


def filter_table(runs: Sequence[Run]) -> pd.DataFrame:
    """Return what a filter looks at, one row per run id: status, group, the usual fields and those that differ."""
    fields = list(dict.fromkeys([*_ALWAYS, *differences(runs).columns]))
    rows = [{"status": r.status, "group": group_key(r)[:8], **{f: config_fields(r).get(f) for f in fields}} for r in runs]
    table = pd.DataFrame(rows, columns=["status", "group", *fields], index=pd.Index([r.id for r in runs], name="id"))
    return table.astype(object).where(table.notna(), None)


def run_table(runs: Sequence[Run]) -> pd.DataFrame:
    """Return one row per run id: status, the configuration fields that differ, accuracy and loss at the chosen epoch,
    epochs done and planned, minutes of training, start.
    """
    what = differences(runs)
    accuracy, loss = (run_values(runs, c).set_index("run")["value"] for c in ("val_accuracy", "val_loss"))
    rows = []
    for run in runs:
        metrics = run.metrics()
        done = int(metrics["epoch"].max()) if len(metrics) and "epoch" in metrics else 0
        seconds = float(metrics["wall_time_s"].max()) if len(metrics) and "wall_time_s" in metrics else np.nan
        rows.append(
            {
                "status": run.status,
                **{c: what.loc[run.id, c] for c in what.columns},
                "val_accuracy": accuracy.get(run.id, np.nan),
                "val_loss": loss.get(run.id, np.nan),
                "epochs_done": done,
                "epochs_planned": config_fields(run).get("epochs") or done,
                "minutes": seconds / 60,
            }
        )
    return pd.DataFrame(rows, index=pd.Index([r.id for r in runs], name="run_id"))


def first_images(run: Run, count: int = 6) -> tuple[int, ...]:
    """Return data-set indices to open first: validation images of different classes, else the first of the probe set."""
    try:
        predictions: dict[str, Any] | None = run.predictions("validation")
    except ExplorerError:
        predictions = None
    if predictions:
        ids, labels = np.asarray(predictions["ids"]), np.asarray(predictions["labels"])
        order = np.argsort(ids, kind="stable")
        _, first = np.unique(labels[order], return_index=True)
        return tuple(int(i) for i in ids[order][np.sort(first)][:count])
    probe = (run.info.get("dataset") or {}).get("probe_ids") or ()
    return tuple(int(i) for i in list(probe)[:count])


def over_training(run: Run, quantity: str) -> pd.DataFrame:
    """Return one quantity of `QUANTITIES` by site and snapshot: site, stage, position, epoch, step, value (a share or a mean).

    Only whole epochs; the row of epoch 0 is before training.
    """
    snapshots, rows = run.snapshots(), []
    for epoch in sorted({e for e, _ in snapshots.epochs}):
        snapshot = snapshots.at(epoch)
        if snapshot.statistics is None:
            continue
        values = _quantity(snapshot.statistics, quantity)
        for position, (site, value) in enumerate(zip(snapshot.sites, values, strict=True)):
            rows.append((site, stage(site), position, epoch, snapshot.step, float(value)))
    return pd.DataFrame(rows, columns=["site", "stage", "position", "epoch", "step", "value"])


def dead_table(run: Run) -> pd.DataFrame:
    """Return dead and constant units and channels over training: site, epoch, units, dead_units, channels, dead_channels, images."""
    snapshots, rows = run.snapshots(), []
    for epoch in sorted({e for e, _ in snapshots.epochs}):
        s = snapshots.at(epoch).statistics
        if s is None:
            continue
        for i, site in enumerate(s.sites):
            dead, units = np.asarray(s.dead_units[i]), int(s.units[i])
            rows.append(
                {
                    "site": site,
                    "epoch": epoch,
                    "dead_units": int(dead.sum()),
                    "units": units * len(dead),
                    "dead_channels": int((dead == units).sum()),
                    "channels": len(dead),
                    "images": int(s.images),
                }
            )
    return pd.DataFrame(
        rows, columns=["site", "epoch", "dead_units", "units", "dead_channels", "channels", "images"]
    )


def stage(site: str) -> str:
    """Return the stage of a site: `layer1` of `layer1.0.act1`, `stem` where there is none."""
    return site.split(".")[0] if "." in site else "stem"


def _quantity(statistics: Any, quantity: str) -> np.ndarray:
    """Return one value per site, shape (S,)."""
    if quantity in ("dead_units", "constant_units"):
        counts = getattr(statistics, quantity)
        return np.array([np.sum(c) / (len(c) * u) for c, u in zip(counts, statistics.units, strict=True)])
    if quantity not in QUANTITIES:
        raise ExplorerError(f"There is no quantity '{quantity}'; there are {', '.join(QUANTITIES)}.")
    return np.asarray(getattr(statistics, quantity), dtype=float)


def parameters_text(run: Run, site: str, epoch: int) -> str:
    """Return each parameter at a site as "a 1 → 0.42", of the channels their mean; "" where nothing learns."""
    snapshots = run.snapshots()
    start, now = (snapshots.at(e).parameters.get(site, {}) for e in (0, epoch))
    parts = []
    for name, value in now.items():
        mean = " (mean)" if np.size(value) > 1 else ""
        numbers = [wording.number(float(np.mean(v)), 3) for v in (start.get(name, np.nan), value)]
        parts.append(f"{name} {numbers[0]} → {numbers[1]}{mean}")
    return ", ".join(parts)
