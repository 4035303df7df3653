"""The criteria of a pseudo derivative as a table: what is asked, what was found, and whether it is met."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from . import wording
from .catalogue import POINTS, shape_table
from .choice import make_chosen, read_choice

if TYPE_CHECKING:
    from ..activations import PseudoDerivativeCriteria

#: What counts as equal to 1, for the derivative above 0.
_TOLERANCE = 1e-6


def pseudo_criteria(shape: str, constants: Mapping[str, float] | None = None) -> pd.DataFrame:
    """Return the criteria of one of PD-ReLU's shapes, measured: criterion, met (bool), found (words), value (the number).

    `constants` are the shape's own, as options of `make_activation("pdrelu", shape=…)`. Raises ExplorerError as that does.
    """
    from ..activations import pseudo_derivative_criteria

    module = make_chosen(read_choice("pdrelu", options={"shape": shape, **(constants or {})}))
    return criteria_table(pseudo_derivative_criteria(module.backward_derivative))


def own_pseudo_table(
    p: str, constants: Mapping[str, float] | None = None, *, x_range: tuple[float, float] = (-5.0, 5.0), points: int = POINTS
) -> pd.DataFrame:
    """Return the shape table of ReLU with the formula `p` in x as the derivative that training would use.

    `constants`: a number for each name in the formula. Raises FormulaError for a formula that cannot be read.
    """
    grid: dict[str, Any] = {"x_range": x_range, "points": points}
    used = shape_table("formula", options={"formula": p, **(constants or {})}, **grid)["y"]
    return shape_table("relu", **grid).assign(backward_derivative=used)


def own_pseudo_criteria(p: str, constants: Mapping[str, float] | None = None) -> pd.DataFrame:
    """Return the criteria of a pseudo derivative that is the formula `p` in x; columns as in `pseudo_criteria`."""
    from ..activations import pseudo_derivative_criteria

    module = make_chosen(read_choice("formula", options={"formula": p, **(constants or {})}))
    return criteria_table(pseudo_derivative_criteria(module.curve))


def criteria_table(found: "PseudoDerivativeCriteria") -> pd.DataFrame:
    """Return one row per criterion, in the order in which they are listed in `PseudoDerivativeCriteria`."""
    area, departure = found.area_below_zero, found.departure_above_zero
    rows = [
        ("No jump at 0", found.continuous_at_zero, "jump at 0", found.jump_at_zero),
        ("Never falls from left to right", found.monotone, "largest fall", found.largest_fall),
        ("Tends to 0 at minus infinity", found.vanishes, "p(−1,000,000)", found.limit_at_minus_infinity),
        ("At most 1", found.at_most_one, "largest value", found.largest),
        ("Lets a limited amount of false gradient through", math.isfinite(area), "area below 0", area),
        ("Equals the true derivative above 0", departure < _TOLERANCE, "largest distance from 1", departure),
    ]
    table = pd.DataFrame(rows, columns=["criterion", "met", "measure", "value"])
    table["found"] = [
        f"{measure}: {wording.short(value)}" for measure, value in zip(table["measure"], table["value"], strict=True)
    ]
    return table[["criterion", "met", "found", "value"]]
