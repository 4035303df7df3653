"""What a change of the activations says, in sentences: functions of the tables of `core.analysis.whatif`."""

from typing import Any

import numpy as np
import pandas as pd

from . import wording
from .findings import Finding, row_title
from .scores import HALF_WIDTH
from .whatif import ALL_SITES

_TEST = (
    "McNemar's exact test on the same images, Holm's correction over all changes (5 % in all); 95 % interval of the paired"
    " difference, for one change alone."
)
_AGAIN = "BN statistics estimated again on {n} before and after."
_NO_BN = "The network has no BN layers, so that there is nothing to estimate again."


def ablation_finding(table: pd.DataFrame) -> Finding:
    """Return the site whose learned shape was worth most, by the accuracy with BN statistics estimated again.

    Args:
        table: `core.analysis.whatif.ablation_table` of one network, with the columns of `core.analysis.findings.with_run`.

    "found": the largest change that is told from 0 (a loss if there is one, else a gain); "none": no change at any site moves
    the loss of any image; "cannot tell": no change is told from 0, or there is no change at all.
    """
    rows = table[table["kind"] != "baseline"]
    single = rows[rows["site"] != ALL_SITES]
    rows = single if len(single) else rows
    if rows.empty:
        return Finding("cannot tell", "Cannot tell which learned shape matters: no activation was changed.")
    first = rows.iloc[0]
    what, criterion = _what(str(first["what"])), _criterion(first)
    looked = f"{_about(first)}; {wording.count(len(rows), 'site')}, {wording.count(int(first['n']), 'validation image')}"
    if (rows["kind"] == "same").all():
        return Finding("none", f"{looked}: {what} changes nothing at any of them.", criterion=criterion, value=0.0)
    for kind, verb, sign in (("worse", "costs most", -1), ("better", "costs nowhere, and gains most", 1)):
        told = rows[rows["kind"] == kind]
        if len(told):
            row = told.iloc[int((sign * told["accuracy_reestimated_change"]).to_numpy(dtype=float).argmax())]
            also = f", clearly not 0 at {len(told)} of {wording.count(len(rows), 'site')}"
            sentence = f"{looked}: {what} {verb} at {row['site']}, {_change(row)}{also}."
            return Finding("found", sentence, **_target(row), value=_value(row), criterion=criterion)
    row = rows.iloc[int(rows["accuracy_reestimated_change"].abs().to_numpy(dtype=float).argmax())]
    sentence = (
        f"{looked}: cannot tell at any site whether {what} changes the accuracy; the largest difference is"
        f" {_change(row)}, at {row['site']}."
    )
    return Finding("cannot tell", sentence, value=_value(row), criterion=criterion)


def path_finding(table: pd.DataFrame) -> Finding:
    """Return what the way from the start to the learned parameters was worth, by the accuracy with BN estimated again.

    Args:
        table: `core.analysis.whatif.path_table` of one network, with the columns of `with_run`, and a row at t = 0.
    """
    start = table[table["t"] == 0]
    if start.empty:
        return Finding("cannot tell", "Cannot tell what the learned parameters are worth: the start, t = 0, was not tried.")
    row = start.iloc[0]
    where = "at all sites" if row["site"] == ALL_SITES else f"at {row['site']}"
    images = wording.count(int(row["n"]), "validation image")
    about, criterion = f"{_about(row)}: with the parameters {where} back at their start,", _criterion(row)
    if row["kind"] == "same":
        return Finding("none", f"{about} nothing changes ({images}).", value=0.0, criterion=criterion)
    if row["kind"] == "cannot tell":
        sentence = (
            f"Cannot tell what the learned parameters are worth. {about} the accuracy differs by {_change(row)} ({images})."
        )
        return Finding("cannot tell", sentence, value=_value(row), criterion=criterion)
    verb = "loses" if row["kind"] == "worse" else "gains"
    sentence = f"{about} the network {verb} accuracy, {_change(row)} ({images})."
    return Finding("found", sentence, **_target(row), value=_value(row), criterion=criterion)


def surface_finding(table: pd.DataFrame) -> Finding:
    """Return whether a point of the grid has a lower loss than the learned pair, with BN estimated again; in sample, no test.

    Args:
        table: `core.analysis.surface.surface_table` of one network, with the columns of `with_run`.
    """
    learned = table[table["role"] == "learned"].iloc[0]
    grid = table[(table["role"] == "grid") & np.isfinite(table["loss_reestimated"].astype(float))]
    criterion = f"{_bn(learned)} The grid is looked at without a test: a lower point may be chance."
    now = wording.value_text(float(learned["loss_reestimated"]), "loss")
    about = f"{_about(learned)}: the learned pair {learned['x_name']}, {learned['y_name']} has a loss of {now}"
    about += f" ({wording.count(int(learned['n']), 'validation image')})"
    if grid.empty:
        return Finding("cannot tell", f"{about}; no point of the grid has a finite loss.", criterion=criterion)
    best = grid.iloc[int(grid["loss_reestimated"].to_numpy(dtype=float).argmin())]
    value = float(best["loss_reestimated"] - learned["loss_reestimated"])
    if value >= 0:
        sentence = f"{about}; none of {wording.count(len(grid), 'grid point')} lies lower."
        return Finding("found", sentence, criterion=criterion, value=value)
    place = ", ".join(f"{learned[f'{a}_name']} {_coordinate(float(best[a]), bool(learned['offsets']))}" for a in ("x", "y"))
    less = wording.value_text(float(best["loss_reestimated"]), "loss")
    return Finding("found", f"{about}; the lowest of the grid is {less}, at {place}.", criterion=criterion, value=value)


def _what(words: str) -> str:
    return "setting the function to its start" if words == "its start" else f"{words} in place of the learned function"


def _coordinate(value: float, offset: bool) -> str:
    return f"{wording.number(value, 2, sign=True)} from learned" if offset else f"= {wording.number(value, 2)}"


def _change(row: pd.Series) -> str:
    """Return "−3.1 points [−4.6 to −1.6]"."""
    value, error = _value(row), float(row["accuracy_reestimated_change_error"])
    low, high = value - HALF_WIDTH * error, value + HALF_WIDTH * error
    interval = f" [{wording.interval_text(low, high, 'accuracy')}]" if np.isfinite(error) else ""
    return f"{wording.difference_text(value, 'accuracy')}{interval}"


def _value(row: pd.Series) -> float:
    return float(row["accuracy_reestimated_change"])


def _about(row: pd.Series) -> str:
    seed = f", seed {row['seed']}" if pd.notna(row["seed"]) else ""
    return f"{row_title(row)}, {row['model']} on {row['dataset']}{seed}"


def _criterion(row: pd.Series) -> str:
    return f"{_bn(row)} {_TEST}"


def _bn(row: pd.Series) -> str:
    count = int(row["train_n"])
    return _AGAIN.format(n=wording.count(count, "training image")) if count else _NO_BN


def _target(row: pd.Series) -> dict[str, Any]:
    site = None if row["site"] == ALL_SITES else str(row["site"])
    epoch = int(row["epoch"]) if "epoch" in row and pd.notna(row["epoch"]) else None
    return {"run": str(row["run"]), "site": site, "epoch": epoch}
