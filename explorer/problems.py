"""What a link asks for and is not here: said by name, with where it was looked for and the nearest thing that is."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from explorer.links import View


class Facts(Protocol):
    """What the view is checked against; `explorer.view` answers from the run folders."""

    def run_ids(self) -> tuple[str, ...]: ...
    def places(self) -> str: ...
    def sites(self, run_id: str) -> tuple[str, ...]: ...
    def epochs(self, run_id: str) -> tuple[int, ...]: ...
    def channels(self, run_id: str, site: str) -> int: ...
    def check_filter(self, where: str) -> str | None: ...


@dataclass(frozen=True)
class Problem:
    """One value of the view that cannot be shown."""

    key: str
    sentence: str
    fixes: tuple[tuple[str, dict[str, Any]], ...] = field(default=())
    """Buttons: label, and the changes of the view it makes."""


def nearest_name(name: str, known: Sequence[str]) -> str | None:
    """Return the known name most like `name`, None if there is none at all."""
    return max(known, key=lambda k: difflib.SequenceMatcher(None, name, k).ratio(), default=None)


def nearest_number(number: int, known: Sequence[int]) -> int | None:
    """Return the known number nearest to `number`; the lower of two as near."""
    return min(known, key=lambda k: (abs(k - number), k), default=None)


def same_depth(position: int, count: int, other: Sequence[str]) -> str | None:
    """Return the site of another network at the relative depth of site `position` of `count`."""
    if not other:
        return None
    return other[round(position / max(count - 1, 1) * (len(other) - 1))]


def check(view: View, unread: Mapping[str, str], allowed: Mapping[str, Sequence[str]], facts: Facts) -> list[Problem]:
    """Return what of `view` is not here; `unread` are texts of the link that are no value at all."""
    problems = [_unread(key, text) for key, text in unread.items()]
    problems += _run(view, facts)
    problems += _runs(view, facts)
    problems += _own(view, allowed)
    complaint = facts.check_filter(view.where) if view.where else None
    if complaint:
        problems.append(Problem("where", complaint, (("Remove the filter", {"where": None}),)))
    return problems


def substitute(view: View, before: str | None, keys: Sequence[str], facts: Facts) -> tuple[View, list[str]]:
    """Return `view` with a site and an epoch that its run has, and what was put in place of what.

    The site is the one at the same relative depth as in the run `before`, the epoch the nearest one. Only `keys` are touched.
    """
    said: list[str] = []
    known = facts.sites(view.run) if view.run in facts.run_ids() else ()
    if "site" in keys and view.site and known and view.site not in known:
        old = facts.sites(before) if before in facts.run_ids() else ()
        site = same_depth(old.index(view.site), len(old), known) if view.site in old else known[0]
        said.append(f"{view.run} has no site {view.site}; this is {site}, at the same relative depth.")
        view = replace(view, site=site, channel=None)
    known_epochs = facts.epochs(view.run) if view.run in facts.run_ids() else ()
    if "epoch" in keys and view.epoch is not None and known_epochs and view.epoch not in known_epochs:
        epoch = nearest_number(view.epoch, known_epochs)
        said.append(f"{view.run} has no snapshot of epoch {view.epoch}; this is epoch {epoch}, the nearest one.")
        view = replace(view, epoch=epoch)
    return view, said


def _unread(key: str, text: str) -> Problem:
    shown = text if len(text) <= 60 else f"{text[:57]}…"
    wanted = "whole numbers with commas between them" if key == "images" else "a whole number"
    empty: Any = () if key == "images" else None
    return Problem(key, f"The link says {key}={shown}, but {key} must be {wanted}.", ((f"Open without {key}", {key: empty}),))


def _run(view: View, facts: Facts) -> list[Problem]:
    if view.run is None:
        return []
    if view.run not in facts.run_ids():
        nearest = nearest_name(view.run, facts.run_ids())
        fixes = ((f"Show {nearest}", {"run": nearest}),) if nearest else ()
        return [Problem("run", f"There is no run “{view.run}” here. {facts.places()}", fixes)]
    sites, epochs = facts.sites(view.run), facts.epochs(view.run)
    problems = []
    if view.site and sites and view.site not in sites:
        near = nearest_name(view.site, sites)
        text = f"{view.run} has no site “{view.site}”. It has {len(sites)}, from {sites[0]} to {sites[-1]}."
        problems.append(Problem("site", text, ((f"Show {near}", {"site": near}),)))
    elif view.site and view.channel is not None and view.channel >= facts.channels(view.run, view.site) > 0:
        count = facts.channels(view.run, view.site)
        text = f"Site {view.site} of {view.run} has no channel {view.channel}; its channels are 0 to {count - 1}."
        last = (f"Show channel {count - 1}", {"channel": count - 1})
        problems.append(Problem("channel", text, (("Show all channels", {"channel": None}), last)))
    if view.epoch is not None and epochs and view.epoch not in epochs:
        near_epoch = nearest_number(view.epoch, epochs)
        text = f"{view.run} has no snapshot of epoch {view.epoch}. It has {_listed(epochs)}."
        problems.append(Problem("epoch", text, ((f"Show epoch {near_epoch}", {"epoch": near_epoch}),)))
    return problems


def _listed(epochs: Sequence[int]) -> str:
    return f"that of epoch {epochs[0]}" if len(epochs) == 1 else f"those of epochs {epochs[0]} to {epochs[-1]}"


def _runs(view: View, facts: Facts) -> list[Problem]:
    known = facts.run_ids()
    missing = [run_id for run_id in view.runs if run_id not in known]
    problems = []
    for run_id in missing:
        near = nearest_name(run_id, [k for k in known if k not in view.runs])
        rest = tuple(k for k in view.runs if k != run_id)
        fixes = [("Leave it out", {"runs": rest})]
        if near:
            instead = tuple(near if k == run_id else k for k in view.runs)
            fixes.insert(0, (f"Take {near}", {"runs": instead}))
        text = f"There is no run “{run_id}” here to compare. {facts.places()}"
        problems.append(Problem("runs", text, tuple(fixes)))
    return problems


def _own(view: View, allowed: Mapping[str, Sequence[str]]) -> list[Problem]:
    wrong = [(k, v) for k, v in view.extra if allowed.get(k) and v not in allowed[k]]
    return [
        Problem(
            k, f"The link says {k}={v}; known are {', '.join(allowed[k])}.", ((f"Show {allowed[k][0]}", {k: allowed[k][0]}),)
        )
        for k, v in wrong
    ]
