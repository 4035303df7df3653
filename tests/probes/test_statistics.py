"""Probe statistics by value, on networks whose answer is known by hand."""

import re

import numpy as np
import pytest
import torch
from torch import nn

from core.activations import compiled, make_activation, noise
from core.errors import ExplorerError
from core.models import make_model, sites
from core.probes import QUANTILES, ProbeStatistics, probe_statistics
from core.streams import stream

IMAGES = 300


class Shift(nn.Module):
    """Adds to (N, C, H, W) a number per unit, shape (C, H, W)."""

    def __init__(self, shift, scale=1.0):
        super().__init__()
        self.shift, self.scale = nn.Parameter(shift), scale

    def forward(self, x):
        return self.scale * x + self.shift


def images(n=IMAGES, channels=3, side=4, seed=0):
    return torch.rand(n, channels, side, side, generator=stream(seed, "x")) - 0.5


def tiny(activation, shift=None, **options):
    shift = torch.zeros(3, 4, 4) if shift is None else shift
    return nn.Sequential(Shift(shift), make_activation(activation, num_channels=3, **options))


def test_units_pushed_down_by_ten_are_dead_and_constant_under_relu():
    shift = torch.zeros(3, 4, 4)
    shift[0] = -10
    shift[1, 0, :3] = -10
    found = probe_statistics(tiny("relu", shift), images())
    assert found.dead_units[0].tolist() == found.constant_units[0].tolist() == [16, 3, 0]
    assert (found.dead_channels.tolist(), found.constant_channels.tolist()) == ([1], [1])
    assert (found.sites, found.channels.tolist(), found.units.tolist(), found.images) == (("1",), [3], [16], IMAGES)


def test_saturated_share_and_mean_gradient_are_exact_for_relu():
    x = images()
    found = probe_statistics(tiny("relu"), x)
    assert found.saturated[0] == np.float32((x <= 0).double().mean().item())
    assert found.mean_gradient[0] == np.float32((x > 0).double().mean().item())
    assert found.dead_units[0].tolist() == [0, 0, 0]


def test_unit_alive_for_a_single_image_is_not_dead():
    shift = torch.full((3, 4, 4), -10.0)
    x = images()
    x[177, 1, 2, 3] = 11
    found = probe_statistics(tiny("relu", shift), x)
    assert found.dead_units[0].tolist() == [16, 15, 16]
    assert found.constant_units[0].tolist() == [16, 15, 16]


def test_constant_units_are_judged_by_the_spread_of_their_site_not_by_their_slope():
    scale = torch.ones(3, 4, 4)
    scale[0], scale[1, 0, 0], scale[1, 0, 1] = 0.5e-3, 0.5e-3, 3e-3
    x = images() * scale + 5
    found = probe_statistics(tiny("relu"), x)
    assert found.constant_units[0].tolist() == [16, 1, 0]
    assert found.dead_units[0].tolist() == [0, 0, 0]


def test_spread_between_units_counts_as_spread_of_the_site():
    level = torch.linspace(0, 400, 48).view(3, 4, 4)
    found = probe_statistics(tiny("relu"), 0.3 * images() + 1 + level)
    assert found.constant_units[0].tolist() == [16, 16, 16]
    assert probe_statistics(tiny("relu"), 0.3 * images() + 1).constant_units[0].tolist() == [0, 0, 0]


def test_dead_units_use_the_true_derivative_where_training_uses_another():
    found = probe_statistics(tiny("pdrelu", torch.full((3, 4, 4), -1.0)), images())
    assert found.dead_units[0].tolist() == [16, 16, 16]
    assert found.saturated[0] == 1


def test_channels_have_their_own_parameters_in_the_derivative():
    model = tiny("relun", sharing="channel")
    with torch.no_grad():
        model[1].n.copy_(torch.tensor([0.1, 0.2, 0.3]))
    x = images()
    found = probe_statistics(model, x)
    flat = (x <= 0) | (x >= torch.tensor([0.1, 0.2, 0.3]).view(3, 1, 1))
    assert found.saturated[0] == np.float32(flat.double().mean().item())


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("activation", ["coslu", "eelu", "delu"])
def test_saturated_share_agrees_with_finite_differences(activation, layout):
    x = 4 * images(100)
    model = tiny(activation, sharing="channel")
    with torch.no_grad():
        for name in model[1].parameter_names:
            getattr(model[1], name).add_(torch.tensor([0.0, 0.5, 1.0]))
    twin = model[1].double().eval()
    with torch.no_grad():
        slope = (twin(x.double() + 1e-6) - twin(x.double() - 1e-6)) / 2e-6
    model.float()
    found = probe_statistics(model, x.to(memory_format=layout))
    assert abs(found.saturated[0] - (slope.abs() < 0.01).double().mean().item()) < 1e-3
    assert abs(found.mean_gradient[0] - slope.mean().item()) < 1e-4


