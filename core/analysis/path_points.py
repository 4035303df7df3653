"""The computed points of the way from the start to the learned parameters: nothing is said of what lies between them."""

import pandas as pd

from . import wording


def nearest_point(table: pd.DataFrame, t: float) -> pd.Series:
    """Return the row of a path table whose t is nearest to `t`; of two as near the one nearer to the learned t = 1."""
    away, beyond = (table["t"] - t).abs().round(9), (table["t"] - 1).abs()
    order = pd.DataFrame({"away": away, "beyond": beyond}).sort_values(["away", "beyond"])
    return table.loc[order.index[0]]


def point_words(row: pd.Series, t: float) -> str:
    """Return which computed point a row is, seen from `t`: "At t = 0.25, the computed point nearest to t = 0.3"."""
    at = f"At t = {wording.short(float(row['t']))}"
    return f"{at}, a computed point" if row["t"] == t else f"{at}, the computed point nearest to t = {wording.short(t)}"
