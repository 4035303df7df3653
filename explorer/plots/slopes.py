"""How an activation's output answers to each of its parameters, over the input."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from .build import axis, build, margins
from .functions import shown_range
from .labels import EndLabel, end_labels, end_margin, last_inside
from .theme import COLOURS, DASHES, STRIP
from .traces import line


def parameter_slope_figure(table: pd.DataFrame, *, height: int = STRIP, title: str | None = None) -> go.Figure:
    """Return df/dp over x, one line per parameter; where training uses another derivative, that one is dashed beside it.

    `table` holds x, parameter, derivative, backward_derivative.
    """
    data, ends = [], []
    y_range = shown_range([table["derivative"].to_numpy(float), table["backward_derivative"].to_numpy(float), np.zeros(1)], 0.1)
    names = list(dict.fromkeys(table["parameter"]))
    x_range = (float(table["x"].min()), float(table["x"].max()))
    for number, name in enumerate(names):
        rows, color = table[table["parameter"] == name], COLOURS[number % len(COLOURS)]
        dash = DASHES[2 * (number // len(COLOURS)) % len(DASHES)]
        x, true, used = (rows[c].to_numpy(dtype=float) for c in ("x", "derivative", "backward_derivative"))
        hover = f"∂f/∂{name} %{{y:.4g}}<extra></extra>"
        data.append(line(x, true, name, color, 1.8, dash, hovertemplate=hover))
        ends.append((name, x, true, color))
        if not np.allclose(true, used, atol=1e-9, equal_nan=True):
            data.append(line(x, used, f"{name}, in training", color, 1.4, "dash", hovertemplate=f"in training, {hover}"))
            ends.append((f"{name}, in training", x, used, color))
    for trace in data:
        trace["line"]["simplify"] = False
    places = [(text, last_inside(x, y, x_range, y_range), color) for text, x, y, color in ends]
    labels = [EndLabel(text, *place, color) for text, place, color in places if place is not None]
    margin = margins(56, end_margin([label.text for label in labels]), 8, 44)
    layout = {
        "xaxis": axis("x", range=list(x_range), hoverformat=".4g"),
        "yaxis": axis("∂f/∂p", range=list(y_range), nticks=5),
        "annotations": end_labels(labels, y_range, height - margin["t"] - margin["b"]),
        "margin": margin,
        "hovermode": "x",
    }
    alt = f"Derivatives of the output in {' and '.join(names)} for x from {x_range[0]:.3g} to {x_range[1]:.3g}."
    return build(
        data, layout, title=title or "How the output answers to each parameter", alt=alt.replace(" -", " −"), height=height
    )
