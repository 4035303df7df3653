"""A table drawn in the frame: the figure on the page and the one of its notebook cell come from the same call."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from explorer import caches, frame

if TYPE_CHECKING:
    import plotly.graph_objects as go


def show(
    plot: "Callable[..., go.Figure]",
    table: pd.DataFrame,
    *,
    ids: Sequence[str],
    about: Any,
    key: str,
    setup: str,
    subtitle: str,
    caption: str,
    title: str | None = None,
    page: str | None = None,
    more: Mapping[str, pd.DataFrame] | None = None,
    on_select: Callable[[], None] | None = None,
    **options: Any,
) -> "go.Figure":
    """Draw `table` with `plot(table, **more, **options)` in the frame; return the figure, which nobody may change.

    Args:
        ids: the runs that the table comes from; the figure is cached by them and their file state,
        about: and by what of them is drawn (epoch, site, …).
        setup: the notebook lines that make the table, and those in `more` under the same names.
        title: heading; None: the figure's own title.
        on_select: called when somebody selects points; what they are is in the session under `key`.
    """
    fig = caches.figure(plot.__name__, ids, (about, options), lambda: plot(table, **(more or {}), **options))
    cell = frame.notebook_cell(setup, plot, **{name: _Name(name) for name in more or {}}, **options)
    heading = title or str(fig.layout.meta["title"])
    frame.figure(
        fig, key=key, title=heading, subtitle=subtitle, caption=caption, table=table, cell=cell, page=page,
        on_select=on_select or "ignore",
    )  # fmt: skip
    return fig


def clicked(key: str) -> list[Any]:
    """Return what the points that somebody selected in the chart `key` stand for: the first of each one's customdata."""
    said: Any = st.session_state.get(key) or {}
    found = [point.get("customdata") for point in (said.get("selection") or {}).get("points", [])]
    return [each[0] if isinstance(each, list | tuple) else each for each in found if each not in (None, [], ())]


@dataclass(frozen=True)
class _Name:
    """A variable of the cell, written as its name."""

    name: str

    def __repr__(self) -> str:
        return self.name
