"""What opens first, what belongs together, and what stands for what: choices made from the runs that are there."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.analysis.groups import config_fields, site_title
from explorer import filters, group_loaders, loaders, network_loaders, tables
from explorer.links import MOST_RUNS

if TYPE_CHECKING:
    from explorer.plots import LineStyle


# --- what opens first --------------------------------------------------------------------------------------------------


def default_run() -> str | None:
    """Return the run to open first: one's own newest, else the demo run that Start shows; None if there is no run at all."""
    return next(iter(loaders.own_ids()), None) or demo_run("coslu") or next(iter(loaders.run_ids()), None)


def demo_run(activation: str, model: str = "resnet8", seed: int = 0) -> str | None:
    """Return the id of a demo run, None if it is not there."""
    wanted = {"activation": activation, "model": model, "seed": seed}
    return next((r for r in loaders.demo_ids() if wanted.items() <= config_fields(loaders.run(r)).items()), None)


def default_runs() -> tuple[str, ...]:
    """Return the runs to compare first: the groups with the most seeds, as many as a link can name; two groups if there are."""
    ids = loaders.own_ids() or loaders.demo_ids()
    chosen: list[str] = []
    groups = sorted(group_loaders.groups(ids), key=lambda g: -len(g.runs))
    for number, group in enumerate(groups):
        members = [r.id for r in group.runs]
        fits = len(chosen) + len(members) <= MOST_RUNS
        if fits and (len(members) == len(groups[0].runs) or number < 2):
            chosen += members
    return tuple(r for r in ids if r in chosen)


def function_names(run_id: str) -> str:
    """Return the activations of a run in words, "ReLU and CosLU"; a formula is written out."""
    config = config_fields(loaders.run(run_id))
    return " and ".join(dict.fromkeys(site_title(config, name) for name in loaders.activations(run_id)))


def default_epoch(run_id: str) -> int | None:
    """Return the epoch to open first: that of the chosen checkpoint, else the last snapshot."""
    known, chosen = loaders.epochs(run_id), loaders.chosen_epoch(run_id)
    return chosen if chosen in known else (known[-1] if known else None)


# --- the filter --------------------------------------------------------------------------------------------------------


def filter_columns() -> list[str]:
    """Return the names that a filter may use."""
    return ["id", *group_loaders.filter_table().columns]


def check_filter(where: str) -> str | None:
    """Return what is wrong with a filter of the runs table, None if it can be used."""
    return filters.check_filter(where, filter_columns())


def chosen_runs(runs: Sequence[str], where: str | None) -> tuple[str, ...]:
    """Return the ids that a view names: its runs that are here, else those that its filter lets through."""
    if runs or not where:
        return tuple(r for r in runs if r in loaders.run_ids())
    table = group_loaders.filter_table()
    return tuple(table.index[filters.matching(table, where)])


def filter_for(runs: Sequence[str]) -> str:
    """Return the filter that stands for these runs in a link: their groups if they are whole groups, else their ids."""
    table = group_loaders.filter_table()
    here = table.loc[[r for r in runs if r in table.index]]
    wanted = list(dict.fromkeys(here["group"]))
    if set(table.index[table["group"].isin(wanted)]) == set(runs):
        return f"group={','.join(wanted)}"
    return f"id={','.join(runs)}"


# --- comparing ---------------------------------------------------------------------------------------------------------


def baseline(ids: Sequence[str], wanted: str) -> str:
    """Return the label of the group to compare with: the wanted one, else plain ReLU, else the first."""
    found = group_loaders.groups(ids)
    labels = [g.label for g in found]
    if wanted in labels:
        return wanted
    plain = (g.label for g in found if loaders.activations(g.runs[0].id) == ("relu",))
    return next(plain, labels[0])


def line_styles(ids: Sequence[str], baseline: str) -> "dict[str, LineStyle]":
    """Return the style of each group by its label: the same whatever else is shown; the baseline is grey."""
    from explorer.plots import group_styles

    found = group_loaders.groups(ids)
    everywhere = group_styles([g.key for g in group_loaders.groups(sorted(loaders.run_ids()))])
    styles = {g.label: everywhere[g.key] for g in found}
    if len(set(styles.values())) < len(styles):  # more than twelve groups, and two of these share a style
        styles = group_styles([g.label for g in found])
    return {**styles, **group_styles([baseline], baseline)}


def other_groups(ids: Sequence[str]) -> list[tuple[str, tuple[str, ...]]]:
    """Return (label, run ids) of the groups on the same data that are not among `ids`, the largest first."""
    data = common_data(ids)
    rest = [r for r in loaders.run_ids() if r not in ids and loaders.data_name(r) == data]
    found = [(g.label, tuple(r.id for r in g.runs)) for g in group_loaders.groups(rest)]
    return sorted(found, key=lambda pair: -len(pair[1]))


def common_data(ids: Sequence[str]) -> str:
    """Return the name of the data set that all these runs share; "" if they differ."""
    return tables.data_name([loaders.run(r) for r in ids])


def common_model(ids: Sequence[str]) -> str:
    """Return the name of the model that all these runs share; "" if they differ."""
    names = {str(config_fields(loaders.run(r)).get("model", "")) for r in ids}
    return names.pop() if len(names) == 1 else ""


def chance(ids: Sequence[str]) -> float | None:
    """Return the accuracy of guessing; None where the number of classes is not known, or differs."""
    counts = {len(tables.class_names(loaders.run(r))) for r in ids}
    count = counts.pop() if len(counts) == 1 else 0
    return 1 / count if count else None


# --- noise -------------------------------------------------------------------------------------------------------------


def nearest_checkpoint(run_id: str, epoch: int | None) -> int | None:
    """Return the epoch of the checkpoint nearest to `epoch` (None: to the chosen one); None where none is kept."""
    wanted = epoch if epoch is not None else loaders.chosen_epoch(run_id)
    kept = loaders.run(run_id).checkpoints()
    return min(kept, key=lambda e: (abs(e - (wanted if wanted is not None else e)), e), default=None)


def noisy_runs() -> list[str]:
    """Return the runs that make noise, those with a checkpoint first."""
    found = [r for r in loaders.run_ids() if loaders.makes_noise(r)]
    return sorted(found, key=lambda r: not loaders.run(r).checkpoints())


def noisy_beside(run_id: str, site: str, others: Sequence[str], most: int = 3) -> list[tuple[str, int]]:
    """Return (run, epoch of its checkpoint) of `others` that make noise at a site of that name, on the same data."""
    found = []
    for other in others:
        here = other != run_id and other in loaders.run_ids()
        if here and site in loaders.sites(other) and loaders.data_name(other) == loaders.data_name(run_id):
            epoch = nearest_checkpoint(other, None)
            known = network_loaders.has_clouds(other) or ("torch" in sys.modules and loaders.makes_noise(other))
            if epoch is not None and known:
                found.append((other, epoch))
    return found[:most]
