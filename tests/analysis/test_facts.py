"""What is said of an activation is true of it."""

import math

import pytest

from core.activations import activation_names, activation_report, describe, make_activation
from core.analysis.facts import activation_facts

NAMES = activation_names()


def said(text: str, **parameters: float) -> dict[str, str]:
    return activation_facts(text, parameters).table.set_index("fact")["value"].to_dict()


@pytest.mark.parametrize("name", NAMES)
def test_what_is_measured_agrees_with_the_card(name: str) -> None:
    info, report = describe(name), activation_report(make_activation(name))
    assert report.bounded == info.bounded
    assert report.value_at_zero == pytest.approx(info.value_at_zero, abs=1e-7)
    assert report.not_finite == ()
    assert report.formula == name


@pytest.mark.parametrize(
    ("name", "kinks"),
    [
        ("relu", (0.0,)),
        ("relun", (0.0, 1.0)),
        ("silu", ()),
        ("elu", ()),
        ("selu", (0.0,)),
        ("delu", (0.0,)),
        ("pdrelu", (0.0,)),
    ],
)
def test_kinks_are_those_of_the_function(name: str, kinks: tuple[float, ...]) -> None:
    assert activation_report(make_activation(name)).kinks == pytest.approx(kinks, abs=1e-6)


def test_the_report_is_made_at_the_given_values() -> None:
    report = activation_report(make_activation("relun"), {"n": 2.3})
    assert (report.low, report.high, report.parameters) == (0.0, 2.3, {"n": 2.3})
    assert activation_report(make_activation("shilu"), {"b": 0.25}).value_at_zero == 0.25
    assert activation_report(make_activation("coslu"), {"a": 0.0}).idle == ("b",)
    assert activation_report(make_activation("eelu"), {"alpha": -1.0}).low == 0.0


def test_a_pseudo_derivative_has_a_gradient_where_the_function_has_none() -> None:
    report = activation_report(make_activation("pdrelu"))
    assert report.flat == ((-math.inf, 0.0),)
    ((low, high),) = report.flat_in_training
    assert low == -math.inf and high == pytest.approx(math.log(1e-6), abs=1e-4)
    assert not any("No gradient" in sentence for sentence in report.warnings)


def test_the_facts_of_relu() -> None:
    assert said("relu") == {
        "Learns": "nothing",
        "Default sharing": "nothing to share",
        "Noise": "none",
        "Gradient in training": "that of the function",
        "Outputs": "0 to ∞",
        "Bounded": "no",
        "Value at 0": "0",
        "Not differentiable": "at x = 0",
        "Gradient below 0.000001": "for inputs below 0",
        "Can a unit die?": "yes, one whose inputs all lie below 0",
    }


@pytest.mark.parametrize(
    ("text", "fact", "value"),
    [
        ("coslu", "Learns", "2 parameters: a, b"),
        ("lincomb", "Learns", "4 parameters: w.relu, w.sigmoid, w.tanh, w.softsign"),
        ("eelu", "Default sharing", "channel"),
        ("eelu", "Noise", "in training, off in evaluation"),
        ("pdrelu", "Gradient in training", "a pseudo derivative in place of the function's own"),
        (
            "eelu",
            "Gradient in training",
            "that of the function; below its limit a parameter learns all the same (max(0, alpha) and max(0, beta))",
        ),
        ("pdrelu", "Can a unit die?", "no, all inputs between −5 and 5 have a gradient"),
        ("pdrelu", "Gradient below 0.000001", "for inputs below −13.82"),
        ("leaky_relu", "Can a unit die?", "no, all inputs between −5 and 5 have a gradient"),
        ("leaky_relu", "Gradient below 0.000001", "nowhere"),
        ("formula:max(x, min(-2, x/2))", "Can a unit die?", "yes, one whose inputs all lie between −4 and −2"),
        ("formula:log(x) / (x - 2)", "Not differentiable", "not a finite number below 0 and at 2"),
        ("relun", "Outputs", "0 to 1"),
        ("relun", "Can a unit die?", "yes, one whose inputs all lie below 0 or above 1"),
        ("silu", "Not differentiable", "nowhere: it is smooth"),
        ("silu", "Outputs", "−0.2785 to ∞"),
        ("pdrelu:shape=window", "Can a unit die?", "yes, one whose inputs all lie below −2"),
        ("formula:where(x < 0, 1, 2)", "Can a unit die?", "it is dead from the start: no input has a gradient"),
        ("formula:sqrt(-1 - x^2)", "Outputs", "no output is a number"),
    ],
)
def test_a_fact_in_words(text: str, fact: str, value: str) -> None:
    assert said(text)[fact] == value


def test_facts_follow_the_values() -> None:
    assert said("relun", n=2.0)["Outputs"] == "0 to 2"
    assert said("prelu", a=0.0)["Can a unit die?"] == "yes, one whose inputs all lie below 0"
