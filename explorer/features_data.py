"""What the views of Features & noise show: jobs, and what is known of the noise at a site."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from core.analysis.groups import config_fields
from explorer import caches, choices, jobs, loaders, network_loaders, noise_tables
from explorer.demo_tables import NOISE_PASSES

if TYPE_CHECKING:
    import pandas as pd

    from core.analysis.noise_sites import SiteNoise
    from explorer.noise_tables import Named

#: More networks than this make a figure that nobody reads, and a job that nobody waits for.
MOST_COMPARED = 3
#: (run id, epoch of its checkpoint).
Shown = Sequence[tuple[str, int]]


def named(shown: Shown) -> "list[Named]":
    """Return runs with their epochs and the names that figures call them by."""
    return [(loaders.run(r), epoch, loaders.run_name(r)) for r, epoch in shown]


def site_noise(run_id: str, epoch: int, site: str) -> "SiteNoise | None":
    """Return what noise there is at a site; None where all sites of the network use one function that makes noise.

    Only a network of several functions is loaded for it.
    """
    if not isinstance(config_fields(loaders.run(run_id)).get("activation"), dict):
        return None

    def make() -> "SiteNoise":
        from core.analysis.noise_sites import site_noise as found

        return found(network_loaders.network(run_id, epoch), site)

    known: SiteNoise = caches.kept("site_noise", run_id, (epoch, site), make)
    return known


def noisy_sites(run_id: str, epoch: int) -> tuple[str, ...]:
    """Return the sites of a network that make noise, in forward order."""

    def make() -> tuple[str, ...]:
        from core.analysis.passes import noisy_sites as found

        return tuple(found(network_loaders.network(run_id, epoch)))

    known: tuple[str, ...] = caches.kept("noisy_sites", run_id, (epoch,), make)
    return known


def lens_job(shown: Shown, site: str, ids: Sequence[int], noisy: Sequence[str] | None) -> jobs.Job:
    """Return the job that looks at networks through the noise lens; its result is a list of NoiseLens."""
    runs = named(shown)

    def work(progress: jobs.Progress) -> Any:
        return noise_tables.lenses(runs, site, ids, NOISE_PASSES, noisy, progress)

    return caches.job("noise lens", [r for r, _ in shown], (shown, site, list(ids), noisy), work, "Noise lens")


def stored_comparison(shown: Shown, site: str, by: str) -> "pd.DataFrame | None":
    """Return the comparison of these networks if it is stored with the first: it then needs no job."""
    return noise_tables.stored_comparison(named(shown), site, by)


def comparison_job(shown: Shown, site: str, by: str) -> jobs.Job:
    """Return the job that makes other kinds of noise as strong as the first network's own; its result is a table."""
    runs = named(shown)

    def work(progress: jobs.Progress) -> Any:
        return noise_tables.comparison(runs, site, by, progress)

    return caches.job("noise comparison", [r for r, _ in shown], (shown, site, by), work, "Comparing kinds of noise")


def points_job(shown: Shown, site: str, method: str, align: bool) -> jobs.Job:
    """Return the job that places the probe images without noise; its result is a table."""
    runs = named(shown)

    def work(progress: jobs.Progress) -> Any:
        return noise_tables.points(runs, site, method, align, progress)

    return caches.job("points", [r for r, _ in shown], (shown, site, method, align), work, "Placing the probe images")


def compared(run_id: str, epoch: int, site: str, others: Sequence[str]) -> list[tuple[str, int]]:
    """Return (run, epoch) to compare kinds of noise on: one that makes noise first, then one of each other configuration.

    The first is `run_id` if it makes noise, else the first such run on the same data; [] if there is none.
    """
    fit = [r for r in dict.fromkeys((*others, *choices.noisy_runs())) if r != run_id and _fits(r, run_id, site)]
    if loaders.makes_noise(run_id):
        found = [(run_id, epoch)]
    else:
        source = next((r for r in fit if loaders.makes_noise(r)), None)
        if source is None:
            return []
        found = [(source, choices.nearest_checkpoint(source, None) or 0), (run_id, epoch)]
    kinds = {_configuration(r) for r, _ in found}
    for other in (r for r in others if r in fit):
        if _configuration(other) not in kinds:
            kinds.add(_configuration(other))
            found.append((other, choices.nearest_checkpoint(other, None) or 0))
    return found[:MOST_COMPARED]


def _fits(other: str, run_id: str, site: str) -> bool:
    return (
        other in loaders.run_ids()
        and site in loaders.sites(other)
        and loaders.data_name(other) == loaders.data_name(run_id)
        and choices.nearest_checkpoint(other, None) is not None
    )


def _configuration(run_id: str) -> str:
    return repr(sorted((k, repr(v)) for k, v in config_fields(loaders.run(run_id)).items() if k != "seed"))
