"""How a map changes while the network's weights are drawn anew from the top down."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from .build import axis, build, margins
from .labels import shorten
from .theme import BASELINE, COLOURS, LINE, MAIN, faded
from .traces import dots, line


def randomisation_figure(
    table: pd.DataFrame, *, height: int | None = None, title: str = "Do the maps depend on what was learned?"
) -> go.Figure:
    """Return the rank correlation of the maps with those of the trained network over how far down the weights are new.

    `table` has the columns depth, layer, image, correlation (`randomisation_table`). Thin lines are images, the thick one is
    their mean; a depth where no map varies has no point.
    """
    depths = sorted(table["depth"].unique())
    wide = table.pivot_table(index="depth", columns="image", values="correlation", dropna=False).reindex(depths)
    values = wide.to_numpy(dtype=float)
    x = np.array(depths, dtype=float)
    hover = "image %{text}<br>%{y:.2f}<extra></extra>"
    data = [
        line(x, values[:, i], f"image {image}", faded(BASELINE, 0.5), 0.7, text=[str(image)] * len(x), hovertemplate=hover)
        for i, image in enumerate(wide.columns)
    ]
    mean = np.array([row[np.isfinite(row)].mean() if np.isfinite(row).any() else np.nan for row in values])
    data.append(line(x, mean, "mean of the images", COLOURS[0], 2.0))
    hover = "%{text}<br>mean %{y:.2f}<extra></extra>"
    names = _names(table, depths)
    data.append(dots(x, mean, "mean", {"color": COLOURS[0], "size": 6}, text=names, hovertemplate=hover))
    angle = -30 if len(depths) <= 6 else -90
    layout = {
        "xaxis": axis("weights drawn anew, from the last layer down to …", range=[-0.3, max(depths) + 0.3], tickvals=depths,
                      ticktext=[shorten(n, 14) for n in names], zeroline=False, showgrid=False, tickangle=angle),
        "yaxis": axis("rank correlation of |map|", range=[min(-0.2, float(np.nanmin(values)) - 0.05), 1.05]),
        "shapes": [{"type": "line", "x0": 0, "x1": 1, "xref": "paper", "y0": 0, "y1": 0, "line": {"color": LINE, "width": 1}}],
        "margin": margins(56, 16, 12, 96),
    }  # fmt: skip
    return build(data, layout, title=title, alt=_alt(mean, len(wide.columns)), height=height or MAIN)


def _names(table: pd.DataFrame, depths: list[int]) -> list[str]:
    layers = table.drop_duplicates("depth").set_index("depth")["layer"]
    return [str(layers[d]) or "none" for d in depths]


def _alt(mean: np.ndarray, images: int) -> str:
    known = mean[np.isfinite(mean)]
    end = f"{known[-1]:.2f}".replace("-", "−") if len(known) else "unknown"
    return (
        f"Rank correlation of the maps of {images} image{'s' if images > 1 else ''} with those of the trained network:"
        f" 1 with no layer drawn anew, {end} with all of them."
    )
