"""PD-ReLU's five shapes, and the criteria measured for them and for others."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from core.activations import make_activation, noise, pseudo_derivative_criteria, true_gradients
from core.errors import ExplorerError, UnknownNameError

X = np.array([-1e4, -5.0, -2.0001, -1.9999, -1.0, -0.3, -1e-9, 0.0, 1e-9, 0.7, 3.0, 1e4])


def _left(below: np.ndarray) -> np.ndarray:
    return np.where(X >= 0, 1.0, below)


SHAPES = {
    "exponential": ({}, _left(np.exp(np.minimum(X, 0)))),
    "ramp": ({}, np.clip(1 + X / 2, 0, 1)),
    "sigmoid": ({}, 1 / (1 + np.power(2.0, -np.clip(X, -1000, 1000)))),
    "window": ({}, _left(np.where(X > -2, 0.5, 0.0))),
    "constant": ({}, _left(np.full_like(X, 0.01))),
}
OTHERS = {
    "exponential": ({"t": 0.5}, _left(np.exp(np.minimum(X, 0) / 0.5))),
    "ramp": ({"t": 4}, np.clip(1 + X / 4, 0, 1)),
    "sigmoid": ({"s": 3}, 1 / (1 + np.exp(-3 * np.clip(X, -200, 200)))),
    "window": ({"t": 1.5, "c": 0.2}, _left(np.where(X > -1.5, 0.2, 0.0))),
    "constant": ({"c": 0.3}, _left(np.full_like(X, 0.3))),
}


@pytest.mark.parametrize("which", [SHAPES, OTHERS], ids=["defaults", "options"])
@pytest.mark.parametrize("shape", SHAPES)
def test_training_sees_the_pseudo_derivative_and_the_output_is_relu(shape: str, which: dict) -> None:
    options, expected = which[shape]
    module = make_activation("pdrelu", shape=shape, **options).double()
    x = torch.tensor(X, requires_grad=True)
    y = module(x)
    y.sum().backward()
    assert torch.equal(y.detach(), torch.relu(x.detach()))
    assert x.grad is not None
    np.testing.assert_allclose(x.grad.numpy(), expected, rtol=1e-12, atol=1e-80)
    np.testing.assert_allclose(module.backward_derivative(torch.tensor(X)).numpy(), expected, rtol=1e-12, atol=1e-80)


@pytest.mark.parametrize("shape", SHAPES)
def test_true_gradients_are_those_of_relu_for_every_shape(shape: str) -> None:
    module, x = make_activation("pdrelu", shape=shape).double(), torch.tensor(X, requires_grad=True)
    with true_gradients(module):
        module(x).sum().backward()
    assert x.grad is not None and torch.equal(x.grad, (x.detach() > 0).double())


@pytest.mark.parametrize(
    ("shape", "continuous", "vanishes", "area", "departure", "at_zero"),
    [
        ("exponential", True, True, 1.0, 0.0, 1.0),
        ("ramp", True, True, 1.0, 0.0, 1.0),
        ("sigmoid", True, True, 1.0, 0.5, 0.5),
        ("window", False, True, 1.0, 0.0, 1.0),
        ("constant", False, False, math.inf, 0.0, 1.0),
    ],
)
def test_criteria_of_the_five_shapes(
    shape: str, continuous: bool, vanishes: bool, area: float, departure: float, at_zero: float
) -> None:
    found = pseudo_derivative_criteria(make_activation("pdrelu", shape=shape).double().backward_derivative)
    assert (found.continuous_at_zero, found.vanishes, found.monotone, found.at_most_one) == (continuous, vanishes, True, True)
    assert found.area_below_zero == pytest.approx(area, rel=1e-4)
    assert found.departure_above_zero == pytest.approx(departure, abs=1e-5)
    assert found.value_at_zero == at_zero


@pytest.mark.parametrize(
    ("p", "monotone", "largest", "area"),
    [
        (lambda x: torch.exp(-x * x), False, 1.0, math.sqrt(math.pi) / 2),
        (lambda x: 1.5 * torch.sigmoid(2 * x), True, 1.5, 0.75 * math.log(2)),
        (lambda x: torch.where(x < 0, (1 - x) ** -2.0, 1.0), True, 1.0, 1.0),
    ],
    ids=["bump", "too high", "slow tail"],
)
def test_criteria_are_measured_for_any_function(p, monotone: bool, largest: float, area: float) -> None:
    found = pseudo_derivative_criteria(p)
    assert found.monotone == monotone and found.largest == pytest.approx(largest)
    assert found.at_most_one == (largest <= 1)
    assert found.area_below_zero == pytest.approx(area, rel=1e-4)


@pytest.mark.parametrize(
    ("options", "kind", "sentence"),
    [
        (
            {"shape": "rampp"},
            UnknownNameError,
            "Unknown shape of PD-ReLU 'rampp'. Did you mean 'ramp'? Known: exponential, ramp, sigmoid, window, constant.",
        ),
        (
            {"shape": "ramp", "s": 1},
            ExplorerError,
            "PD-ReLU with shape='ramp' has no option 's'. Its options: shape, t.",
        ),
        ({"shape": "window", "c": -1}, ExplorerError, "c of PD-ReLU must be a number above 0; received -1."),
    ],
)
def test_wrong_options_are_answered_with_a_sentence(options: dict, kind: type[ExplorerError], sentence: str) -> None:
    with pytest.raises(kind) as caught:
        make_activation("pdrelu", **options)
    assert str(caught.value) == sentence


def test_pseudo_derivatives_keep_one_tensor_like_all_others() -> None:
    for shape in SHAPES:
        module, kept = make_activation("pdrelu", shape=shape), []
        hooks = torch.autograd.graph.saved_tensors_hooks(lambda t: kept.append(t) or t, lambda t: t)  # noqa: B023
        with hooks, noise(module):
            module(torch.randn(5, 7, requires_grad=True))
        assert sum(isinstance(t, Tensor) and t.numel() > 1 for t in kept) == 1
