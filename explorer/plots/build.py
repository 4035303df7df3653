"""From plain trace and layout dictionaries to a figure."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from .theme import FONT, LINE, PANEL_FONT, TEMPLATE


def build(
    data: Sequence[dict[str, Any]],
    layout: dict[str, Any],
    *,
    title: str,
    alt: str,
    height: int,
    frames: Sequence[dict[str, Any]] = (),
) -> go.Figure:
    """Return the figure of `data` and `layout`.

    `title` and `alt` go into `layout.meta`: the frame draws the one as a heading and gives the other to screen readers.
    Plotly's validation of every property costs 120 ms for 25 panels and is left to the tests.
    """
    base = {
        "template": TEMPLATE,
        "height": height,
        "autosize": True,
        "showlegend": False,
        "hovermode": "closest",
        "meta": {"title": title, "alt": alt},
        "modebar": {"bgcolor": "rgba(0,0,0,0)"},
    }
    return go.Figure(data=list(data), layout={**base, **layout}, frames=list(frames), _validate=False)


def margins(left: int = 52, right: int = 16, top: int = 12, bottom: int = 44) -> dict[str, int]:
    """Return margins in px without Streamlit's gap between ticks and axes."""
    return {"l": left, "r": right, "t": top, "b": bottom, "pad": 0}


def axis(title: str = "", **settings: Any) -> dict[str, Any]:
    """Return an axis with thin grey zero line and 12 px title; `settings` add or override."""
    base: dict[str, Any] = {
        "automargin": False,
        "zeroline": True,
        "zerolinecolor": LINE,
        "zerolinewidth": 1,
        "tickfont": {"size": PANEL_FONT if not title else FONT - 1},
        "ticks": "",
        "ticklabelstandoff": 4,
    }
    if title:
        base["title"] = {"text": title, "font": {"size": FONT}, "standoff": 8}
    return {**base, **settings}


def note(text: str, x: float, y: float, *, size: int = FONT, **settings: Any) -> dict[str, Any]:
    """Return an annotation without arrow, in paper coordinates unless `settings` say otherwise."""
    base = {"text": text, "x": x, "y": y, "xref": "paper", "yref": "paper", "showarrow": False, "font": {"size": size}}
    return {**base, **settings}


def axis_name(letter: str, index: int) -> str:
    """Return how traces call axis number `index` (from 0): x, x2, x3 …"""
    return letter if index == 0 else f"{letter}{index + 1}"


def axis_key(letter: str, index: int) -> str:
    """Return how the layout calls axis number `index` (from 0): xaxis, xaxis2 …"""
    return f"{letter}axis" if index == 0 else f"{letter}axis{index + 1}"


def empty_figure(text: str, *, height: int = 260, title: str = "Nothing to show") -> go.Figure:
    """Return a figure that says in one sentence why it is empty."""
    hidden = {"visible": False}
    words = note(text, 0.5, 0.5, xanchor="center", yanchor="middle")
    layout = {"xaxis": hidden, "yaxis": hidden, "annotations": [words], "margin": margins(8, 8, 8, 8)}
    return build([], layout, title=title, alt=text, height=height)