@pytest.mark.parametrize("batch_size", [1, 7, 256, 1000])
def test_results_do_not_depend_on_the_batch_size(batch_size):
    model = make_model("resnet8", "coslu", generator=stream(0, "init")).eval()
    x = torch.randn(40, 3, 16, 16, generator=stream(0, "x"))
    one, other = probe_statistics(model, x), probe_statistics(model, x, batch_size=batch_size)
    for name, values in one.to_arrays().items():
        tolerance = {"rtol": 0, "atol": 0.02} if name == "density" else {"rtol": 1e-4, "atol": 1e-5}
        np.testing.assert_allclose(other.to_arrays()[name], values, **tolerance, err_msg=name)


def test_more_than_255_images_per_batch_are_counted_right():
    found = probe_statistics(tiny("relu", torch.full((3, 4, 4), -10.0)), images(1030), batch_size=1030)
    assert found.dead_units[0].tolist() == [16, 16, 16] and found.saturated[0] == 1


@pytest.mark.parametrize("activation", ["coslu", "pdrelu"])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_compiled_code_measures_the_same(activation, layout):
    model = make_model("resnet8", activation=activation, generator=stream(0, "init")).to(memory_format=layout)
    x = torch.randn(40, 3, 16, 16, generator=stream(0, "x"))
    plain = probe_statistics(model, x)
    with compiled(True):
        fast = probe_statistics(model, x)
    np.testing.assert_allclose(fast.mean_gradient, plain.mean_gradient, rtol=1e-5)
    np.testing.assert_allclose(fast.saturated, plain.saturated, atol=1e-5)
    np.testing.assert_allclose(fast.quantiles, plain.quantiles, rtol=1e-3, atol=1e-4)


def test_inside_autocast_sums_stay_in_full_precision():
    model, x = tiny("coslu"), images()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = probe_statistics(model, x)
    for name, array in probe_statistics(model, x).to_arrays().items():
        np.testing.assert_allclose(found.to_arrays()[name], array, rtol=1e-6, err_msg=name)


def test_range_density_and_quantiles_are_those_of_the_inputs():
    x = images(100)
    found = probe_statistics(tiny("relu"), x)
    values = x.numpy().ravel()
    np.testing.assert_allclose(found.quantiles[0], np.quantile(values, QUANTILES), atol=1e-6)
    np.testing.assert_allclose([found.low[0], found.high[0]], np.quantile(values, [0.0005, 0.9995]), atol=1e-6)
    expected, edges = np.histogram(values, 64, (found.low[0], found.high[0]), density=True)
    np.testing.assert_allclose(found.density[0], expected, rtol=1e-2, atol=0.02)
    np.testing.assert_allclose(found.edges("1"), edges, atol=1e-6)
    assert found.sample[0] == x.numel()


def test_density_integrates_to_one_and_the_sample_is_bounded_and_seeded():
    x = torch.randn(2000, 3, 4, 4, generator=stream(0, "x"))
    model = tiny("relu")
    first, again, other = (probe_statistics(model, x, seed=seed) for seed in (0, 0, 1))
    width = (first.high - first.low) / 64
    np.testing.assert_allclose(first.density.sum(1) * width, 1, rtol=1e-5)
    assert first.density.dtype == np.float32 and first.sample[0] == 32768 < x.numel()
    assert np.array_equal(first.density, again.density) and not np.array_equal(first.density, other.density)
    assert np.array_equal(first.dead_units[0], other.dead_units[0]) and first.saturated == other.saturated
    np.testing.assert_allclose(first.quantiles[0, 1:-1], np.quantile(x, QUANTILES[1:-1]), atol=0.35, rtol=0.1)


def test_equal_inputs_give_a_narrow_box():
    found = probe_statistics(tiny("relu"), torch.full((5, 3, 4, 4), 2.0))
    assert found.low[0] < 2 < found.high[0]
    assert (found.density[0] * (found.high[0] - found.low[0]) / 64).sum() == pytest.approx(1, rel=1e-3)


def test_inputs_that_are_not_finite_are_left_out_of_the_sample_only():
    x = images(50)
    x[3, 0, 0, 0], x[4, 0, 0, 0] = float("nan"), float("inf")
    found = probe_statistics(tiny("relu"), x)
    assert found.sample[0] == x.numel() - 2
    assert np.isfinite(found.quantiles).all() and np.isfinite(found.density).all()
    nothing = probe_statistics(tiny("relu"), torch.full((2, 3, 4, 4), float("nan")))
    assert nothing.sample[0] == 0 and not nothing.density.any()


def test_sites_stand_in_forward_order_with_their_shapes():
    model = make_model("resnet8", "eelu", generator=stream(0, "init"))
    found = probe_statistics(model, torch.randn(8, 3, 32, 32, generator=stream(0, "x")))
    assert found.sites == tuple(s.path for s in sites(model))
    assert found.channels.tolist() == [16, 16, 16, 32, 32, 64, 64]
    assert found.units.tolist() == [1024] * 3 + [256] * 2 + [64] * 2
    assert [len(c) for c in found.dead_units] == found.channels.tolist()


