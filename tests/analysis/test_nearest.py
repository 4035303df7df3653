"""What a curve became: by value, against functions of torch and answers known by hand."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from core.analysis.classics import CLASSICS
from core.analysis.nearest import Fit, _decide, _distances, nearest_function, nearest_functions
from core.analysis.nearest_record import LIMIT, Nearest

X = np.linspace(-4, 4, 161)
NORMAL = np.exp(-(X**2) / 2)

#: The candidates written a second time, by torch.
SECOND = {
    "linear": lambda x: x,
    "ReLU": F.relu,
    "SiLU": F.silu,
    "GELU": F.gelu,
    "Softplus": F.softplus,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "softsign": F.softsign,
    "abs": torch.abs,
    "square": torch.square,
    "LeakyReLU(0.18)": lambda x: F.leaky_relu(x, 0.18),
    "LeakyReLU(−0.60)": lambda x: F.leaky_relu(x, -0.6),
    "ELU(1.3)": lambda x: F.elu(x, 1.3),
    "Swish(2.7)": lambda x: x * torch.sigmoid(2.7 * x),
    "clipped ReLU(0.80)": lambda x: x.clamp(0, 0.8),
}


def second(name: str) -> np.ndarray:
    return SECOND[name](torch.tensor(X)).numpy()


@pytest.mark.parametrize("name", SECOND)
@pytest.mark.parametrize(("scale", "offset"), [(1.0, 0.0), (-0.37, 2.1), (250.0, -80.0)])
def test_every_function_is_found_whatever_its_scale_and_offset(name, scale, offset):
    found = nearest_function(X, scale * second(name) + offset, NORMAL)
    assert (found.kind, found.name) == ("found", name)
    assert found.distance < 1e-4
    assert found.scale == pytest.approx(scale, rel=1e-3)
    assert found.offset == pytest.approx(offset, abs=2e-3 * abs(scale))
    assert found.runner_up


def test_the_distance_is_what_is_left_of_the_spread():
    # f = relu on −1, 0, 1: variance 2/9, covariance with x 1/3, variance of x 2/3, so r² = 3/4 and the distance to linear 1/2.
    x = np.array([-1.0, 0.0, 1.0])
    distance, scale, offset = _distances(x[None], np.maximum(x, 0), np.full(3, 1 / 3))
    assert (distance[0], scale[0], offset[0]) == pytest.approx((0.5, 0.5, 1 / 3))


def test_an_even_curve_is_no_nearer_to_linear_than_to_a_constant():
    assert _distances(X[None], np.abs(X), NORMAL / NORMAL.sum())[0][0] == pytest.approx(1)


def test_linear_within_x_percent_counts_where_the_inputs_are_small():
    # x sigmoid(x) is about x / 2 + x² / 4; for inputs of sd s the square leaves s / sqrt(2) of the spread
    x = X / 100
    found = nearest_function(x, F.silu(torch.tensor(x)).numpy(), NORMAL)
    assert (found.kind, found.name) == ("found", "linear")
    assert found.distance == pytest.approx(0.01 / np.sqrt(2), rel=0.01)
    assert nearest_function(10 * x, F.silu(torch.tensor(10 * x)).numpy(), NORMAL).name == "SiLU"


def test_only_the_inputs_that_occur_count():
    positive = np.where(X > 0.5, NORMAL, 0)
    assert nearest_function(X, second("ReLU"), positive).name == "linear"
    assert nearest_function(X, second("LeakyReLU(0.18)"), positive).name == "linear"


def test_a_special_case_counts_before_its_family():
    assert nearest_function(X, second("ReLU") + 0.001 * X, NORMAL).name == "ReLU"
    assert nearest_function(X, second("SiLU"), NORMAL).name == "SiLU"
    slope = nearest_function(X, second("ReLU") + 0.1 * np.minimum(X, 0), NORMAL)
    assert (slope.name, slope.runner_up_distance > slope.distance) == ("LeakyReLU(0.10)", True)


BY_NAME = {classic.name: classic for classic in CLASSICS}


def decided(**distances: float) -> Nearest:
    """Return what is said of fits at these distances."""
    fits = [Fit(BY_NAME[name], 1.2, distance, 1.0, 0.0) for name, distance in distances.items()]
    return _decide(sorted(fits, key=lambda fit: fit.distance))


def test_two_equally_simple_functions_within_a_percent_cannot_be_told_apart():
    found = decided(Swish=0.019, SiLU=0.02, GELU=0.027, tanh=0.4)
    assert (found.kind, found.name, found.runner_up) == ("cannot tell", "SiLU", "GELU")
    assert found.label == "SiLU or GELU"
    families = decided(Swish=0.02, ELU=0.021, SiLU=0.04)
    assert (families.kind, families.label) == ("cannot tell", "Swish(1.2) or ELU(1.2)")


def test_within_a_percent_the_simplest_counts():
    found = decided(ELU=0.012, SiLU=0.02, Swish=0.019, GELU=0.05)
    assert (found.kind, found.name, found.runner_up) == ("found", "SiLU", "ELU(1.2)")
    assert decided(linear=0.009, SiLU=0.0, GELU=0.001).label == "linear · 0.9 %"
    assert decided(linear=0.019, SiLU=0.0, GELU=0.02).name == "SiLU"


def test_the_runner_up_contains_not_the_function_itself():
    assert decided(ReLU=0.0, LeakyReLU=0.0, ELU=0.0, SiLU=0.07).runner_up == "SiLU"
    assert decided(ReLU=0.05, LeakyReLU=0.0, SiLU=0.07).runner_up == "ReLU"


def test_what_no_function_comes_near_is_told_so():
    found = nearest_function(X, np.sin(5 * X), NORMAL)
    assert found.kind == "none"
    assert found.distance > LIMIT
    assert found.name and found.runner_up
    assert found.label == "no match"


def test_a_flat_curve_is_a_constant_and_nothing_measured_is_nothing_said():
    assert nearest_function(X, np.full_like(X, 3.0), NORMAL) == Nearest(
        kind="found", name="constant", family="constant", distance=0.0, scale=0.0, offset=pytest.approx(3.0)
    )
    assert nearest_function(X, X, np.zeros_like(X)).kind == "not measured"
    assert nearest_function(X, np.where(X > 3, np.inf, X), NORMAL).kind == "not measured"
    assert nearest_function(X, np.where(X > 3, np.inf, X), np.where(X > 3, 0, 1)).name == "linear"


def test_many_curves_are_answered_one_by_one():
    curves = np.stack([second("ELU(1.3)"), -second("tanh"), second("Swish(2.7)")])
    found = nearest_functions(X, curves, NORMAL)
    assert [n.name for n in found] == ["ELU(1.3)", "tanh", "Swish(2.7)"]
    assert found == [nearest_function(X, curve, NORMAL) for curve in curves]


def test_the_scale_of_the_weights_does_not_matter():
    one, other = (nearest_function(X, second("GELU"), k * NORMAL) for k in (1, 1e-6))
    assert one.name == other.name
    assert one.distance == pytest.approx(other.distance, abs=1e-9)


@pytest.mark.parametrize(("distance", "text"), [(0.0212, "SiLU · 2 %"), (0.004, "SiLU · 0.4 %"), (math.nan, "SiLU · –")])
def test_a_label_is_name_and_distance(distance, text):
    assert Nearest(kind="found", name="SiLU", distance=distance).label == text
