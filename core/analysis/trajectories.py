"""Loss and accuracy over training, runs grouped by configuration and seeds collapsed; no torch is needed.

Every mean is of all runs of its group, so that it never depends on which other groups are shown.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from ..errors import unknown_name
from . import wording
from .groups import Group, config_fields, differences, make_groups
from .statistics import LEVEL, Verdict, summary, t_quantile, verdict

if TYPE_CHECKING:
    from ..runs import Run

__all__ = ["compare", "differences", "group_table", "member_table", "run_values", "trajectory_table"]


def member_table(runs: Iterable["Run"], column: str) -> pd.DataFrame:
    """Return the trajectories that the means are made of: group, label, run, seed, status, epoch, value.

    One row per run and finished epoch with a value in `column`. Raises UnknownNameError when no run has such a column.
    """
    rows, known = [], set()
    for group in make_groups(runs):
        for run in group.runs:
            metrics = run.metrics()
            known |= set(metrics.columns)
            if column in metrics and "epoch" in metrics:
                rows.append(_member(group, run, metrics, column))
    if not rows:
        raise unknown_name("column of metrics.csv", column, sorted(known - {"epoch"}))
    return pd.concat(rows, ignore_index=True)


def trajectory_table(runs: Iterable["Run"], column: str, level: float = LEVEL) -> pd.DataFrame:
    """Return the mean trajectory of each group: group, label, epoch, mean, sd, n, low, high.

    sd is between seeds (divided by n − 1), low and high the t interval of the mean; all three are NaN where n = 1. n counts the
    seeds that reached the epoch with a finite value: where runs stop, n falls and the mean may jump.
    """
    members = member_table(runs, column)
    members = members[np.isfinite(members["value"])]
    grouped = members.groupby(["group", "label", "epoch"], sort=False)["value"]
    table = grouped.agg(mean="mean", sd="std", n="count").reset_index()
    several = table["n"].to_numpy() > 1
    half = np.full(len(table), np.nan)
    n = table["n"].to_numpy()[several]
    half[several] = [t_quantile((1 + level) / 2, int(k) - 1) for k in n] * table["sd"].to_numpy()[several] / np.sqrt(n)
    table["low"], table["high"] = table["mean"] - half, table["mean"] + half
    order = {key: i for i, key in enumerate(dict.fromkeys(members["group"]))}
    return table.sort_values(["group", "epoch"], key=lambda c: c.map(order) if c.name == "group" else c, ignore_index=True)


def run_values(
    runs: Iterable["Run"],
    column: str = "val_accuracy",
    at: Literal["chosen", "last"] = "chosen",
    *,
    repeats: bool = False,
) -> pd.DataFrame:
    """Return one value per run: group, label, run, seed, status, epoch, value.

    One run per configuration and seed, so that rows are independent; `repeats=True` lists the others, too: for a table of all
    runs, never for a comparison.

    `at="chosen"` takes the epoch of the chosen checkpoint, "last" the last finished epoch. `test_accuracy` and
    `test_loss` come from the run's stored results, which belong to the chosen checkpoint; reading them is no new look at the
    test data. The value is NaN where a run has none. Beware: with selection by validation, the validation accuracy of the
    chosen epoch is a maximum over epochs; the test accuracy is not.
    """
    rows, runs = [], list(runs)
    for group in make_groups(runs):
        again = [run for run in runs if repeats and run.id in group.repeats]
        for run in [*group.runs, *again]:
            epoch, value = _value(run, column, at)
            seed = config_fields(run).get("seed")
            rows.append((group.key, group.label, run.id, seed, run.status, epoch, value))
    return pd.DataFrame(rows, columns=["group", "label", "run", "seed", "status", "epoch", "value"])


def group_table(
    runs: Sequence["Run"],
    columns: Sequence[str] = ("val_accuracy", "val_loss"),
    at: Literal["chosen", "last"] = "chosen",
) -> pd.DataFrame:
    """Return one row per group: group, label, n, runs, seeds, repeats, and for each of `columns` its mean, sd, n and text.

    The columns are called `<column>_mean`, `<column>_sd`, `<column>_n` and `<column>` ("91.2 ± 0.2 % (n = 5)").
    """
    values = {column: run_values(runs, column, at) for column in columns}
    rows = []
    for group in make_groups(runs):
        row = {
            "group": group.key,
            "label": group.label,
            "n": len(group.runs),
            "runs": tuple(run.id for run in group.runs),
            "seeds": tuple(config_fields(run).get("seed") for run in group.runs),
            "repeats": len(group.repeats),
        }
        for column, table in values.items():
            s = summary(table.loc[table["group"] == group.key, "value"])
            row |= {column: wording.mean_sd_text(s.mean, s.sd, s.n, column)}
            row |= {f"{column}_mean": s.mean, f"{column}_sd": s.sd, f"{column}_n": s.n}
        rows.append(row)
    names = ["group", "label", "n", "runs", "seeds", "repeats"]
    names += [name for c in columns for name in (c, f"{c}_mean", f"{c}_sd", f"{c}_n")]
    return pd.DataFrame(rows, columns=names)


def compare(values: pd.DataFrame, a: str, b: str, *, column: str = "val_accuracy", data: str = "") -> Verdict:
    """Compare the groups labelled (or keyed) `a` and `b` in a table made by `run_values`."""
    both = []
    for name in (a, b):
        rows = values[(values["label"] == name) | (values["group"] == name)]
        if rows.empty:
            raise unknown_name("group", name, list(dict.fromkeys(values["label"])))
        both.append((rows["value"], rows["label"].iloc[0]))
    (x, name_x), (y, name_y) = both
    return verdict(x, y, name_x, name_y, column=column, data=data)


def _member(group: Group, run: "Run", metrics: pd.DataFrame, column: str) -> pd.DataFrame:
    kept = metrics.loc[metrics[column].notna(), ["epoch", column]].drop_duplicates("epoch", keep="last")
    kept = kept.rename(columns={column: "value"}).sort_values("epoch")
    about = {"group": group.key, "label": group.label, "run": run.id, "seed": config_fields(run).get("seed")}
    return kept.assign(**about, status=run.status)[[*about, "status", "epoch", "value"]]


def _value(run: "Run", column: str, at: str) -> tuple[float, float]:
    """Return the epoch and the value of `column` there; a test column is looked up in the results, where alone it stands."""
    chosen = _chosen_epoch(run)
    split, _, metric = column.partition("_")
    if split == "test":
        results = (run.info.get("results") or {}).get("test") or {}
        return chosen, float(results.get(metric, np.nan))
    metrics = run.metrics()
    if column not in metrics or metrics.empty:
        return np.nan, np.nan
    row = metrics[metrics["epoch"] == chosen] if at == "chosen" and np.isfinite(chosen) else metrics
    if row.empty:
        return chosen, np.nan
    last = row.sort_values("epoch").iloc[-1]
    return float(last["epoch"]), float(last[column])


def _chosen_epoch(run: "Run") -> float:
    chosen = run.info.get("chosen")
    epoch = chosen.get("epoch") if isinstance(chosen, dict) else chosen
    return np.nan if epoch is None else float(epoch)
