"""What the page What if loads: its jobs, and what is known before they run."""

from collections.abc import Sequence

import pandas as pd

from core.errors import ExplorerError
from explorer import caches, cells, choices, jobs, loaders, network_loaders, what_if_tables
from explorer.plots.path_curves import MOST_PANELS

#: The least and the greatest t of the slider, its step, and the t of the learned parameters.
LEAST, GREATEST, STEP, LEARNED = -0.5, 1.5, 0.05, 1.0
#: What can stand in place of a learned function without typing a formula, besides the rest of the catalogue.
FIRST = ("relu", "identity", "start")
FORMULA = "formula"


def instead_options(run_id: str) -> list[str]:
    """Return what can take the place of the functions of a run: the usual ones first, "start" where something learns."""
    from core.activations import activation_names

    first = [name for name in FIRST if name != "start" or loaders.learns(run_id)]
    return [*first, *(n for n in activation_names() if n not in FIRST), FORMULA]


def default_instead(run_id: str) -> str:
    """Return what stands in their place first: ReLU, or nothing (the identity) in a network of ReLUs."""
    return what_if_tables.first_instead(loaders.run(run_id))


def complaint(instead: str) -> str | None:
    """Return what is wrong with an activation as on the command line ("formula:max(x, a*x),a=0.1"), None if nothing is."""
    from core.activations import make_activation
    from core.config import split_activation

    if instead == "start":
        return None
    try:
        name, options = split_activation(instead)
        make_activation(name, num_channels=1, **options)
    except (ExplorerError, TypeError) as error:
        return str(error)
    return None


def runs_that_learn(run_id: str, most: int = 5) -> list[str]:
    """Return other runs whose activations have parameters and that keep a checkpoint."""
    found = [r for r in loaders.run_ids() if r != run_id and loaders.learns(r)]
    return [r for r in found if choices.nearest_checkpoint(r, None) is not None][:most]


def stored(run_id: str, kind: str, *arguments: object) -> pd.DataFrame | None:
    """Return a table that is stored with the run: it then needs no job."""
    return what_if_tables.stored(loaders.run(run_id), kind, *arguments)


def ablation_job(run_id: str, epoch: int, instead: str) -> jobs.Job:
    """Return the job that makes the ablation table."""
    run = loaders.run(run_id)

    def work(progress: jobs.Progress) -> pd.DataFrame:
        return what_if_tables.ablation(run, epoch, instead, loaded=_loaded(run_id, epoch), progress=progress)

    return caches.job("ablation", [run_id], (epoch, instead), work, "Trying every site")


def path_job(run_id: str, epoch: int, site: str | None) -> jobs.Job:
    """Return the job that makes the path table; `site` None: all sites."""
    run = loaders.run(run_id)

    def work(progress: jobs.Progress) -> pd.DataFrame:
        return what_if_tables.path(run, epoch, site, loaded=_loaded(run_id, epoch), progress=progress)

    return caches.job("path", [run_id], (epoch, site), work, "Moving the parameters")


def read_t(text: str) -> float | None:
    """Return the t that a link says, "" the learned one; None: it says no number that the slider could show."""
    try:
        t = float(text) if text else LEARNED
    except ValueError:
        return None
    return t if LEAST <= t <= GREATEST else None


def moved_sites(run_id: str, epoch: int, site: str | None) -> tuple[str, ...]:
    """Return the sites whose functions are drawn when those of `site` (None: all) move: at most eight, from first to last.

    One stands for all where the network shares one function; () where nothing moves, or no snapshot holds the parameters.
    """
    if epoch not in loaders.epochs(run_id):
        return ()
    held = loaders.run(run_id).snapshots().at(epoch).parameters
    able = [path for path in loaders.sites(run_id) if held[path] and site in (None, path)]
    if loaders.sharing(run_id) == "network":
        return tuple(able[:1])
    count = min(len(able), MOST_PANELS)
    return tuple(able[round(i * (len(able) - 1) / max(count - 1, 1))] for i in range(count))


def curves(run_id: str, epoch: int, t: float, sites: tuple[str, ...]) -> pd.DataFrame:
    """Return the functions of these sites at their start, at `t` and as learned after `epoch`."""

    def make() -> pd.DataFrame:
        from core.analysis.path_curves import path_curves

        return path_curves(loaders.run(run_id), epoch, t, sites=sites)

    table: pd.DataFrame = caches.kept("path_curves", run_id, (epoch, t, sites), make)
    return table


def curves_cell(run_id: str, epoch: int, t: float, sites: tuple[str, ...]) -> str:
    """Return the lines of a notebook cell that make the table of `curves`."""
    made = f"table = path_curves(run, {epoch}, {t!r}, sites={list(sites)!r})"
    return f"{cells.one_run(loaders.run(run_id))}\n\nfrom core.analysis.path_curves import path_curves\n\n{made}"


def surface_job(run_id: str, epoch: int, site: str | None, points: int) -> jobs.Job:
    """Return the job that makes the surface table of `points` × `points`; `site` None: all sites."""
    run = loaders.run(run_id)

    def work(progress: jobs.Progress) -> pd.DataFrame:
        return what_if_tables.surface(run, epoch, site, points, loaded=_loaded(run_id, epoch), progress=progress)

    return caches.job("surface", [run_id], (epoch, site, points), work, "Trying the grid")


def cell(run_id: str, function: str, arguments: Sequence[object]) -> str:
    """Return the lines of a notebook cell that make the table of one of the functions of `explorer.what_if_tables`."""
    said = "".join(f", {value!r}" for value in arguments)
    opened = cells.one_run(loaders.run(run_id))
    return f"{opened}\n\nfrom explorer.what_if_tables import {function}\n\ntable = {function}(run{said})"


def _loaded(run_id: str, epoch: int) -> "what_if_tables.Loaded":
    return network_loaders.network(run_id, epoch), network_loaders.data(run_id)
