"""What the pages show of several runs at once: groups, tables of runs, trajectories, differences."""

from collections.abc import Sequence
from functools import lru_cache

import pandas as pd

from core.analysis.groups import Group, make_groups
from core.analysis.trajectories import group_table, member_table, run_values
from explorer import tables
from explorer.caches import of_all
from explorer.folders import demo_ids, run, run_ids, state_of, store
from explorer.loaders import chosen_epoch, curves_stored


def groups(ids: Sequence[str]) -> list[Group]:
    """Return the runs grouped by configuration, seeds collapsed."""
    return list(_groups(tuple(ids), state_of(*ids)))


@lru_cache(maxsize=64)
def _groups(ids: tuple[str, ...], state: str) -> tuple[Group, ...]:
    return tuple(make_groups([run(r) for r in ids]))


def damaged() -> pd.DataFrame:
    """Return the folders that cannot be read as runs, with the reason."""
    return store().damaged()


def filter_table() -> pd.DataFrame:
    """Return what the filter looks at: one row per run, the configuration and the status."""
    table: pd.DataFrame = of_all(tables.filter_table, run_ids())
    return table


def run_table(ids: Sequence[str]) -> pd.DataFrame:
    """Return one row per run: status, what differs, accuracy, loss, progress, duration."""
    table: pd.DataFrame = of_all(tables.run_table, ids)
    return table


def group_rows(ids: Sequence[str]) -> pd.DataFrame:
    """Return one row per configuration, "91.2 ± 0.2 % (n = 5)"."""
    table: pd.DataFrame = of_all(group_table, ids, ("val_accuracy", "val_loss", "test_accuracy"), "chosen")
    return table


def trajectories(ids: Sequence[str], column: str) -> pd.DataFrame | None:
    """Return the mean trajectory of each group over epochs; None while no run has a finite value in that column."""
    table: pd.DataFrame | None = of_all(tables.trajectories, ids, column)
    return table


def members(ids: Sequence[str], column: str) -> pd.DataFrame:
    """Return the trajectories that the means are made of."""
    table: pd.DataFrame = of_all(member_table, ids, column)
    return table


def values(ids: Sequence[str], column: str, at: str = "chosen") -> pd.DataFrame:
    """Return one value per run."""
    table: pd.DataFrame = of_all(run_values, ids, column, at)
    return table


def differences(ids: Sequence[str], baseline: str, column: str, at: str) -> pd.DataFrame:
    """Return each group's difference from the baseline, with its interval and the verdict in words."""
    table: pd.DataFrame = of_all(tables.difference_table, ids, baseline, column, at)
    return table


def demo_sites() -> pd.DataFrame:
    """Return the site tables stored with the demo runs, with the columns that findings name; empty if there are none."""
    ids = [r for r in demo_ids() if (epoch := chosen_epoch(r)) is not None and curves_stored(r, epoch)]
    table: pd.DataFrame = of_all(tables.chosen_sites, ids)
    return table


def undecided_runs(ids: Sequence[str]) -> tuple[str, ...]:
    """Return the runs of two groups whose comparison cannot be decided, plain ReLU first; () if there is no such pair."""
    return tuple(of_all(tables.undecided_runs, ids))
