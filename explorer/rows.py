"""The rows of the runs table: they keep their places while runs appear and vanish.

Streamlit remembers a selection as positions, so within a session new rows are added at the end and no row ever moves.
"""

from collections.abc import Iterable, Sequence

import pandas as pd

from core.analysis import wording

#: What stands in the status column of a row whose runs are no longer in their folder.
GONE = "gone"

_NUMBERS = ("status", "val_accuracy", "val_loss", "epochs_done", "epochs_planned", "minutes")


def run_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table of runs (`explorer.tables.run_table`) in words, one row per run id."""
    out = pd.DataFrame({"Run": table.index, "Status": [[s] for s in table["status"]]}, index=table.index)
    for name in (c for c in table.columns if c not in _NUMBERS):
        out[heading(name)] = [wording.UNDEFINED if pd.isna(v) else str(v) for v in table[name]]
    out["Validation accuracy"] = [wording.percent(v) for v in table["val_accuracy"]]
    out["Validation loss"] = [wording.value_text(v, "val_loss") for v in table["val_loss"]]
    out["Epochs"] = [f"{d} of {p}" for d, p in zip(table["epochs_done"], table["epochs_planned"], strict=True)]
    out["Time"] = [duration(60 * m) for m in table["minutes"]]
    return out


def group_rows(table: pd.DataFrame, statuses: dict[str, str]) -> pd.DataFrame:
    """Return the table of groups (`core.analysis.trajectories.group_table`) in words, one row per group key.

    `statuses` maps run ids to their status.
    """
    out = pd.DataFrame({"Configuration": table["label"].to_numpy()}, index=pd.Index(table["group"], name="group"))
    out["Status"] = [sorted({statuses[r] for r in runs}) for runs in table["runs"]]
    out["Seeds"] = [_listed(seeds) for seeds in table["seeds"]]
    for column in ("val_accuracy", "test_accuracy", "val_loss"):
        out[wording.quantity(column).capitalize()] = table[column].to_numpy()
    return out


def _listed(seeds: Iterable[int | None]) -> str:
    known = sorted(s for s in seeds if s is not None)
    return ", ".join([*map(str, known), *(wording.UNDEFINED for s in seeds if s is None)])


def keep_rows(before: pd.DataFrame | None, now: pd.DataFrame) -> pd.DataFrame:
    """Return `now` with the rows of `before` in their places, vanished ones as they last were, and what is new at the end."""
    if before is None:
        return now
    gone = before.loc[~before.index.isin(now.index)].reindex(columns=now.columns, fill_value=wording.UNDEFINED)
    gone["Status"] = pd.Series([[GONE]] * len(gone), index=gone.index, dtype=object)
    order = list(dict.fromkeys([*before.index, *now.index]))
    return pd.concat([gone, now]).loc[order] if len(gone) else now.loc[order]


def is_gone(shown: pd.DataFrame) -> pd.Series:
    """Return for each row whether its runs have vanished."""
    return shown["Status"].map(lambda status: status == [GONE])


def positions(rows: Sequence[str], members: dict[str, tuple[str, ...]], chosen: Iterable[str]) -> list[int]:
    """Return the positions of the rows of which every run is chosen; `members` maps rows to run ids."""
    have = set(chosen)
    return [i for i, row in enumerate(rows) if members.get(row) and have.issuperset(members[row])]


def chosen_after(
    rows: Sequence[str], members: dict[str, tuple[str, ...]], ticked: Iterable[int], before: Sequence[str]
) -> tuple[str, ...]:
    """Return the chosen runs after the rows at `ticked` were left ticked; runs chosen `before` that no row shows stay chosen.

    A group of which some runs are chosen has no tick; it keeps them until it is ticked.
    """
    on = {rows[i] for i in ticked if i < len(rows)}
    had = {rows[i] for i in positions(rows, members, before)}
    dropped = {r for row in had - on for r in members.get(row, ())}
    kept = [r for r in before if r not in dropped]
    return tuple(dict.fromkeys([*kept, *(r for row in rows if row in on for r in members.get(row, ()))]))


def heading(field: str) -> str:
    """Return a configuration field as a column's heading: `activation_lr_scale` is "Activation lr scale"."""
    return field.replace("_", " ").capitalize()


def duration(seconds: float) -> str:
    """Return "48 s", "1 min 48 s", "2 h 5 min"; "–" for what is not known."""
    if not seconds >= 0:
        return wording.UNDEFINED
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"
