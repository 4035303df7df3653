"""What the report finds in formulas whose kinks, ranges and dangers are known."""

import math
import warnings
from typing import Any

import pytest

from core.activations import activation_from_formula, formula_report, make_activation
from core.activations.formula import Formula
from core.errors import FormulaError

INF = math.inf


@pytest.mark.parametrize(
    ("text", "starts", "kinks", "jumps"),
    [
        ("relu(x)", {}, (0.0,), ()),
        ("abs(x - 0.3) + max(x, a)", {"a": -7.77}, (-7.77, 0.3), ()),
        ("clamp(x, -1, a)", {"a": 2}, (-1.0, 2.0), ()),
        ("where(x < a, 0, 1)", {"a": 0.1234567}, (), (0.123457,)),
        ("sign(x - 1) + abs(x)", {}, (0.0,), (1.0,)),
        ("x * sigmoid(50*x) + sin(30*x)", {}, (), ()),
        ("where(x > 0, x, expm1(x))", {}, (), ()),
        ("where(x > 0, x, a*expm1(x))", {"a": 0.5}, (0.0,), ()),
    ],
)
def test_kinks_and_jumps_are_found_where_they_are(text: str, starts: dict[str, float], kinks: Any, jumps: Any) -> None:
    report = formula_report(text, **starts)
    assert (report.kinks, report.jumps, report.not_finite) == (pytest.approx(kinks, abs=1e-6), jumps, ())


@pytest.mark.parametrize(
    ("text", "low", "high", "sentence"),
    [
        ("x", -INF, INF, "The values are unbounded below and above."),
        ("silu(x)", -0.2784645, INF, "The values are at least -0.2785, and unbounded above."),
        ("-softplus(x)", -INF, 0.0, "The values are at most 0, and unbounded below."),
        ("tanh(x)", -1.0, 1.0, "The values lie between -1 and 1."),
        ("2*softsign(x)", -1.9998, 1.9998, "The values lie between -2 and 2."),
        ("log(1 + abs(x))", 0.0, INF, "The values are at least 0, and unbounded above."),
        ("1/(x - 0.3)", -INF, INF, "The values are unbounded below and above."),
        ("log(abs(x - 0.3))", -INF, INF, "The values are unbounded below and above."),
        ("sqrt(abs(x))", 0.0, INF, "The values are at least 0, and unbounded above."),
        ("sqrt(-1 - x^2)", INF, -INF, "No value is a number."),
    ],
)
def test_the_range_is_told_in_numbers_or_as_unbounded(text: str, low: float, high: float, sentence: str) -> None:
    report = formula_report(text)
    assert (report.low, report.high) == pytest.approx((low, high), abs=2e-4)
    assert report.facts[0] == sentence
    assert report.bounded == (math.isfinite(low) and math.isfinite(high))


@pytest.mark.parametrize(
    ("text", "flat"),
    [
        ("relu(x)", ((-INF, 0.0),)),
        ("max(x, min(-2, x/2))", ((-4.0, -2.0),)),
        ("clamp(x, -1, 1)", ((-INF, -1.0), (1.0, INF))),
        ("tanh(x)", ((-INF, -7.600902), (7.600902, INF))),
        ("where(x < 0, 1, 2)", ((-INF, INF),)),
        ("max(0, abs(x) - 0.4)", ()),
        ("x + 0.5*sin(x)", ()),
    ],
)
def test_flat_parts_longer_than_1_are_found(text: str, flat: Any) -> None:
    found = formula_report(text).flat
    assert len(found) == len(flat)
    for one, other in zip(found, flat, strict=True):
        assert one == pytest.approx(other, abs=1e-5)


