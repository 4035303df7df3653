import numpy as np
import pytest
import torch
from torch import nn

from core.activations import activation_names, describe, make_activation
from core.analysis.groups import TITLES
from core.analysis.shapes import evaluate_shape

X = np.linspace(-4.03, 4.01, 41)


@pytest.mark.parametrize("name", activation_names())
def test_a_shape_is_the_function_that_the_network_runs_and_its_slope(name):
    module = make_activation(name, sharing="channel", num_channels=3).double()
    with torch.no_grad():
        for p in module.parameters():
            p.add_(torch.linspace(0.1, 0.3, p.numel()).reshape(p.shape))
    shape = evaluate_shape(module, X)
    x = torch.as_tensor(X)[:, None].repeat(1, 3)  # (P, C)
    y = module.eval()(x).detach().numpy().T
    step = 1e-6
    slope = (module(x + step) - module(x - step)).detach().numpy().T / (2 * step)
    np.testing.assert_allclose(np.broadcast_to(shape.y, y.shape), y, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(np.broadcast_to(shape.derivative, y.shape), slope, rtol=1e-4, atol=1e-5)
    fresh = make_activation(name, sharing="layer").eval()(torch.as_tensor(X)).detach().numpy()
    np.testing.assert_allclose(shape.start, np.broadcast_to(fresh, shape.start.shape), rtol=1e-6, atol=1e-7)


def test_the_derivative_that_training_uses_is_another_one_for_pdrelu_only():
    for name in activation_names():
        shape = evaluate_shape(make_activation(name), X)
        assert np.allclose(shape.derivative, shape.backward_derivative) == (name != "pdrelu"), name


@pytest.mark.parametrize("module", [nn.ReLU(inplace=True), nn.Hardswish(), nn.Softplus(), nn.ELU(inplace=True)])
def test_torchs_own_modules_have_shapes_too(module):
    shape = evaluate_shape(module, X)
    np.testing.assert_allclose(shape.y[0], module(torch.tensor(X)).numpy())
    slope = (module(torch.tensor(X + 1e-6)) - module(torch.tensor(X - 1e-6))).numpy() / 2e-6
    np.testing.assert_allclose(shape.derivative[0], slope, atol=1e-5)
    assert (shape.start == shape.y).all()


def test_torchs_prelu_starts_at_a_quarter_and_has_a_curve_per_channel():
    module = nn.PReLU(2)
    with torch.no_grad():
        module.weight.copy_(torch.tensor([0.0, 1.0]))
    shape = evaluate_shape(module, X)
    np.testing.assert_allclose(shape.y, [np.maximum(X, 0), X])
    np.testing.assert_allclose(shape.start, [np.where(X > 0, X, X / 4)] * 2)
    assert module.weight.dtype == torch.float32


def test_the_titles_are_those_of_the_registry():
    assert {name: TITLES[name] for name in activation_names()} == {n: describe(n).title for n in activation_names()}
