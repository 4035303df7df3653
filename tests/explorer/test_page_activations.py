"""Activations: every function, a formula of one's own, pseudo derivatives; a link restores each of them."""

import base64
import re
from pathlib import Path

import numpy as np
import pytest

from core.activations import activation_names, describe
from core.analysis.groups import TITLES
from explorer import activations_data as data

from .conftest import Open, Opened
from .made_runs import make_run
from .test_view import ids


def curve(tab: Opened, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return x and y of a trace of the figure at the top."""
    (trace,) = [t for t in tab.charts[0]["data"] if t["name"] == name]
    x, y = (np.frombuffer(base64.b64decode(trace[axis]["bdata"]), trace[axis]["dtype"]) for axis in "xy")
    return x, y


def test_the_list_is_the_registry_and_so_are_the_titles() -> None:
    assert set(data.NAMES) == set(activation_names())
    assert {name: describe(name).title for name in TITLES} == TITLES


def test_every_function_is_shown_with_formula_figures_facts_and_paper(open_app: Open) -> None:
    tab = open_app("activations")
    for name in activation_names():
        info = describe(name)
        tab.go("activations", activation=name)
        assert len(tab.charts) == 2, name
        assert f"{info.title} and its derivative" in tab.text, name
        assert [e.value for e in tab.test.main.get("latex")] == [f"$$\n{info.formula}\n$$"], name
        assert "Can a unit die?" in tab.text, name
        assert "Differs from the paper:" in tab.text, name
        assert len(tab.test.slider) == len(data.Settings(name).numbers) + len(data.Settings(name).constants), name
        assert tab.query["activation"] == name


def test_the_function_of_the_run_opens_first(open_app: Open, demo: str) -> None:
    (run,) = ids(demo, "eelu-s0")
    assert "EELU and its derivative" in open_app("activations", run=run).text


def test_a_link_restores_parameters_and_options(open_app: Open) -> None:
    tab = open_app("activations", activation="coslu:a=1.5,b=0.0", reach="2")
    x, y = curve(tab, "CosLU")
    assert (x[0], x[-1]) == (-2, 2)
    np.testing.assert_allclose(y, (x + 1.5) / (1 + np.exp(-x)))
    assert tab.test.slider(key="slide_activation_a").value == 1.5
    assert "a = 1.5, b = 0" in tab.text
    tab.go("compare")
    tab.go("activations")
    assert tab.query["activation"] == "coslu:a=1.5,b=0.0"


def test_slider_and_box_of_a_number_change_the_link(open_app: Open) -> None:
    tab = open_app("activations", activation="coslu")
    tab.test.slider(key="slide_activation_a").set_value(2.0)
    tab.run()
    assert tab.query["activation"] == "coslu:a=2.0"
    tab.test.number_input(key="type_activation_b").set_value(12.5)
    tab.run()
    assert tab.query["activation"] == "coslu:a=2.0,b=12.5"
    assert tab.test.slider(key="slide_activation_b").value == 12.5
    tab.button("Back to the start")
    assert tab.query["activation"] == "coslu"


def test_an_option_that_is_a_word_drops_the_numbers_that_do_not_go_with_it(open_app: Open) -> None:
    tab = open_app("activations", activation="pdrelu:shape=ramp,t=3.0")
    tab.test.selectbox(key="activation_pdrelu_shape").select("constant")
    tab.run()
    assert tab.query["activation"] == "pdrelu:shape=constant"
    tab.test.slider(key="slide_activation_c").set_value(0.2)
    tab.run()
    assert tab.query["activation"] == "pdrelu:c=0.2,shape=constant"
    assert "Dashed: the derivative that training uses" in tab.text


def test_another_function_starts_at_its_own_start(open_app: Open) -> None:
    tab = open_app("activations", activation="eelu:alpha=0.5,eps=0.2")
    tab.test.selectbox(key="choose_activation").select("sinlu")
    tab.run()
    assert tab.query["activation"] == "sinlu"


def test_noise_has_a_band_and_its_absence_none(open_app: Open) -> None:
    tab = open_app("activations", activation="erelu")
    assert "The band holds 95 %" in tab.text
    tab.go("activations", activation="relu")
    assert "The band holds" not in tab.text


@pytest.mark.parametrize(
    ("text", "sentence", "button", "after"),
    [
        ("coslou", "There is no activation “coslou” here.", "Show CosLU", "coslu"),
        ("coslu:c=1", "CosLU has no parameter or option 'c'. It has: a, b.", "Open CosLU without its settings", "coslu"),
        ("eelu:eps=-1", "eps of EELU must be a number of at least 0; received -1.", "Open EELU without its settings", "eelu"),
    ],
)
def test_a_link_that_asks_for_what_is_not_here_says_so(
    open_app: Open, text: str, sentence: str, button: str, after: str
) -> None:
    tab = open_app("activations", activation=text)
    assert sentence in tab.text.replace("\\", "")
    assert tab.charts == []
    assert tab.query["activation"] == text
    tab.button(button)
    assert tab.query["activation"] == after
    assert len(tab.charts) == 2


def test_a_formula_has_its_parameters_found_and_its_command(open_app: Open) -> None:
    tab = open_app("activations", part="formula", formula="x*tanh(a*x) + b", starts="a:0.5")
    x, y = curve(tab, "f")
    np.testing.assert_allclose(y, x * np.tanh(0.5 * x) + 1)
    assert [s.label for s in tab.test.slider] == ["a", "b"]
    assert '--activation "formula:x*tanh(a*x) + b,a=0.5,b=1.0"' in tab.text
    assert "f(0) is 1, not 0" in tab.text
    tab.test.slider(key="slide_starts_b").set_value(0.0)
    tab.run()
    assert tab.query["starts"] == "a:0.5,b:0"
    tab.test.text_input(key="text_formula").set_value("c*x")
    tab.run()
    assert tab.query["formula"] == "c*x"
    assert [s.label for s in tab.test.slider] == ["c"]


@pytest.mark.parametrize(
    ("formula", "words", "column"),
    [
        ("x * sigmod(a*x)", "Unknown function 'sigmod' at position 5", 5),
        ("x + ", "is expected at position 4", 4),
        ("__import__('os').system('ls')", "'_' at position 1", 1),
    ],
)
def test_a_wrong_formula_is_answered_whole_with_a_caret_under_the_place(
    open_app: Open, formula: str, words: str, column: int
) -> None:
    tab = open_app("activations", part="formula", formula=formula)
    assert words in tab.text.replace("\\", "")
    (lines,) = [c.value for c in tab.test.main.get("code")]
    assert lines == f"{' '.join(formula.split())}\n{' ' * (column - 1)}^"
    assert tab.charts == []
    assert tab.query["formula"] == formula


def test_starts_that_are_no_numbers_are_named(open_app: Open) -> None:
    tab = open_app("activations", part="formula", formula="a*x", starts="a:much")
    assert "The link says starts=a:much, but it must be names and numbers, such as a:1.5,b:0." in tab.text
    tab.button("Open without starts")
    assert len(tab.charts) == 2


def test_the_designer_shows_both_derivatives_and_every_criterion(open_app: Open) -> None:
    tab = open_app("activations", part="pseudo", pseudo="window:c=0.25")
    x, y = curve(tab, "backward derivative")
    np.testing.assert_array_equal(y, np.where(x >= 0, 1.0, np.where(x > -2, 0.25, 0.0)))
    assert "No jump at 0: **:material/close: not met** (jump at 0: 0.75)" in tab.text
    assert "Lets a limited amount of false gradient through: **:material/check: met** (area below 0: 0.5)" in tab.text
    assert '--activation "pdrelu:shape=window,c=0.25"' in tab.text or '--activation "pdrelu:c=0.25,shape=window"' in tab.text
    tab.test.selectbox(key="choose_pseudo").select("sigmoid")
    tab.run()
    assert tab.query["pseudo"] == "sigmoid"
    assert "Equals the true derivative above 0: **:material/close: not met** (largest distance from 1: 0.5)" in tab.text


def test_an_unknown_shape_is_named(open_app: Open) -> None:
    tab = open_app("activations", part="pseudo", pseudo="rampp")
    assert "Unknown shape of PD-ReLU 'rampp'. Did you mean 'ramp'?" in tab.text
    tab.button("Show exponential")
    assert len(tab.charts) == 1


def test_a_pseudo_derivative_of_ones_own_is_drawn_and_judged(open_app: Open) -> None:
    tab = open_app("activations", part="pseudo", pseudo="own", p="h * exp(-x^2)", constants="h:2")
    x, y = curve(tab, "backward derivative")
    np.testing.assert_allclose(y, 2 * np.exp(-x * x))
    assert "Never falls from left to right: **:material/close: not met** (largest fall: 2)" in tab.text
    assert "At most 1: **:material/close: not met** (largest value: 2)" in tab.text
    tab.test.slider(key="slide_constants_h").set_value(1.0)
    tab.run()
    assert tab.query["constants"] == "h:1"
    tab.test.text_input(key="text_p").set_value("exp(x")
    tab.run()
    assert "The parenthesis that opens at position 4" in tab.text


def test_an_unknown_part_is_named_as_other_keys_are(open_app: Open) -> None:
    tab = open_app("activations", part="nosuch")
    assert "The link says part=nosuch; known are function, formula, pseudo." in tab.text
    assert tab.charts == []


def test_the_derivatives_in_the_parameters_open_on_request(open_app: Open) -> None:
    tab = open_app("activations", activation="apalu:a=-0.5")
    tab.test.session_state["answers"] = True
    tab.run()
    assert "Derivative of the output in each parameter" in tab.text
    names = [t["name"] for t in tab.charts[-1]["data"]]
    assert names == ["a", "a, in training", "b"]


def test_references_are_linked() -> None:
    assert data.linked("In X, arXiv 1511.07289, and doi 10.1016/j.neucom.2020.03.051") == (
        "In X, [arXiv 1511.07289](https://arxiv.org/abs/1511.07289), and "
        "[doi 10.1016/j.neucom.2020.03.051](https://doi.org/10.1016/j.neucom.2020.03.051)"
    )


@pytest.mark.parametrize("name", activation_names())
def test_every_slider_reaches_the_start_and_no_end_of_it_is_refused(name: str) -> None:
    chosen = data.Settings(name)
    for key, value in {**chosen.numbers, **chosen.constants}.items():
        low, high, step = chosen.range_of(key)
        assert low <= value <= high and 0 < step < high - low
        for end in (low, high):
            text = chosen.with_number(key, end)
            assert re.fullmatch(r"[\w.:=,-]+", text)
            assert {**data.Settings(text).numbers, **data.Settings(text).constants}[key] == pytest.approx(end)


def test_a_run_with_a_formula_is_named_by_it_where_it_has_no_noise(open_app: Open, tmp_path: Path) -> None:
    make_run(tmp_path / "own", "formula:max(x, a*x),a=0.1", 3, run_id="own-formula")
    tab = open_app("features", tmp_path / "own", run="own-formula")
    assert "No noise here.** max(x, a\\*x) gives the same output" in tab.text
