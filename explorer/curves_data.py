"""What the Curves page shows beside the curves: what they became, and the life of units over training."""

from functools import partial

import pandas as pd

from core.analysis.units import What, channel_death_table, unit_life_table, units_recorded
from explorer import caches, jobs, loaders, tables, torch_import
from explorer.demo_tables import NEAREST

#: So many curves are compared with the classic functions at once; more are a job.
FEW_CURVES = 64
#: So many curves, of all sites and snapshots, are evaluated for a film at once; more are a job.
FEW_FILMED = 200


def nearest(run_id: str, epoch: int) -> pd.DataFrame | jobs.Job | None:
    """Return what every site became after `epoch`: `core.analysis.nearest_tables.nearest_table`.

    Stored with the run, or computed if that is quick; else the job that computes it. None: torch is not loaded yet.
    """
    stored = tables.stored(loaders.run(run_id), tables.stored_name(NEAREST, epoch))
    if stored is None and not torch_import.torch_imported():
        return None
    if stored is None and curve_count(run_id) > FEW_CURVES:
        job = caches.job(NEAREST, [run_id], epoch, lambda told: _nearest(run_id, epoch, told), "Comparing the curves")
        return job.result if job.state == "done" else job
    found: pd.DataFrame = caches.kept(NEAREST, run_id, (epoch,), lambda: _nearest(run_id, epoch))
    return found


def film(run_id: str, shown: tuple[str, ...] | None) -> pd.DataFrame | jobs.Job:
    """Return the curve tables of every snapshot, of the sites `shown` or of all; the job that makes them if they are many."""
    found = loaders.run(run_id)
    if len(shown or loaders.sites(run_id)) * len(found.snapshots().epochs) > FEW_FILMED:
        job = caches.job("film", [run_id], shown, partial(tables.film, found, shown), "Making the film")
        return job.result if job.state == "done" else job
    made: pd.DataFrame = caches.kept("film", run_id, (shown,), lambda: tables.film(found, shown))
    return made


def notes(run_id: str, epoch: int) -> dict[str, str]:
    """Return the second line of each site's label: what the curve became ("SiLU · 2 %"); {} where that is not known (yet)."""
    return labels(nearest(run_id, epoch))


def labels(found: pd.DataFrame | jobs.Job | None) -> dict[str, str]:
    """Return `notes` of what `nearest` returned."""
    return dict(zip(found["site"], found["label"], strict=True)) if isinstance(found, pd.DataFrame) else {}


def channel_nearest(run_id: str, epoch: int, site: str) -> pd.DataFrame:
    """Return what every channel of a site became after `epoch`, one row per curve."""

    def make() -> pd.DataFrame:
        from core.analysis.nearest_tables import snapshot_channel_nearest

        return snapshot_channel_nearest(loaders.run(run_id), epoch, site)

    found: pd.DataFrame = caches.kept("channel_nearest", run_id, (epoch, site), make)
    return found


def curve_count(run_id: str) -> int:
    """Return how many curves there are: sites, or channels of all sites where each has parameters of its own."""
    sites = loaders.sites(run_id)
    return sum(loaders.channels(run_id, s) for s in sites) if loaders.sharing(run_id) == "channel" else len(sites)


def unit_life(run_id: str, site: str, what: What) -> pd.DataFrame:
    """Return how many channels or units of a site are dead, newly dead and revived, by epoch."""
    found: pd.DataFrame = caches.kept(
        "unit_life", run_id, (site, what), lambda: unit_life_table(loaders.run(run_id), site, what)
    )
    return found


def channel_deaths(run_id: str, site: str) -> pd.DataFrame:
    """Return the share of dead units of every channel of a site, by epoch."""
    found: pd.DataFrame = caches.kept("deaths", run_id, (site,), lambda: channel_death_table(loaders.run(run_id), site))
    return found


def has_units(run_id: str) -> bool:
    """Return whether the snapshots say of every unit whether it is dead."""
    return bool(caches.kept("has_units", run_id, (), lambda: units_recorded(loaders.run(run_id))))


def _nearest(run_id: str, epoch: int, told: jobs.Progress | None = None) -> pd.DataFrame:
    run = loaders.run(run_id)
    found = tables.read_stored(run, tables.stored_name(NEAREST, epoch))
    if found is not None:
        return found
    from core.analysis.nearest_tables import snapshot_nearest

    return snapshot_nearest(run, [epoch], progress=told)
