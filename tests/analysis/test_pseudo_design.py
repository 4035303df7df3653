"""The criteria of the five shapes, each met or not, with the number behind it."""

import math

import pytest

from core.activations.pdrelu import SHAPE_FORMULAS, SHAPES
from core.analysis.pseudo_design import own_pseudo_criteria, own_pseudo_table, pseudo_criteria
from core.errors import ExplorerError

CRITERIA = (
    "No jump at 0",
    "Never falls from left to right",
    "Tends to 0 at minus infinity",
    "At most 1",
    "Lets a limited amount of false gradient through",
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
    assert found["Lets a limited amount of false gradient through"] == "area below 0: ∞"


def test_every_shape_has_its_formula() -> None:
    assert set(SHAPE_FORMULAS) == set(SHAPES)


def test_a_constant_of_another_shape_is_refused() -> None:
    with pytest.raises(ExplorerError, match=r"^PD-ReLU with shape='ramp' has no option 's'\. Its options: shape, t\.$"):
        pseudo_criteria("ramp", {"s": 1.0})


def test_a_formula_of_ones_own_is_judged_as_a_shape_is() -> None:
    own = own_pseudo_criteria("sigmoid(s*x)", {"s": math.log(2)})
    shape = pseudo_criteria("sigmoid")
    assert own["met"].tolist() == shape["met"].tolist()
    assert own["value"].tolist() == pytest.approx(shape["value"].tolist(), rel=1e-6, abs=1e-9)


def test_its_table_is_relu_with_the_formula_as_the_derivative_of_training() -> None:
    table = own_pseudo_table("where(x < 0, c, 1)", {"c": 0.25}, x_range=(-1, 1), points=3)
    assert table["y"].tolist() == [0.0, 0.0, 1.0]
    assert table["derivative"].tolist() == [0.0, 0.0, 1.0]
    assert table["backward_derivative"].tolist() == [0.25, 1.0, 1.0]


def test_a_formula_that_is_no_number_below_0_meets_no_criterion() -> None:
    assert not own_pseudo_criteria("log(x)")["met"].any()
