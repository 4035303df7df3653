"""The tables of one activation against its formula written a second time in NumPy."""

import math

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import ndtr

from core.activations import NoiseStream, activation_names, describe, make_activation, noise
from core.analysis.catalogue import normal_passage, parameter_slopes, passage_of, shape_table
from core.analysis.choice import make_chosen, read_choice
from core.errors import ExplorerError, UnknownNameError
from tests.activations.conftest import as_arrays, parameter_sets
from tests.activations.reference import REFERENCES, Reference

NAMES = activation_names()
#: Its grids miss the poles that the references have at ±0.5.
REACH = (-5.1, 5.1)


def scalars(name: str, values: dict) -> dict[str, float]:
    """Return values of parameters by the names of the numbers in the formula: w becomes w.relu, w.sigmoid …"""
    parts = make_activation(name).components
    pairs = [(f"{k}.{p}", v[i]) for k, v in values.items() if k in parts for i, p in enumerate(parts[k])]
    return dict(pairs) | {k: v for k, v in values.items() if k not in parts}


def cases() -> list[tuple[str, dict]]:
    return [(name, values) for name in NAMES for values in parameter_sets(make_activation(name))]


@pytest.mark.parametrize(("name", "values"), cases(), ids=str)
def test_value_and_both_derivatives_equal_the_formula(name: str, values: dict) -> None:
    table, reference = shape_table(name, scalars(name, values), x_range=REACH, points=81), REFERENCES[name]
    x, numbers = table["x"].to_numpy(), as_arrays(values)
    assert (x[0], x[40], x[-1]) == (-5.1, 0, 5.1)
    np.testing.assert_allclose(table["y"], reference.value(x, **numbers), rtol=1e-11, atol=1e-13)
    slope = reference.derivative(x, **numbers)
    np.testing.assert_allclose(table["derivative"], np.broadcast_to(slope, x.shape), rtol=1e-11, atol=1e-13)
    used = slope if reference.backward is None else reference.backward(x, **numbers)
    np.testing.assert_allclose(table["backward_derivative"], np.broadcast_to(used, x.shape), rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(table["start"], _start(name, reference, x), rtol=1e-6, atol=1e-7)


def _start(name: str, reference: Reference, x: np.ndarray) -> np.ndarray:
    first = parameter_sets(make_activation(name))[0]
    return reference.value(x, **as_arrays(first))


@pytest.mark.parametrize(("name", "values"), [c for c in cases() if REFERENCES[c[0]].parameters], ids=str)
def test_the_slopes_in_the_parameters_equal_the_formula_and_are_0_below_a_floor(name: str, values: dict) -> None:
    table, reference = parameter_slopes(name, scalars(name, values), x_range=REACH, points=41), REFERENCES[name]
    module = make_activation(name)
    assert list(dict.fromkeys(table["parameter"])) == list(module.scalar_names)
    x = np.linspace(*REACH, 41)
    for key, formula in reference.parameters.items():
        expected = np.broadcast_to(formula(x, **as_arrays(values)).T, (len(module.components.get(key, "x")), 41))
        parts = module.components.get(key)
        for row, scalar in zip(expected, [f"{key}.{p}" for p in parts] if parts else [key], strict=True):
            mine = table[table["parameter"] == scalar]
            np.testing.assert_allclose(mine["backward_derivative"], row, rtol=1e-11, atol=1e-13)
            held = np.max(values[key]) < module.floors.get(key, -math.inf)
            np.testing.assert_allclose(mine["derivative"], np.zeros(41) if held else row, rtol=1e-11, atol=1e-13)


def test_without_parameters_there_are_no_slopes() -> None:
    assert parameter_slopes("relu").empty


def test_settings_are_said_in_the_text_or_beside_it() -> None:
    x = shape_table("leaky_relu:negative_slope=0.3")
    assert x["y"].iloc[0] == pytest.approx(-1.5)
    assert shape_table("leaky_relu", options={"negative_slope": 0.3}).equals(x)
    assert shape_table("CosLU:a=2", {"b": 0.0})["y"].iloc[200] == pytest.approx(1.0)
    own = shape_table("formula:a*x^2,a=0.5", x_range=(0, 2), points=3)
    assert own["y"].tolist() == [0.0, 0.5, 2.0]
    assert own["derivative"].tolist() == [0.0, 1.0, 2.0]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("coslu:c=1", "CosLU has no parameter or option 'c'. It has: a, b."),
        ("relu:a=1", "ReLU has no parameter or option 'a'. It has none."),
        ("coslu:a=wide", "a of CosLU must be a finite number; received 'wide'."),
        ("coslu:a=inf", "a of CosLU must be a finite number; received inf."),
        ("eelu:eps=-1", "eps of EELU must be a number of at least 0; received -1."),
        ("lincomb:w=1", "LinComb has no parameter or option 'w'. It has: w.relu, w.sigmoid, w.tanh, w.softsign."),
    ],
)
def test_a_setting_that_it_does_not_have_is_answered_with_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ExplorerError) as caught:
        shape_table(text)
    assert str(caught.value) == sentence


def test_an_unknown_activation_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match=r"^Unknown activation 'coslou'\. Did you mean 'coslu'\?"):
        shape_table("coslou")


@pytest.mark.parametrize("text", ["coslu", "eelu:alpha=0.5,eps=0.2", "lincomb:w.relu=0.5", "pdrelu:shape=ramp,t=3.0"])
def test_a_choice_reads_back_as_it_was_written(text: str) -> None:
    assert read_choice(text).text == text


