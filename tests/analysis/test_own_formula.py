"""A formula that somebody is typing."""

import pytest

from core.analysis.catalogue import shape_table
from core.analysis.own_formula import caret_lines, read_formula
from core.config import split_activation
from core.errors import FormulaError
from tests.activations.test_formula_grammar import CASES


def test_parameters_are_found_and_start_at_1_unless_said() -> None:
    own = read_formula("x * sigmoid(a*x)  +  b", {"b": 0.5, "gone": 3.0})
    assert own.text == "x * sigmoid(a*x) + b"
    assert own.starts == {"a": 1.0, "b": 0.5}
    assert own.latex == r"f(x) = x \, \sigma(a \, x) + b"
    assert own.report.value_at_zero == 0.5


def test_what_the_command_takes_gives_the_same_function() -> None:
    own = read_formula("max(x, a*x)", {"a": 0.25})
    assert own.activation == "formula:max(x, a*x),a=0.25"
    assert split_activation(own.activation) == ("formula", {"formula": "max(x, a*x)", "a": 0.25})
    assert shape_table(own.activation, x_range=(-2, 2), points=3)["y"].tolist() == [-0.5, 0.0, 2.0]


@pytest.mark.parametrize("text", ["x*name", "x*self", "x*sharing", "x*formula + options"])
def test_a_name_that_means_something_else_is_refused(text: str) -> None:
    with pytest.raises(FormulaError, match="cannot be a parameter of a formula"):
        read_formula(text)


@pytest.mark.parametrize(("text", "sentence"), [c for c in CASES if "at position" in c[1]])
def test_a_caret_stands_under_the_position_that_the_error_names(text: str, sentence: str) -> None:
    with pytest.raises(FormulaError) as caught:
        read_formula(text)
    lines = caret_lines(text, str(caught.value))
    assert lines is not None
    shown, caret = lines.split("\n")
    assert shown == " ".join(text.split())
    assert len(caret) == int(sentence.split("at position ")[1].split()[0].rstrip(";"))
    assert caret == " " * (len(caret) - 1) + "^"


def test_an_error_without_a_position_has_no_caret() -> None:
    with pytest.raises(FormulaError) as caught:
        read_formula("3 + 4")
    assert caret_lines("3 + 4", str(caught.value)) is None
