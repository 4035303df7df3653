"""The life of units over training: alive, dead, newly dead, revived, from the snapshots of a run.

A unit is dead when |f'(x)| < 0.01 for every probe image (true derivative), a channel when all its units are. Whole epochs are
compared: newly dead is dead now and alive at the epoch before, revived the other way round.
"""

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from ..errors import ExplorerError, unknown_name
from . import wording
from .findings import Finding

if TYPE_CHECKING:
    from ..probes import ProbeStatistics
    from ..runs import Run
    from ..runs.snapshots import Snapshot

What = Literal["channel", "unit"]
#: What stands in a count that is not known.
UNKNOWN = -1
CRITERION = (
    "A unit is dead when its true derivative is below 0.01 in size for every probe image, a channel when all its units are."
    " Newly dead and revived compare with the epoch before."
)
COLUMNS = [
    "epoch", "step", "site", "stage", "position", "what", "images", "total", "alive", "dead", "newly_dead", "revived",
]  # fmt: skip


def unit_life_table(run: "Run", site: str | None = None, what: What = "channel") -> pd.DataFrame:
    """Return one row per whole epoch and site: how many channels, or units, are alive, dead, newly dead and revived.

    Columns: epoch (0: before training), step, site, stage, position, what, images (probe images), total, alive, dead,
    newly_dead (part of dead), revived (part of alive). alive + dead = total. newly_dead and revived are −1 where they are not
    known: at the first epoch, and for units where the snapshots keep only their number (with
    `TrainConfig(snapshot_units=True)` they keep each).

    Args:
        site: one site; None: all.
        what: "channel" or "unit".

    Raises:
        ExplorerError: an unknown site or `what`.
    """
    if what not in ("channel", "unit"):
        raise ExplorerError(f"what must be one of channel, unit; received {what!r}.")
    rows: list[dict[str, Any]] = []
    before: dict[str, np.ndarray] = {}
    for snapshot in _moments(run, site):
        now = _dead_masks(snapshot.statistics, what)
        rows += _rows(snapshot, what, site, now, before)
        before = now
    return pd.DataFrame(rows, columns=COLUMNS)


def channel_death_table(run: "Run", site: str) -> pd.DataFrame:
    """Return one row per whole epoch and channel of `site`: epoch, step, site, channel, dead_units, units, share (dead)."""
    rows = []
    for snapshot in _moments(run, site):
        s = snapshot.statistics
        assert s is not None
        i = s.sites.index(site)
        units = int(s.units[i])
        rows += [(snapshot.epoch, snapshot.step, site, c, int(n), units, n / units) for c, n in enumerate(s.dead_units[i])]
    return pd.DataFrame(rows, columns=["epoch", "step", "site", "channel", "dead_units", "units", "share"])


def units_recorded(run: "Run") -> bool:
    """Return whether the snapshots of all whole epochs say of every unit whether it is dead."""
    moments = _moments(run, None)
    return bool(moments) and all(s.statistics is not None and s.statistics.dead_bits is not None for s in moments)


def life_finding(table: pd.DataFrame) -> Finding:
    """Return what became of the channels or units of one site: rows of `unit_life_table` of one site and one `what`."""
    if table.empty:
        return Finding("cannot tell", "Cannot tell which units died: the snapshots of this run hold no statistics.")
    first, last = table.iloc[0], table.iloc[-1]
    site, epoch = str(last["site"]), int(last["epoch"])
    nouns = f"{last['what']}s"
    where = f"{site}, {wording.count(int(last['images']), 'probe image')}"
    if len(table) == 1:
        sentence = (
            f"{where}: {last['dead']:,} of {last['total']:,} {nouns} dead {_when(epoch)}; over training, cannot tell yet."
        )
        return Finding("cannot tell", sentence, site=site, epoch=epoch, criterion=CRITERION)
    if not table["dead"].any():
        sentence = f"{where}: none of {last['total']:,} {nouns} is dead at any of {len(table)} epochs."
        return Finding("none", sentence, site=site, value=0.0, criterion=CRITERION)
    then = f"{first['dead']:,} {_when(int(first['epoch']))}"
    sentence = f"{where}: {last['dead']:,} of {last['total']:,} {nouns} dead {_when(epoch)}, {then}"
    known = table[table["newly_dead"] != UNKNOWN]
    if len(known):
        sentence += f"; from epoch to epoch {known['newly_dead'].sum():,} died and {known['revived'].sum():,} revived"
    elif last["what"] == "unit":
        sentence += "; which of them died and revived was not recorded"
    return Finding("found", f"{sentence}.", site=site, epoch=epoch, value=last["dead"] / last["total"], criterion=CRITERION)


def _when(epoch: int) -> str:
    return "before training" if epoch == 0 else f"after epoch {epoch}"


def _stage(path: str) -> str:
    """Return what `core.models.site_stage` does, without torch."""
    return path.partition(".")[0] if "." in path else "stem"


def _moments(run: "Run", site: str | None) -> "list[Snapshot]":
    """Return the snapshots of whole epochs that have statistics; UnknownNameError for a site that they do not have."""
    snapshots = run.snapshots()
    if site is not None and site not in snapshots.sites:
        raise unknown_name("site", site, snapshots.sites)
    found = [snapshots.at(epoch) for epoch in sorted({e for e, _ in snapshots.epochs})]
    return [s for s in found if s.statistics is not None and (site is None or site in s.statistics.sites)]


def _dead_masks(statistics: "ProbeStatistics | None", what: What) -> dict[str, np.ndarray]:
    """Return which channels or units of each site are dead, bool; {} where that is not known."""
    assert statistics is not None
    if what == "channel":
        return {site: statistics.dead_units[i] == statistics.units[i] for i, site in enumerate(statistics.sites)}
    masks = {site: statistics.dead_mask(site) for site in statistics.sites}
    return {site: mask for site, mask in masks.items() if mask is not None}


def _rows(
    snapshot: "Snapshot", what: What, site: str | None, now: dict[str, np.ndarray], before: dict[str, np.ndarray]
) -> list[dict[str, Any]]:
    s = snapshot.statistics
    assert s is not None
    rows = []
    for i, path in enumerate(s.sites):
        if site not in (None, path):
            continue
        dead = int(now[path].sum()) if what == "channel" else int(s.dead_units[i].sum())
        total = int(s.channels[i]) * (1 if what == "channel" else int(s.units[i]))
        known = path in now and path in before
        place = {"site": path, "stage": _stage(path), "position": snapshot.sites.index(path), "what": what}
        changed = {
            "newly_dead": int((now[path] & ~before[path]).sum()) if known else UNKNOWN,
            "revived": int((before[path] & ~now[path]).sum()) if known else UNKNOWN,
        }
        counts = {"images": int(s.images), "total": total, "alive": total - dead, "dead": dead}
        rows.append({"epoch": snapshot.epoch, "step": snapshot.step, **place, **counts, **changed})
    return rows
