"""Every registered activation against its formula written a second time in NumPy."""

import numpy as np
import pytest
import torch

from core.activations import Activation, activation_names, describe, make_activation, noise, transcendental, true_gradients

from .conftest import POINTS, as_arrays, parameter_sets, reference_of, set_parameters
from .reference import REFERENCES


def test_every_registered_activation_has_a_reference() -> None:
    assert set(activation_names()) == set(REFERENCES)


def test_initial_values_are_the_published_ones(module: Activation) -> None:
    assert module.start_values() == reference_of(module).start


def test_values_equal_the_formula(module: Activation) -> None:
    for values in parameter_sets(module):
        set_parameters(module, values)
        got = module(torch.tensor(POINTS, dtype=torch.float64)).detach().numpy()
        expected = reference_of(module).value(np.array(POINTS), **as_arrays(values))
        # torch's GELU takes 1 + erf, which loses the tail; fused products round x + a sin(b x) elsewhere
        np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-14 if module.name == "gelu" else 1e-46)


def test_input_gradients_equal_the_formula_of_training(module: Activation) -> None:
    reference = reference_of(module)
    for values in parameter_sets(module):
        set_parameters(module, values)
        x = torch.tensor(POINTS, dtype=torch.float64, requires_grad=True)
        module(x).sum().backward()
        expected = (reference.backward or reference.derivative)(np.array(POINTS), **as_arrays(values))
        assert x.grad is not None
        np.testing.assert_allclose(x.grad.numpy(), np.broadcast_to(expected, x.shape), rtol=1e-12, atol=1e-30)


def test_true_gradients_equal_the_derivative_of_the_forward_function(module: Activation) -> None:
    for values in parameter_sets(module):
        set_parameters(module, values)
        x = torch.tensor(POINTS, dtype=torch.float64, requires_grad=True)
        with true_gradients(module):
            module(x).sum().backward()
        expected = reference_of(module).derivative(np.array(POINTS), **as_arrays(values))
        assert x.grad is not None
        np.testing.assert_allclose(x.grad.numpy(), np.broadcast_to(expected, x.shape), rtol=1e-12, atol=1e-30)
        for key, parameter in module.named_parameters():
            assert parameter.grad is not None
            if np.max(values[key]) < module.floors.get(key, -np.inf):
                assert parameter.grad == 0
        module.zero_grad()


def test_parameter_gradients_equal_the_formula_even_for_clamped_values(module: Activation) -> None:
    for values in parameter_sets(module):
        set_parameters(module, values)
        for point in POINTS:
            module.zero_grad()
            module(torch.tensor(point, dtype=torch.float64, requires_grad=True)).backward()
            for key, formula in reference_of(module).parameters.items():
                grad = getattr(module, key).grad
                expected = formula(np.float64(point), **as_arrays(values))
                assert grad.shape == getattr(module, key).shape
                np.testing.assert_allclose(grad.numpy(), expected, rtol=1e-12, atol=1e-30)


def test_true_derivative_equals_finite_differences_away_from_kinks(module: Activation) -> None:
    x = torch.tensor([-6.0, -2.2, -0.9, -0.1, 0.1, 0.7, 1.3, 2.1, 6.0], dtype=torch.float64)
    for values in parameter_sets(module):
        set_parameters(module, values)
        step = 1e-6
        slope = (module.curve(x + step) - module.curve(x - step)) / (2 * step)
        torch.testing.assert_close(module.derivative(x), slope, rtol=1e-7, atol=1e-8)


def test_the_derivative_methods_are_what_autograd_sees(module: Activation) -> None:
    x = torch.linspace(-4, 4, 41, dtype=torch.float64, requires_grad=True)
    (used,) = torch.autograd.grad(module(x).sum(), x)
    with true_gradients(module):
        (true,) = torch.autograd.grad(module(x).sum(), x)
    torch.testing.assert_close(module.backward_derivative(x), used)
    torch.testing.assert_close(module.derivative(x), true)
    torch.testing.assert_close(module.curve(x), module(x).detach())


@pytest.mark.parametrize(
    ("name", "x", "slope"),
    [
        ("relu", 0.0, 0.0),
        ("relun", 0.0, 0.0),
        ("relun", 1.0, 0.0),
        ("delu", 0.0, 0.5),
        ("delu", -0.0, 0.5),
        ("eelu", 0.0, 1.0),
        ("eelu", -0.0, 1.0),
        ("apalu", 0.0, 1.5 * 0.55),
        ("coslu", 0.0, 0.5 + 0.25),
    ],
)
def test_derivative_at_a_kink_follows_the_convention(name: str, x: float, slope: float) -> None:
    for dtype in (torch.float32, torch.float64):
        point = torch.tensor([x], dtype=dtype, requires_grad=True)
        module = make_activation(name).to(dtype).eval()
        module(point).backward()
        assert point.grad is not None
        torch.testing.assert_close(point.grad, torch.tensor([slope], dtype=dtype))


