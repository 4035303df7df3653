"""Shapes, dtypes, memory formats, sharing, and what is kept for backward."""

import copy
import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode

from core.activations import Activation, activation_names, describe, engine, make_activation, noise, share_parameters

from .conftest import as_arrays, reference_of, set_parameters
from .reference import REFERENCES

TOLERANCE = {torch.float64: 1e-12, torch.float32: 3e-6, torch.bfloat16: 1e-2}
FORMATS = [torch.contiguous_format, torch.channels_last]


def images(dtype: torch.dtype = torch.float32, form: torch.memory_format = torch.contiguous_format) -> Tensor:
    x = 3 * torch.randn(6, 5, 7, 8, generator=torch.Generator().manual_seed(3))
    return x.to(dtype).contiguous(memory_format=form)


def make(name: str, sharing: str, channels: int = 5) -> Activation:
    """Return a module without noise whose channels, if it has any, differ."""
    return set_apart(make_activation(name, sharing=sharing, num_channels=channels).eval())


def set_apart(module: Activation) -> Activation:
    """Return the module with parameters away from their start, each channel's its own."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(torch.linspace(0.1, 0.5, parameter.numel()).reshape(parameter.shape))
    return module


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("sharing", ["layer", "channel"])
def test_values_and_gradients_in_every_dtype_and_format(
    name: str, sharing: str, dtype: torch.dtype, form: torch.memory_format
) -> None:
    module = make(name, sharing).to(torch.float64 if dtype == torch.float64 else torch.float32)
    x = images(dtype, form).requires_grad_()
    weights = images(dtype).flip(0)  # the gradient arrives in the plain layout, whatever the input's is
    y = module(x)
    y.backward(weights)
    assert x.grad is not None
    assert (y.dtype, x.grad.dtype) == (dtype, dtype)
    assert y.stride() == x.stride() == x.grad.stride()

    reference, exact = REFERENCES[name], x.detach().double().numpy()
    shape = (5, 1, 1) if sharing == "channel" else ()
    values = {
        k: p.detach().double().numpy().reshape(shape + ((4,) if k in module.components else ()))
        for k, p in module.named_parameters()
    }
    g, tol = weights.double().numpy(), TOLERANCE[dtype]
    slope = (reference.backward or reference.derivative)(exact, **values)
    np.testing.assert_allclose(y.detach().double().numpy(), reference.value(exact, **values), rtol=tol, atol=tol)
    np.testing.assert_allclose(x.grad.double().numpy(), g * slope, rtol=tol, atol=20 * tol)
    axes = (0, 2, 3) if sharing == "channel" else (0, 1, 2, 3)
    for key, formula in reference.parameters.items():
        expected = (g[..., None] * formula(exact, **values) if key in module.components else g * formula(exact, **values)).sum(
            axes
        )
        grad = getattr(module, key).grad
        assert grad.shape == getattr(module, key).shape
        np.testing.assert_allclose(grad.double().numpy(), expected, rtol=min(tol, 1e-4), atol=200 * min(tol, 3e-6))


@pytest.mark.parametrize("shape", [(), (0,), (7,), (0, 5), (4, 5), (4, 5, 3), (2, 5, 0, 3), (1, 5, 1, 1), (2, 5, 3, 2, 2)])
def test_every_shape_goes_through_forward_and_backward(name: str, shape: tuple[int, ...]) -> None:
    for sharing in ("layer", "channel") if len(shape) > 1 else ("layer",):
        x = torch.linspace(-2, 2, int(np.prod(shape))).reshape(shape).requires_grad_()
        module = make(name, sharing)
        y = module(x)
        y.sum().backward()
        assert x.grad is not None and y.shape == x.grad.shape == shape
        assert all(p.grad is not None and p.grad.shape == p.shape for p in module.parameters())


def test_slices_and_expanded_tensors_give_the_values_of_their_copies(name: str) -> None:
    whole = images(form=torch.channels_last)
    module = make(name, "channel", channels=3)
    for x in (whole[:, 1:4, ::2], whole[:1, :3].expand(4, 3, 7, 8), whole[:, :3].transpose(2, 3)):
        leaf = x.detach().requires_grad_()
        module(leaf).square().sum().backward()
        other = x.detach().clone(memory_format=torch.contiguous_format).requires_grad_()
        module(other).square().sum().backward()
        torch.testing.assert_close(module(x), module(other))
        torch.testing.assert_close(leaf.grad, other.grad)


@pytest.mark.parametrize("sharing", ["layer", "channel"])
def test_large_tensors_give_the_same_on_any_number_of_threads(name: str, sharing: str) -> None:
    x = torch.randn(40, 6, 32, 32, generator=torch.Generator().manual_seed(0))
    results = []
    for threads in (1, 3):
        torch.set_num_threads(threads)
        leaf, module = x.clone().requires_grad_(), make(name, sharing, channels=6)
        y = module(leaf)
        y.backward(x.cos())
        results.append([y.detach(), leaf.grad, *(p.grad for p in module.parameters())])
    for one, other in zip(*results, strict=True):
        assert one is not None and other is not None and torch.equal(one, other)


def test_float32_sums_of_many_elements_stay_close_to_float64(name: str) -> None:
    if not describe(name).trainable:
        return
    x = torch.randn(1 << 20, generator=torch.Generator().manual_seed(1))
    single, double = make(name, "layer"), make(name, "layer").double()
    single(x).sum().backward()
    double(x.double()).sum().backward()
    for one, other in zip(single.parameters(), double.parameters(), strict=True):
        assert one.grad is not None and other.grad is not None
        torch.testing.assert_close(one.grad.double(), other.grad, rtol=1e-5, atol=0.05)


WRITING = [name for name in activation_names() if make_activation(name).kernel.in_place is not None]
NOISY_TOO = [(name, noisy) for name in WRITING for noisy in (False, True) if not noisy or make_activation(name).stochastic]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("shape", [(), (5,), (5, 1)], ids=["layer", "channels innermost", "channels first"])
@pytest.mark.parametrize(("name", "noisy"), NOISY_TOO)
def test_code_that_writes_over_its_own_results_equals_the_differentiable_code(
    name: str, noisy: bool, shape: tuple[int, ...], dtype: torch.dtype
) -> None:
    kernel = make_activation(name).kernel
    extremes = torch.tensor([0.0, -0.0, 1e-30, 88, -88, 1e4, -1e4, float("inf"), float("-inf"), float("nan")], dtype=dtype)
    x = torch.cat([images(dtype).flatten()[:240], extremes]).reshape(-1, 5, 5)
    grad = torch.randn(x.shape, dtype=dtype, generator=torch.Generator().manual_seed(3))
    count = len(list(make_activation(name).parameters()))
    parameters = [torch.linspace(0.7 + i, 1.9 + i, math.prod(shape), dtype=dtype).reshape(shape) for i in range(count)]
    z = 4 * torch.randn(x.shape, dtype=dtype, generator=torch.Generator().manual_seed(4))  # its multiplier reaches 0 and 2
    arguments = (*parameters, z, torch.tensor(0.5, dtype=dtype)) if noisy else tuple(parameters)
    before = x.clone(), grad.clone(), z.clone()
    value, slope = torch.empty_like(x), torch.empty_like(x)
    kernel.in_place.value(value, x, *arguments)
    terms = kernel.in_place.gradients(slope, grad, x, *arguments)
    expected = kernel.evaluate(x, arguments), *kernel.pull_back(grad, x, arguments)
    tolerance = {"rtol": 3e-6, "atol": 3e-6} if dtype == torch.float32 else {"rtol": 1e-13, "atol": 1e-13}
    for ours, theirs in zip((value, slope, *terms), expected, strict=True):
        torch.testing.assert_close(ours, theirs, equal_nan=True, **tolerance)
    assert all(torch.equal(now.nan_to_num(), then.nan_to_num()) for now, then in zip((x, grad, z), before, strict=True))


@pytest.mark.parametrize("sharing", ["layer", "channel"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("noisy", [False, True])
def test_one_input_sized_tensor_is_kept_and_the_noise_in_a_noise_step(
    name: str, sharing: str, dtype: torch.dtype, noisy: bool
) -> None:
    module, x = make(name, sharing), images(dtype).requires_grad_()
    kept: list[Tensor] = []
    with noise(module, on=noisy), torch.autograd.graph.saved_tensors_hooks(lambda t: kept.append(t) or t, lambda t: t):
        module(x)
    large = [t for t in kept if t.numel() > 5]
    assert len(large) == (2 if noisy and module.stochastic else 1)
    assert all(t.dtype == dtype for t in large)


def test_autocast_changes_neither_dtype_nor_precision(name: str) -> None:
    module = make(name, "channel")
    x = images(torch.bfloat16).requires_grad_()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        y = module(x)
        y.float().sum().backward()
    assert y.dtype == torch.bfloat16
    torch.testing.assert_close(y, make(name, "channel")(x))
    for one in module.parameters():
        assert one.grad is not None and one.grad.dtype == torch.float32


def test_second_derivatives_are_those_of_the_closed_forms(module: Activation) -> None:
    x = torch.tensor([-2.1, -0.4, 0.3, 0.8, 1.9], dtype=torch.float64, requires_grad=True)
    inputs = (x, *module.parameters())

    def apply(values: Tensor, *parameters: Tensor) -> Tensor:
        return torch.func.functional_call(module, dict(zip(module.parameter_names, parameters, strict=True)), values)

    if module.name == "pdrelu":  # its second derivative is that of the pseudo derivative
        (first,) = torch.autograd.grad(module(x).sum(), x, create_graph=True)
        (second,) = torch.autograd.grad(first.sum(), x)
        torch.testing.assert_close(second, torch.where(x < 0, x.exp(), 0.0).detach())
    else:
        assert torch.autograd.gradcheck(apply, inputs)
        assert torch.autograd.gradgradcheck(apply, inputs)


def test_functional_transforms_see_the_gradients(module: Activation) -> None:
    x = torch.linspace(-2, 2, 9, dtype=torch.float64)
    slopes = torch.func.vmap(torch.func.grad(lambda v: module(v)))(x)
    torch.testing.assert_close(slopes, module.backward_derivative(x))


@pytest.mark.parametrize("noisy", [False, True])
def test_on_a_fake_gpu_every_tensor_stays_there(name: str, noisy: bool) -> None:
    with FakeTensorMode(), torch.device("cuda"):
        for sharing in ("layer", "channel"):
            module = make_activation(name, sharing=sharing, num_channels=5).train(noisy)
            x = torch.empty(2, 5, 4, 4)
            y = module(x)
            # autograd itself needs a real device, so backward is called as autograd would call it
            pair = module.draw_noise(x)
            grads = engine.backward(module._call(), y, x, pair, tuple(module.scalars()), True)
            assert all(t.device.type == "cuda" for t in (y, *module.parameters(), grads[0], *grads[1]))


def test_state_and_copies_keep_the_values(name: str) -> None:
    module = make(name, "channel")
    other = make_activation(name, sharing="channel", num_channels=5).eval()
    other.load_state_dict(module.state_dict())
    for twin in (other, copy.deepcopy(module)):
        torch.testing.assert_close(twin(images()), module(images()))
    assert tuple(module.state_dict()) == module.parameter_names


@pytest.mark.parametrize("axis", [-1, 2])
def test_channels_may_lie_on_another_axis(name: str, axis: int) -> None:
    first, other = (make_activation(name, sharing="channel", num_channels=7, channel_axis=a).double() for a in (1, axis))
    with torch.no_grad():
        for module in (first, other):
            for parameter in module.parameters():
                parameter.add_(torch.linspace(0.1, 0.5, parameter.numel()).reshape(parameter.shape))
    moved = images(torch.float64).transpose(1, 2)  # (6, 7, 5, 8)
    with noise(first, on=False), noise(other, on=False):
        expected = first(moved)
        got = other(moved.movedim(1, axis))
        torch.testing.assert_close(got.movedim(axis, 1), expected)
    if describe(name).trainable:
        for y in (expected, got):
            y.square().sum().backward()
        for one, twin in zip(first.parameters(), other.parameters(), strict=True):
            torch.testing.assert_close(one.grad, twin.grad)


def test_sharing_sets_the_shape_of_the_parameters(name: str) -> None:
    for sharing, shape in (("network", ()), ("layer", ()), ("channel", (3,))):
        module = make_activation(name, sharing=sharing, num_channels=3)
        for key, parameter in module.named_parameters():
            assert parameter.shape == ((*shape, 4) if key in module.components else shape)
            assert parameter.flatten().tolist() == pytest.approx([module.start_values()[key]] * parameter.numel())


def test_shared_parameters_are_one_and_stay_one_in_a_copy(name: str) -> None:
    sites = [make_activation(name, sharing="network") for _ in range(3)]
    share_parameters(sites)
    network = copy.deepcopy(nn.Sequential(*sites))
    assert len(list(network.parameters())) == len(describe(name).parameters)
    assert len({id(m) for m in network}) == 3
    network(torch.randn(4, requires_grad=True)).sum().backward()
    assert all(p.grad is not None for p in network.parameters())


def test_curves_per_channel_have_a_row_for_each_channel() -> None:
    module, x = make("coslu", "channel"), torch.linspace(-1, 1, 11)
    for method in (module.curve, module.derivative, module.backward_derivative):
        rows = method(x)
        assert rows.shape == (5, 11)
        torch.testing.assert_close(rows[3], method(x, channel=3))
    start = reference_of(module).value(x.double().numpy(), **as_arrays(module.start_values()))
    np.testing.assert_allclose(module.curve(x, channel=2, at_start=True).numpy(), start, rtol=1e-5)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("sharing", ["layer", "channel"])
def test_the_derivative_at_a_tensor_is_the_true_one_with_each_channels_parameters(
    name: str, sharing: str, form: torch.memory_format
) -> None:
    module, x = make(name, sharing), images(torch.float64, form)
    found = module.double().derivative_at(x)
    assert found.stride() == x.stride()
    for channel in range(x.shape[1]):
        own = module.derivative(x[:, channel].flatten(), channel=channel if sharing == "channel" else None)
        if own.ndim == 2:  # no parameters to share
            own = own[channel]
        torch.testing.assert_close(found[:, channel].flatten(), own, rtol=1e-12, atol=1e-12)


def test_curves_leave_noise_and_graph_aside() -> None:
    module = make_activation("eelu")
    set_parameters(module, {"alpha": 0.5})
    with noise(module, on=True):
        curve = module.curve(torch.tensor([-1.0, 2.0]))
    assert not curve.requires_grad
    torch.testing.assert_close(curve, torch.tensor([0.5 * np.expm1(-1), 2.0], dtype=torch.float32))


@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize("name", ["coslu", "delu", "eelu", "apalu"])
def test_inference_mode_gives_the_same_values_on_any_number_of_threads(name: str, threads: int) -> None:
    activation = make_activation(name).eval()
    x = torch.randn(8, 16, 64, 64, generator=torch.Generator().manual_seed(3))
    expected = activation(x).detach()
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with torch.inference_mode():
            assert torch.equal(activation(x), expected)
    finally:
        torch.set_num_threads(before)
