"""The view as a query string: one frozen record, read from a link and written to one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

#: A link names at most this many runs; above, it carries the filter (3,000 names give HTTP 400).
MOST_RUNS = 12

KEYS = ("run", "runs", "site", "channel", "epoch", "images", "where")


@dataclass(frozen=True, kw_only=True)
class View:
    """What is being looked at. Ids and paths only, never positions in a list."""

    run: str | None = None
    runs: tuple[str, ...] = ()
    site: str | None = None
    channel: int | None = None
    """None: all channels together."""
    epoch: int | None = None
    """0 is before training."""
    images: tuple[int, ...] = ()
    """Data-set indices."""
    where: str | None = None
    """The filter of the runs table; it stands for the runs when `runs` is empty."""
    extra: tuple[tuple[str, str], ...] = ()
    """Keys that belong to one page, with their values."""

    def option(self, key: str, default: str = "") -> str:
        """Return the value of a page's own key."""
        return dict(self.extra).get(key, default)


def parse(key: str, text: str) -> str | int | tuple[str, ...] | tuple[int, ...] | None:
    """Return the value that `text` gives to `key`. ValueError: the text is no such value."""
    if key in ("epoch", "channel"):
        return _whole(text) if text else None
    if key == "images":
        return tuple(dict.fromkeys(_whole(part) for part in text.split(",") if part))
    if key == "runs":
        return tuple(dict.fromkeys(part for part in text.split(",") if part))
    return text or None


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise ValueError(f"'{text}' is not a whole number.")
    return int(text)


def query(
    view: View, own: Mapping[str, str] | None = None, many: Callable[[Sequence[str]], str] | None = None
) -> dict[str, str]:
    """Return the query of a link to `view`; `own` are the keys of the page with their values.

    Above 12 runs `many` gives the filter that stands for them. What is empty is left out, but for `runs`: an empty list of runs
    is a choice too.
    """
    if len(view.runs) > MOST_RUNS and many is not None:
        view = replace(view, runs=(), where=many(view.runs))
    values = {
        "run": view.run,
        "runs": None if view.where and not view.runs else ",".join(view.runs),
        "site": view.site,
        "channel": view.channel,
        "epoch": view.epoch,
        "images": ",".join(map(str, view.images)) or None,
        "where": view.where,
    }
    return {k: str(v) for k, v in {**values, **(own or {})}.items() if v is not None}