def test_noise_is_off_and_the_network_stays_as_it_was():
    model = make_model("resnet8", "eelu", generator=stream(0, "init")).train()
    calls = []
    model.act.register_forward_hook(lambda *_: calls.append(1))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    state = torch.random.get_rng_state()
    x = torch.randn(8, 3, 32, 32, generator=stream(0, "x"))
    with noise(model, on=True):
        first, again = probe_statistics(model, x), probe_statistics(model, x)
    assert np.array_equal(first.quantiles, again.quantiles)
    assert torch.equal(state, torch.random.get_rng_state())
    assert model.training and calls == []
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


@pytest.mark.parametrize("module", [nn.ReLU(inplace=True), nn.LeakyReLU(0.5), nn.GELU()])
def test_torchs_own_activations_are_measured_too(module):
    x = images()
    found = probe_statistics(nn.Sequential(Shift(torch.zeros(3, 4, 4)), module), x)
    points = x.clone().requires_grad_()
    module(points * 1).sum().backward()
    assert found.mean_gradient[0] == pytest.approx(points.grad.mean().item(), abs=1e-6)
    assert found.saturated[0] == pytest.approx((points.grad.abs() < 0.01).double().mean().item(), abs=1e-6)
    assert found.quantiles[0, 0] < -0.49


def test_sites_of_fully_connected_layers_have_one_unit_per_channel():
    model = nn.Sequential(nn.Flatten(), nn.Linear(48, 5), make_activation("apalu", sharing="channel", num_channels=5))
    with torch.no_grad():
        model[1].weight.zero_()
        model[1].weight[:2, :2] = torch.eye(2)
    found = probe_statistics(model, images())
    assert (found.channels.tolist(), found.units.tolist()) == ([5], [1])
    assert found.constant_units[0].tolist() == [0, 0, 1, 1, 1]


def test_statistics_survive_the_way_through_tensors():
    model = make_model("resnet8", "relu", generator=stream(0, "init"))
    found = probe_statistics(model, torch.randn(8, 3, 32, 32, generator=stream(0, "x")))
    tensors = found.to_tensors()
    assert tensors["dead_units"].shape == (240,) and tensors["density"].shape == (7, 64)
    back = ProbeStatistics.from_tensors(tensors, found.sites)
    assert (back.sites, back.images) == (found.sites, found.images)
    for name, array in found.to_arrays().items():
        assert np.array_equal(array, back.to_arrays()[name]) and array.dtype == back.to_arrays()[name].dtype
    assert [c.tolist() for c in back.dead_units] == [c.tolist() for c in found.dead_units]


def test_network_without_activations_gives_empty_statistics():
    found = probe_statistics(nn.Conv2d(3, 2, 3), images())
    assert found.sites == () and found.density.shape[0] == 0
    assert ProbeStatistics.from_tensors(found.to_tensors(), ()).sites == ()


def test_activation_called_several_times_is_left_out_with_a_warning():
    act = nn.ReLU()
    model = nn.Sequential(act, nn.Conv2d(3, 3, 3), act, nn.SiLU())
    with pytest.warns(UserWarning, match=re.escape("Site '0' is called several times in a pass and is left out.")):
        assert probe_statistics(model, images(4)).sites == ("3",)


def test_no_images_is_an_error():
    with pytest.raises(ExplorerError, match=r"The probe needs at least one image; received 0\."):
        probe_statistics(tiny("relu"), images(0))


def test_which_units_are_dead_is_noted_when_asked_for():
    shift = torch.zeros(3, 4, 4)
    shift[0] = -10
    shift[1, 0, :3] = -10
    model, x = tiny("relu", shift), images()
    found = probe_statistics(model, x, units=True)
    mask = found.dead_mask("1")
    assert mask.shape == (3, 16) and np.array_equal(mask, (shift.flatten(1) < 0).numpy())
    back = ProbeStatistics.from_tensors(found.to_tensors(), found.sites)
    assert np.array_equal(back.dead_mask(0), mask)
    assert probe_statistics(model, x).dead_mask(0) is None


def test_the_dead_units_of_several_sites_are_kept_apart():
    model = make_model("resnet8", "relu", generator=stream(0, "init")).to(memory_format=torch.channels_last)
    found = probe_statistics(model, torch.randn(3, 3, 20, 20, generator=stream(0, "x")), units=True)
    back = ProbeStatistics.from_arrays(found.to_arrays(), found.sites)
    for i in range(7):
        assert np.array_equal(back.dead_mask(i).sum(1), found.dead_units[i])
    assert sum(d.sum() for d in found.dead_units) > 0
