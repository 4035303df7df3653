"""The criteria of the five shapes, each met or not, with the number behind it."""

import math

import pytest

from core.activations.pdrelu import SHAPE_FORMULAS, SHAPES
from core.analysis.pseudo_design import pseudo_criteria
from core.errors import ExplorerError

CRITERIA = (
    "No jump at 0",
    "Never falls from left to right",
    "Tends to 0 at minus infinity",
    "At most 1",
    "Lets only so much false gradient through",
    "Equals the true derivative above 0",
)


@pytest.mark.parametrize(
    ("shape", "constants", "met", "values"),
    [
        ("exponential", {"t": 3.0}, (1, 1, 1, 1, 1, 1), (0, 0, 0, 1, 3, 0)),
        ("ramp", {}, (1, 1, 1, 1, 1, 1), (0, 0, 0, 1, 1, 0)),
        ("sigmoid", {}, (1, 1, 1, 1, 1, 0), (0, 0, 0, 1, 1, 0.5)),
        ("window", {"c": 0.25, "t": 1.0}, (0, 1, 1, 1, 1, 1), (0.75, 0, 0, 1, 0.25, 0)),
        ("window", {"c": 1.5}, (0, 0, 1, 0, 1, 1), (0.5, 0.5, 0, 1.5, 3, 0)),
        ("constant", {}, (0, 1, 0, 1, 0, 1), (0.99, 0, 0.01, 1, math.inf, 0)),
    ],
)
def test_criteria_and_their_numbers(shape: str, constants: dict, met: tuple, values: tuple) -> None:
    table = pseudo_criteria(shape, constants)
    assert tuple(table["criterion"]) == CRITERIA
    assert tuple(map(int, table["met"])) == met
    assert table["value"].tolist() == pytest.approx(list(values), rel=1e-4, abs=1e-5)


def test_the_number_stands_in_words() -> None:
    found = pseudo_criteria("constant").set_index("criterion")["found"]
    assert found["No jump at 0"] == "jump at 0: 0.99"
    assert found["Lets only so much false gradient through"] == "area below 0: ∞"


def test_every_shape_has_its_formula() -> None:
    assert set(SHAPE_FORMULAS) == set(SHAPES)


def test_a_constant_of_another_shape_is_refused() -> None:
    with pytest.raises(ExplorerError, match=r"^PD-ReLU with shape='ramp' has no option 's'\. Its options: shape, t\.$"):
        pseudo_criteria("ramp", {"s": 1.0})