# --- noise -------------------------------------------------------------------------------------------------------------


def test_the_noise_band_of_a_uniform_slope_holds_its_middle_95_percent() -> None:
    table = shape_table("erelu:eps=0.4", points=11)
    right = table[table["x"] > 0]
    np.testing.assert_allclose(right["low"], right["x"] * (1 - 0.95 * 0.4), rtol=1e-3)
    np.testing.assert_allclose(right["high"], right["x"] * (1 + 0.95 * 0.4), rtol=1e-3)
    left = table[table["x"] <= 0]
    assert (left["low"] == left["y"]).all() and (left["high"] == left["y"]).all()
    below = shape_table("rrelu:lower=0.1,upper=0.5", points=11).iloc[0]
    assert (below["low"], below["high"]) == pytest.approx((-5 * (0.3 + 0.95 * 0.2), -5 * (0.3 - 0.95 * 0.2)), rel=1e-3)


def width(eps: float, *, reject: bool) -> float:
    """Return q with P(|k − 1| ≤ q) = 0.95 for EELU's slope k, sigma ~ U(0, eps), by numerical integration."""

    def inside(q: float, sigma: float) -> float:
        wide = 2 * ndtr(q / sigma) - 1
        return wide / (2 * ndtr(1 / sigma) - 1) if reject else wide

    def share(q: float) -> float:
        return quad(lambda sigma: inside(q, sigma) if sigma else 1.0, 0, eps, limit=200)[0] / eps

    return min(brentq(lambda q: share(q) - 0.95, 1e-6, 10 * eps), 1.0)


@pytest.mark.parametrize(("eps", "reject"), [(0.1, False), (0.5, False), (2.0, False), (0.5, True), (2.0, True)])
def test_the_noise_band_of_eelu_is_that_of_its_law(eps: float, reject: bool) -> None:
    text = f"eelu:eps={eps},truncation={'reject' if reject else 'clip'}"
    last = shape_table(text, points=11).iloc[-1]
    expected = width(eps, reject=reject)
    assert (last["high"] / 5 - 1, 1 - last["low"] / 5) == pytest.approx((expected, expected), rel=5e-3)


def test_95_percent_of_the_noisy_outputs_of_forward_passes_lie_in_the_band() -> None:
    module = make_chosen(read_choice("eelu:eps=0.4"))
    low, high = shape_table("eelu:eps=0.4", points=11).iloc[-1][["low", "high"]]
    inside = []
    for number in range(400):
        with torch.no_grad(), noise(module, generator=NoiseStream(0, "band", number)):
            y = module(torch.full((200, 1), 5.0, dtype=torch.float64))
        inside.append(((y >= low) & (y <= high)).double().mean().item())
    assert np.mean(inside) == pytest.approx(0.95, abs=0.012)


@pytest.mark.parametrize("name", NAMES)
def test_only_stochastic_activations_have_a_band_and_it_can_be_left_out(name: str) -> None:
    table = shape_table(name, points=11)
    banded = bool((table["high"] > table["low"]).any())
    assert banded == describe(name).stochastic
    assert (table["low"] <= table["y"] + 1e-12).all() and (table["high"] >= table["y"] - 1e-12).all()
    off = shape_table(name, points=11, noise=False)
    assert (off["low"] == off["y"]).all() and (off["high"] == off["y"]).all()


# --- a normal distribution ---------------------------------------------------------------------------------------------


def test_relu_halves_a_normal_distribution() -> None:
    table, found = normal_passage("relu")
    assert found.mean == pytest.approx(1 / math.sqrt(2 * math.pi), abs=1e-5)
    assert found.sd == pytest.approx(math.sqrt(0.5 - 1 / (2 * math.pi)), abs=1e-4)
    assert found.share_at_zero == pytest.approx(0.5, abs=1e-5)
    assert found.share_not_finite == 0
    single = table[table["low"] == table["high"]]
    assert single[["side", "low"]].to_numpy().tolist() == [["output", 0.0]]
    for side in ("input", "output"):
        assert table[table["side"] == side]["share"].sum() == pytest.approx(1.0, abs=2e-3)


def test_relun_piles_up_at_both_of_its_ends() -> None:
    table, found = normal_passage("relun", {"n": 1.0})
    single = table[table["low"] == table["high"]].set_index("low")["share"]
    assert single.to_dict() == pytest.approx({0.0: 0.5, 1.0: ndtr(-1)}, abs=1e-4)
    assert found.share_at_zero == pytest.approx(0.5, abs=1e-5)


def test_a_line_moves_and_stretches_the_distribution() -> None:
    _, found = normal_passage("formula:a*x + b,a=-2,b=3")
    assert (found.mean, found.sd, found.share_at_zero) == pytest.approx((3.0, 2.0, 0.0), abs=1e-3)


def test_selu_keeps_mean_and_spread() -> None:
    _, found = normal_passage("selu")
    assert (found.mean, found.sd) == pytest.approx((0.0, 1.0), abs=1e-3)


def test_outputs_that_are_no_numbers_are_counted_and_leave_no_mean() -> None:
    table, found = normal_passage("formula:log(x)")
    assert found.share_not_finite == pytest.approx(0.5, abs=1e-4)
    assert math.isnan(found.mean) and math.isnan(found.sd)
    assert table["share"].notna().all()
    assert passage_of(np.array([0.0, 0.0, 2.0, 2.0])).share_at_zero == 0.5
