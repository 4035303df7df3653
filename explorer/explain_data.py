"""What the page Explanations asks the server for: which methods hold, and the jobs that compute the maps."""

from collections.abc import Sequence
from dataclasses import asdict

import pandas as pd

from explorer import caches, choices, explanations, jobs, loaders, network_loaders
from explorer.explanations import Request

#: Most networks beside each other.
MOST_RUNS = 6


def validity(run_id: str, epoch: int) -> pd.DataFrame:
    """Return one row per method: method, title, reason ("": valid), note ("": none)."""
    found: pd.DataFrame = caches.kept("attribution methods", run_id, (epoch,), lambda: _validity(run_id, epoch))
    return found


def _validity(run_id: str, epoch: int) -> pd.DataFrame:
    from core.analysis.attribution import method_table

    images, _ = network_loaders.normalised(run_id, network_loaders.data(run_id).probe_ids[:1])
    return method_table(network_loaders.network(run_id, epoch), images)


def beside(run_id: str, epoch: int, others: Sequence[str]) -> tuple[list[tuple[str, int]], list[str]]:
    """Return (run, epoch of its checkpoint) of this run and of `others` on the same data, and the runs that keep none."""
    shown, without = [(run_id, epoch)], []
    for other in others:
        if other == run_id or other not in loaders.run_ids() or loaders.data_name(other) != loaders.data_name(run_id):
            continue
        kept = choices.nearest_checkpoint(other, None)
        if kept is None:
            without.append(other)
        else:
            shown.append((other, kept))
    return shown[:MOST_RUNS], without


def methods_job(run_id: str, epoch: int, image: int, methods: Sequence[str], request: Request) -> jobs.Job:
    """Return the job that computes the maps of several methods; its result is `Explanations`."""

    def work(progress: jobs.Progress) -> explanations.Explanations:
        """Load and explain, away from the session."""
        progress(0, 1, "Loading network and images")
        network, data = network_loaders.network(run_id, epoch), network_loaders.data(run_id)
        return explanations.explained_by_method(
            loaders.run(run_id), epoch, image, methods, progress=progress, network=network, data=data, **asdict(request)
        )

    return caches.job("attributions", [run_id], (epoch, image, tuple(methods), request), work, "Computing attributions")


def runs_job(shown: Sequence[tuple[str, int]], ids: Sequence[int], method: str, request: Request) -> jobs.Job:
    """Return the job that computes the maps of several networks; its result is `Explanations`."""
    named = [(loaders.run(r), epoch, loaders.run_name(r)) for r, epoch in shown]

    def work(progress: jobs.Progress) -> explanations.Explanations:
        """Load and explain, away from the session."""
        progress(0, 1, "Loading networks and images")
        networks, data = [network_loaders.network(r, epoch) for r, epoch in shown], network_loaders.data(shown[0][0])
        return explanations.explained_by_run(
            named, ids, method, progress=progress, networks=networks, data=data, **asdict(request)
        )

    about = (tuple(shown), tuple(ids), method, request)
    return caches.job("attribution grid", [r for r, _ in shown], about, work, "Computing attributions")


def check_job(run_id: str, epoch: int, ids: Sequence[int], method: str, baseline: str) -> jobs.Job:
    """Return the job that draws the weights anew from the top down; its result is a table."""

    def work(progress: jobs.Progress) -> pd.DataFrame:
        """Load and check, away from the session."""
        progress(0, 1, "Loading network and images")
        network, data = network_loaders.network(run_id, epoch), network_loaders.data(run_id)
        return explanations.randomised(
            loaders.run(run_id), epoch, ids, method, baseline=baseline, progress=progress, network=network, data=data
        )

    about = (epoch, tuple(ids), method, baseline)
    return caches.job("randomisation", [run_id], about, work, "Drawing the weights anew")