def test_pseudo_derivative_at_zero_is_one_and_the_true_one_zero() -> None:
    module, zero = make_activation("pdrelu"), torch.zeros(1)
    assert module.backward_derivative(zero).item() == 1
    assert module.derivative(zero).item() == 0


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_smallest_numbers_lie_on_their_own_side_of_a_kink(dtype: torch.dtype) -> None:
    tiny = torch.tensor([-1.0, 1.0], dtype=dtype) * torch.finfo(dtype).smallest_normal
    slopes = make_activation("eelu").to(dtype).eval().derivative(tiny)
    torch.testing.assert_close(slopes, torch.tensor([0.25, 1.0], dtype=dtype))


def test_value_at_zero_of_the_card_is_the_value_at_zero(name: str) -> None:
    assert make_activation(name).eval().curve(torch.zeros(1)).item() == pytest.approx(describe(name).value_at_zero)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_nan_stays_nan_in_value_and_is_no_finite_number_elsewhere(name: str, dtype: torch.dtype) -> None:
    x = torch.tensor([1.0, float("nan"), -1.0], dtype=dtype, requires_grad=True)
    y = make_activation(name).eval()(x)
    assert y.isnan().tolist() == [False, True, False]
    y.sum().backward()
    assert x.grad is not None and x.grad[[0, 2]].isfinite().all()


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_at_infinity_stands_the_limit_where_the_formula_has_one(name: str, dtype: torch.dtype) -> None:
    ends = make_activation(name).eval()(torch.tensor([-np.inf, np.inf], dtype=dtype)).detach()
    expected = torch.tensor(REFERENCES[name].infinite, dtype=dtype)
    if name == "gelu":  # torch's own, which gives NaN, also at plus infinity in some dtypes
        expected = torch.nn.functional.gelu(torch.tensor([-np.inf, np.inf], dtype=dtype))
    torch.testing.assert_close(ends, expected, equal_nan=True)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_gradients_are_finite_wherever_the_input_is(name: str, dtype: torch.dtype) -> None:
    x = torch.tensor([-3e38, -1e4, -88.8, -1e-38, 1e-38, 88.8, 1e4], dtype=dtype, requires_grad=True)
    module = make_activation(name)
    with noise(module, on=False):
        module(x).sum().backward()
    assert x.grad is not None and x.grad.isfinite().all()


def test_smooth_start_of_apalu_has_one_slope_at_zero() -> None:
    module = make_activation("apalu", start="smooth")
    assert module.start_values() == {"a": 2 / 3, "b": 1.0}
    slopes = module.derivative(torch.tensor([-1e-20, 1e-20]))
    torch.testing.assert_close(slopes, torch.ones(2))


def test_options_change_the_function() -> None:
    x = torch.tensor([-1.0])
    assert make_activation("leaky_relu", negative_slope=0.3)(x).item() == pytest.approx(-0.3)
    assert make_activation("elu", alpha=2)(x).item() == pytest.approx(2 * np.expm1(-1))
    assert make_activation("celu", alpha=2)(x).item() == pytest.approx(2 * np.expm1(-0.5))
    assert make_activation("pdrelu", t=2).backward_derivative(x).item() == pytest.approx(np.exp(-0.5))
    assert make_activation("rrelu", lower=0.1, upper=0.5).eval()(x).item() == pytest.approx(-0.3)
    assert make_activation("mpelu", start_alpha=1)(x).item() == pytest.approx(np.expm1(-1))
    assert make_activation("eprelu").eval()(x).item() == pytest.approx(-0.1)


def test_norm_lincomb_by_the_norm_divides_by_it_and_its_gradients_follow() -> None:
    module = make_activation("norm_lincomb", norm="euclidean").double()
    set_parameters(module, {"w": (0.9, -0.3, 0.2, 0.5)})
    plain = make_activation("lincomb").double()
    set_parameters(plain, {"w": (0.9, -0.3, 0.2, 0.5)})
    x = torch.linspace(-3, 3, 13, dtype=torch.float64)
    expected = plain(x) / (plain.w.norm() + 1e-8)
    torch.testing.assert_close(module(x), expected)
    (by_hand,) = torch.autograd.grad(expected.square().sum(), plain.w)
    (ours,) = torch.autograd.grad(module(x).square().sum(), module.w)
    torch.testing.assert_close(ours, by_hand)


