"""Which sites a film shows where they are too many for one: some of the whole depth, those of a stage, or one."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.analysis import wording
from explorer.plots.grid import MAX_PANELS
from explorer.plots.records import stage_of
from explorer.plots.times import key_frames

#: Values of the view's `film` beside the names of stages: over the whole depth, and the view's site alone.
DEPTH, ONE = "depth", "site"


@dataclass(frozen=True, kw_only=True)
class FilmPart:
    """The sites of a film in forward order, the name of that choice, and the sentence that says which sites they are."""

    choice: str
    sites: tuple[str, ...]
    said: str


def film_choices(sites: Sequence[str], site: str | None) -> dict[str, str]:
    """Return the parts of a network that a film can show: value -> words; {} where all its sites fit into one film.

    `site` is the view's. A stage of a single site is no choice, nor is one that holds all sites.
    """
    if len(sites) <= MAX_PANELS:
        return {}
    stages = [stage for stage, members in _stages(sites).items() if 1 < len(members) < len(sites)]
    chosen = {ONE: f"Only {site}"} if site in sites else {}
    return {DEPTH: f"{MAX_PANELS} of {len(sites)} sites", **{stage: stage for stage in stages}, **chosen}


def film_part(sites: Sequence[str], choice: str, site: str | None) -> FilmPart:
    """Return what the film of `choice` shows: at most 25 sites, evenly over the depth, the first and the last among them."""
    if choice == ONE and site in sites:
        return FilmPart(choice=choice, sites=(str(site),), said=f"{site}, one of {len(sites)} sites.")
    members = _stages(sites).get(choice, list(sites))
    shown = tuple(members[i] for i in key_frames(len(members), MAX_PANELS))
    where = f" in {choice}" if choice in _stages(sites) else ""
    of = f"The {wording.count(len(members), 'site')}{where}" if len(shown) == len(members) else (
        f"{len(shown)} of the {len(members)} sites{where}, evenly over the depth, the first and the last among them"
    )  # fmt: skip
    return FilmPart(choice=choice, sites=shown, said=f"{of}.")


def _stages(sites: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for site in sites:
        found.setdefault(stage_of(site), []).append(site)
    return found