@pytest.mark.parametrize(
    ("text", "starts", "places"),
    [
        ("log(x)", {}, ((-INF, 0.0),)),
        ("1/x", {}, ((0.0, 0.0),)),
        ("sqrt(abs(x - 0.3))", {}, ((0.3, 0.3),)),
        ("x^a", {"a": 2}, ((-INF, 0.0),)),
        ("abs(x)^a", {"a": 2}, ()),
        ("sqrt(x - 1)*sqrt(4 - x)", {}, ((-INF, 1.0), (4.0, INF))),
        ("exp(x)", {}, ((88.722836, INF),)),
        ("sin(x)/x", {}, ((0.0, 0.0),)),
    ],
)
def test_places_without_a_finite_value_or_derivative_are_found(text: str, starts: dict[str, float], places: Any) -> None:
    found = formula_report(text, **starts).not_finite
    assert len(found) == len(places)
    for one, other in zip(found, places, strict=True):
        assert one == pytest.approx(other, abs=1e-5)


@pytest.mark.parametrize(
    ("text", "starts", "sentences"),
    [
        ("x * sigmoid(a*x) + b", {"a": 1, "b": 0}, ()),
        (
            "relu(x)",
            {},
            ("No gradient for x below 0: a unit whose inputs all lie there learns nothing.", "Not differentiable at x = 0."),
        ),
        (
            "where(x < 0, 0, 1) + a*b*x",
            {"a": 0, "b": 0},
            (
                "The value jumps at x = 0; no gradient tells of that.",
                "No gradient for any x: a unit whose inputs all lie there learns nothing.",
                "'a' gets no gradient at these values.",
                "'b' gets no gradient at these values.",
                "f(0) is 1, not 0: an input of 0 does not stay 0.",
            ),
        ),
        (
            "max(x, min(-2, x/2))",
            {},
            (
                "No gradient for x between -4 and -2: a unit whose inputs all lie there learns nothing.",
                "Not differentiable at x = -4 and -2.",
            ),
        ),
        (
            "1/x + 1/(x - 1)",
            {},
            ("The value or a derivative is not a finite number at x = 0 and 1 (in float32).",),
        ),
        (
            "exp(x)",
            {},
            (
                "The value or a derivative is not a finite number for x above 88.72 (in float32).",
                "The value reaches a size of 4.9e+08 within [-20, 20]; training can diverge.",
                "f(0) is 1, not 0: an input of 0 does not stay 0.",
            ),
        ),
        (
            "abs(sin(x))",
            {},
            ("Not differentiable at x = -18.85, -15.71, -12.57, -9.425, -6.283 and 8 more places.",),
        ),
    ],
)
def test_the_warnings_are_whole_sentences(text: str, starts: dict[str, float], sentences: tuple[str, ...]) -> None:
    assert formula_report(text, **starts).warnings == sentences


def test_the_report_on_a_made_formula_is_that_of_its_starts() -> None:
    module = make_activation("formula", formula="max(x, a*x)", a=0.1)
    assert isinstance(module, Formula)
    assert formula_report(module) == formula_report("max(x, a*x)", a=0.1)
    assert formula_report(module).facts == ("The values are unbounded below and above.", "f(0) = 0.")


def test_a_report_on_a_wrong_formula_is_refused() -> None:
    with pytest.raises(
        FormulaError, match=r"^'a' at position 3 of the formula 'x\*a' has no start value; give one, such as a=1\."
    ):
        formula_report("x*a")


@pytest.mark.parametrize(
    ("text", "place"),
    [("log(x)", "for x below 0"), ("1/x", "at x = 0"), ("x/(exp(x) - 1)", "at x = 0")],
)
def test_a_formula_that_can_break_training_warns_when_it_is_made(text: str, place: str) -> None:
    with pytest.warns(UserWarning) as caught:
        activation_from_formula(text)
    sentence = f"The value or a derivative is not a finite number {place} (in float32)."
    assert [str(w.message) for w in caught] == [f"The formula '{text}' can break training. {sentence}"]
    assert caught[0].filename == __file__


@pytest.mark.parametrize("text", ["exp(x/10)", "relu(x)", "where(x < 0, 0, 1)"])
def test_other_formulas_are_made_without_a_warning(text: str) -> None:
    with warnings.catch_warnings(record=True) as caught:
        activation_from_formula(text)
    assert caught == []
