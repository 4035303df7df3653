"""Colours, line styles and the paper template.

In the app Streamlit's theme lays its own fonts, grid and background over the template; notebooks and exported files show
the template as it is. So one figure is right in a light app, a dark app and on paper, and no figure sets black or white.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

#: The Okabe-Ito hues that keep a contrast of 3:1 on white and on Streamlit's dark background.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
DASHES = ("solid", "dash", "dot")
BASELINE = "#8A8A8A"
#: Neutral greys that are visible on any background: areas, thin lines, text-like marks.
AREA = "rgba(128,128,128,0.35)"
LINE = "rgba(128,128,128,0.55)"
MARK = "rgba(128,128,128,0.95)"
FAINT = "rgba(128,128,128,0.20)"
#: Forward order, from the first site to the last: blue, green, orange.
DEPTH_SCALE = ((0.0, "#0072B2"), (0.5, "#009E73"), (1.0, "#D55E00"))
#: Signed magnitudes around 0.
SIGNED_SCALE = ((0.0, "#0072B2"), (0.25, "#6BAED6"), (0.5, "#D9D9D9"), (0.75, "#F4A261"), (1.0, "#D55E00"))

STRIP, MAIN, MATRIX = 260, 430, 560  #: figure heights in px
PANEL_FONT, FONT = 10, 12  #: px, in panels and elsewhere
SITE_FONT = 11

#: `paper`: what exports and notebooks show. Streamlit overrides fonts, grid and background in the app.
TEMPLATE: dict[str, Any] = {
    "layout": {
        "font": {"family": "Source Sans 3, Source Sans Pro, Helvetica, Arial, sans-serif", "size": FONT, "color": "#262730"},
        "paper_bgcolor": "#FFFFFF",
        "plot_bgcolor": "#FFFFFF",
        "xaxis": {"gridcolor": "#E6E6E6", "zerolinecolor": "#BFBFBF", "showgrid": False, "automargin": False},
        "yaxis": {"gridcolor": "#E6E6E6", "zerolinecolor": "#BFBFBF", "automargin": False},
        "hoverlabel": {"align": "left"},
    }
}


@dataclass(frozen=True)
class LineStyle:
    """How a group is drawn: colour, dash, width in px."""

    color: str
    dash: str = "solid"
    width: float = 2.0


def group_styles(groups: Iterable[str], baseline: str | None = None) -> dict[str, LineStyle]:
    """Return one style per group, in the order given: four colours solid, then dashed, then dotted; the baseline is grey.

    Pass every group there is, shown or hidden: then a colour stays with its group. After twelve groups the styles repeat.
    """
    others = [g for g in dict.fromkeys(groups) if g != baseline]
    styles = {g: _style(i) for i, g in enumerate(others)}
    if baseline is not None:
        styles[baseline] = LineStyle(BASELINE, "solid", 2.5)
    return styles


def _style(index: int) -> LineStyle:
    return LineStyle(COLOURS[index % len(COLOURS)], DASHES[index // len(COLOURS) % len(DASHES)])


def faded(color: str, opacity: float) -> str:
    """Return `#RRGGBB` as rgba with `opacity` from 0 to 1."""
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"


def depth_colours(count: int) -> list[str]:
    """Return `count` colours of `DEPTH_SCALE`, from the first site to the last."""
    return [_between(i / max(count - 1, 1)) for i in range(count)]


def _between(share: float) -> str:
    low, high = (0, 1) if share <= 0.5 else (1, 2)
    part = (share - DEPTH_SCALE[low][0]) / (DEPTH_SCALE[high][0] - DEPTH_SCALE[low][0])
    ends = [[int(DEPTH_SCALE[k][1][i : i + 2], 16) for i in (1, 3, 5)] for k in (low, high)]
    return "#" + "".join(f"{round(a + part * (b - a)):02X}" for a, b in zip(*ends, strict=True))