def test_helu_is_delu_with_n_at_zero_and_swish_at_one_is_silu() -> None:
    x = torch.linspace(-5, 5, 101, dtype=torch.float64)
    torch.testing.assert_close(make_activation("helu")(x), make_activation("delu").double()(x).detach())
    torch.testing.assert_close(make_activation("swish").double()(x).detach(), torch.nn.functional.silu(x))


def test_compiled_sigmoid_and_tanh_are_exact_to_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    points = [p for p in [*POINTS, -0.26, -0.24, 0.24, 0.26, 1e-3, -1e-3] if abs(p) < 80]  # beyond, sigmoid is denormal
    monkeypatch.setattr("torch.compiler.is_compiling", lambda: True)
    x = np.array(points, dtype=np.float32)
    sigmoid, tanh = transcendental.sigmoid_and_tanh(torch.from_numpy(x))
    np.testing.assert_allclose(sigmoid.numpy(), 1 / (1 + np.exp(-x.astype(np.float64))), rtol=5e-7)
    np.testing.assert_allclose(tanh.numpy(), np.tanh(x.astype(np.float64)), rtol=5e-7)


@pytest.mark.parametrize("x", [-0.5, -0.499, -1e-3, -1e-30, -0.0, -3.0, -90.0, -np.inf, 0.3, 0.5, 20.0, np.inf])
def test_the_compiled_exponential_minus_one_is_exact_to_float32(x: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.compiler.is_compiling", lambda: True)
    got = transcendental.expm1(torch.tensor([x], dtype=torch.float32)).item()
    assert got == pytest.approx(np.expm1(np.float64(np.float32(x))), rel=3e-7, abs=0)


@pytest.mark.parametrize(("most", "error"), [(3.0, 3e-7), (100.0, 3e-7), (6e3, 3e-7), (1.9e5, 4e-6)])
def test_the_compiled_sine_and_cosine_are_exact_to_float32(most: float, error: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.compiler.is_compiling", lambda: True)
    x = np.linspace(-most, most, 100_003, dtype=np.float32)
    for got, wanted in zip(transcendental.sin_and_cos(torch.from_numpy(x)), (np.sin, np.cos), strict=True):
        np.testing.assert_allclose(got.numpy(), wanted(x.astype(np.float64)), rtol=0, atol=error)


def test_the_compiled_sine_and_cosine_stay_bounded_far_out_and_are_nan_at_infinity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.compiler.is_compiling", lambda: True)
    sin, cos = transcendental.sin_and_cos(torch.tensor([1e6, -1e30, torch.inf, -torch.inf, torch.nan]))
    assert sin[:2].abs().max() == 0 and cos[:2].abs().min() == 1
    assert sin[2:].isnan().all() and cos[2:].isnan().all()


@pytest.mark.parametrize("x", [0.0, 1e-38, 1e-30, 1e-8, 1e-3, 0.1, 0.3, 0.7, 0.99, 1.0])
def test_the_compiled_logarithm_is_exact_to_float32(x: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.compiler.is_compiling", lambda: True)
    got = transcendental.log1p(torch.tensor([x], dtype=torch.float32)).item()
    assert got == pytest.approx(np.log1p(np.float64(np.float32(x))), rel=3e-7, abs=0)


SLOPES = [name for name in activation_names() if make_activation(name).kernel.slope is not None]


@pytest.mark.parametrize("sharing", ["layer", "channel"])
@pytest.mark.parametrize("name", SLOPES)
def test_the_slope_alone_is_the_derivative(name, sharing):
    module = make_activation(name, sharing=sharing, num_channels=3).double()
    with torch.no_grad():
        for i, parameter in enumerate(module.parameters()):
            parameter.add_(0.3 * i + torch.linspace(-1, 1, 3) if sharing == "channel" else torch.tensor(0.3 * i))
    x = torch.linspace(-6, 6, 3 * 101, dtype=torch.float64).view(101, 3)
    (wanted,) = torch.autograd.grad(module(points := x.clone().requires_grad_()).sum(), points)
    torch.testing.assert_close(module.derivative_at(x), wanted, rtol=1e-12, atol=1e-12)
    large = torch.randn(1 << 17, 3, generator=torch.Generator().manual_seed(0))
    parts = torch.cat([module.float().derivative_at(p) for p in large.split(1000)])
    torch.testing.assert_close(module.derivative_at(large), parts, rtol=1e-5, atol=1e-6)
