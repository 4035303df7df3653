"""Attributions by value: networks whose maps are known by hand, and what holds for every method."""

import copy
import threading
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

from core.activations import make_activation
from core.analysis.attribution import COMPLETE, METHODS, Target, attribute
from core.analysis.noise_lens import noise_lens
from core.errors import ExplorerError, UnknownNameError

from .attributed import ONE, TWO, counted, linear, one_neuron, pictures, residual

WEIGHTS = torch.tensor([[[[1.0, -2.0, 3.0], [0.5, 0.0, -1.0]]], [[[0.0, 1.0, 0.0], [2.0, -1.0, 1.0]]]])
IMAGE = torch.tensor([[[[0.5, 1.0, -0.5], [1.5, 2.0, -1.0]]]])
BLACK = -0.5


def test_methods_that_sum_to_the_gap_give_weight_times_difference_for_a_linear_network():
    for method in COMPLETE:
        found = attribute(linear(WEIGHTS, bias=7.0), IMAGE, method, target=Target(positive=0), **ONE)
        np.testing.assert_allclose(found.full, WEIGHTS[:1] * (IMAGE - BLACK), rtol=1e-5, atol=1e-6)
        assert found.gap == pytest.approx(float((WEIGHTS[0] * (IMAGE - BLACK)).sum()), rel=1e-5)
        assert found.error == pytest.approx(0, abs=1e-5)


def test_saliency_is_the_weights_and_input_x_gradient_the_weights_times_the_image_for_a_linear_network():
    network = linear(WEIGHTS)
    saliency = attribute(network, IMAGE, "saliency", target=Target(positive=1), **ONE)
    np.testing.assert_allclose(saliency.full, WEIGHTS[1:], rtol=1e-6)
    product = attribute(network, IMAGE, "input_x_gradient", target=Target(positive=1), **ONE)
    np.testing.assert_allclose(product.full, WEIGHTS[1:] * IMAGE, rtol=1e-6)
    assert np.isnan(saliency.error).all() and np.isnan(product.error).all()


def test_occlusion_of_single_pixels_gives_weight_times_difference_for_a_linear_network():
    found = attribute(linear(WEIGHTS), IMAGE, "occlusion", target=Target(positive=0), **ONE)
    np.testing.assert_allclose(found.full, WEIGHTS[:1] * (IMAGE - BLACK), rtol=1e-5, atol=1e-6)


def test_a_difference_of_logits_has_the_difference_of_the_maps():
    network = linear(WEIGHTS)
    found = attribute(network, IMAGE, "integrated_gradients", target=Target(positive=0, negative=1), **ONE)
    np.testing.assert_allclose(found.full, (WEIGHTS[:1] - WEIGHTS[1:]) * (IMAGE - BLACK), rtol=1e-5, atol=1e-5)
    assert found.target == "logit of class 0 minus that of class 1"
    second = attribute(network, IMAGE, "saliency", target=Target(negative="second"), **ONE)
    said = int(network(IMAGE).argmax())
    np.testing.assert_allclose(second.full, WEIGHTS[[said]] - WEIGHTS[[1 - said]], rtol=1e-6)


def test_each_image_may_have_a_class_of_its_own():
    found = attribute(linear(WEIGHTS), IMAGE.repeat(2, 1, 1, 1), "saliency", target=Target(positive=(1, 0)), **ONE)
    np.testing.assert_allclose(found.full, WEIGHTS.flip(0), rtol=1e-6)


@pytest.mark.parametrize("method", COMPLETE)
def test_one_relu_shares_the_gap_by_the_pixels_differences(method):
    # From 0 to (2, 1) the neuron relu(x1 + x2 - 1) = relu(3t - 1) has slope 1 for two thirds of the path: 2 · 2/3 and 1 · 2/3.
    network = one_neuron(make_activation("relu"), bias=-1.0)
    image = torch.tensor([[[[2.0, 1.0]]]])
    found = attribute(network, image, method, baseline="mean", target=Target(positive=0), wanted=1e-3)
    np.testing.assert_allclose(found.map[0, 0], [4 / 3, 2 / 3], rtol=1e-3)
    assert found.gap == pytest.approx([2.0])


@pytest.mark.parametrize("method", COMPLETE)
def test_a_neuron_of_one_pixel_gives_the_whole_difference_of_the_function(method):
    network = one_neuron(make_activation("silu"), pixels=1)
    image = torch.tensor([[[[2.0]]], [[[-1.0]]], [[[0.3]]]])
    found = attribute(network, image, method, baseline="mean", target=Target(positive=0), wanted=1e-4)
    expected = image.flatten() * torch.sigmoid(image.flatten())
    np.testing.assert_allclose(found.map[:, 0, 0], expected, rtol=1e-3, atol=1e-6)


def test_grad_cam_is_the_mean_gradient_of_a_map_times_the_map():
    conv = nn.Conv2d(1, 2, 1, bias=False)
    fc = nn.Linear(2, 2, bias=False)
    with torch.no_grad():
        conv.weight.copy_(torch.tensor([1.0, -1.0]).view(2, 1, 1, 1))
        fc.weight.copy_(torch.tensor([[3.0, 5.0], [0.0, 0.0]]))
    network = nn.Sequential(conv, make_activation("relu"), nn.AdaptiveAvgPool2d(1), nn.Flatten(), fc)
    image = torch.tensor([[[[1.0, -2.0], [0.5, 0.0]]]])
    found = attribute(network, image, "grad_cam", target=Target(positive=0), **ONE)
    expected = (3 * image.relu() + 5 * (-image).relu()) / 4  # a mean over four pixels: every gradient is weight / 4
    np.testing.assert_allclose(found.full, expected, rtol=1e-6)


def test_captums_own_deep_lift_passes_over_our_activations_and_its_table_stays_as_it_is():
    from captum.attr import DeepLift
    from captum.attr._core.deep_lift import SUPPORTED_NON_LINEAR

    table = dict(SUPPORTED_NON_LINEAR)
    network, images = residual("silu").eval(), pictures(16)
    ours = attribute(network, images, "deep_lift", **ONE)
    assert table == SUPPORTED_NON_LINEAR
    black = torch.full_like(images, BLACK)
    theirs = DeepLift(network).attribute(images.requires_grad_(), black, target=torch.as_tensor(ours.positive))
    away = np.abs(theirs.detach().numpy().sum((1, 2, 3)) - ours.gap) / np.maximum(np.abs(ours.gap), 0.1 * ours.median_gap)
    assert np.percentile(away, 95) > 0.02 > 20 * ours.percentile_error()


def test_deep_lift_is_right_where_the_input_of_an_activation_is_read_twice():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.act = make_activation("silu")

        def forward(self, x):
            x = x.flatten(1)
            return torch.stack([(self.act(x) + 2 * x).sum(1), x.sum(1) * 0], 1)

    image = torch.tensor([[[[1.0, -2.0]]]])
    found = attribute(Twice(), image, "deep_lift", baseline="mean", target=Target(positive=0))
    np.testing.assert_allclose(found.full, image * torch.sigmoid(image) + 2 * image, rtol=1e-5)


def test_modules_in_place_are_no_trouble():
    for method in METHODS:
        plain = nn.Sequential(nn.Conv2d(1, 2, 3), nn.SiLU(), nn.Conv2d(2, 2, 3), nn.SiLU(), nn.Flatten(), nn.Linear(32, 3))
        within = copy.deepcopy(plain)
        within[1].inplace = within[3].inplace = True
        a, b = (attribute(network, pictures(3), method, **ONE).full for network in (plain, within))
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)


def test_pd_relu_is_explained_by_the_true_derivative_not_by_the_one_that_trains_it():
    relu, pdrelu = residual("relu"), residual("pdrelu")
    pdrelu.load_state_dict(relu.state_dict(), strict=False)
    for method in METHODS:
        a, b = (attribute(network, pictures(4), method, **ONE).full for network in (relu, pdrelu))
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)


def test_the_noise_is_off_and_the_model_stays_as_it_is():
    network, images = residual("eelu").train(), pictures(4)
    before = copy.deepcopy(network.state_dict())
    for method in METHODS:
        first, second = (attribute(network, images, method, **ONE).full for _ in range(2))
        np.testing.assert_array_equal(first, second)
    assert network.training and all(p.requires_grad and p.grad is None for p in network.parameters())
    assert not any(m._forward_hooks or m._forward_pre_hooks or m._backward_hooks for m in network.modules())
    assert all(torch.equal(before[k], v) for k, v in network.state_dict().items())


@pytest.mark.parametrize("method", METHODS)
def test_the_size_of_the_batches_does_not_matter(method):
    network, images = residual("coslu"), pictures(11)
    small, large = (attribute(network, images, method, batch_size=b, **ONE) for b in (8, 256))
    np.testing.assert_allclose(small.full, large.full, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(small.gap, large.gap, rtol=1e-4, atol=1e-5)


def test_steps_are_raised_where_the_error_is_high_and_a_miss_is_told():
    network, images = residual("relu"), pictures(12)
    few = attribute(network, images, "integrated_gradients", wanted=1e-9, first_steps=2, most_steps=8, **ONE)
    assert (few.steps == 8).all()
    assert few.missed[few.error > 1e-9].all()
    many = attribute(network, images, "integrated_gradients", wanted=0.01, first_steps=2, most_steps=512, **ONE)
    assert len(set(many.steps.tolist())) > 2
    assert not many.missed.any() and (many.error <= 0.01).all()


def test_without_more_steps_than_the_first_it_is_captums_own():
    from captum.attr import IntegratedGradients

    network, images = residual("relu").eval(), pictures(3)
    found = attribute(network, images, "integrated_gradients", first_steps=8, most_steps=8, **ONE)
    black = torch.full_like(images, BLACK)
    theirs = IntegratedGradients(network).attribute(images, black, target=torch.as_tensor(found.positive), n_steps=8)
    np.testing.assert_allclose(found.full, theirs.detach(), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", ["relu", "apalu"])
def test_with_halved_intervals_every_pixel_is_that_of_very_many_even_steps(name):
    from captum.attr import IntegratedGradients

    network, images = residual(name).eval(), pictures(2)
    found = attribute(network, images, "integrated_gradients", wanted=1e-4, first_steps=4, **ONE)
    assert (found.steps > 4).all()
    options = {"target": torch.as_tensor(found.positive), "n_steps": 1000, "method": "riemann_middle"}
    many = IntegratedGradients(network).attribute(images, torch.full_like(images, BLACK), internal_batch_size=200, **options)
    assert np.abs(found.full - many.detach().numpy()).max() < 0.01 * np.abs(found.full).max()


def test_a_neuron_that_wakes_on_the_way_takes_few_steps():
    # relu(x1 + x2 - 1) has its kink at 1/3 of the way: even steps miss it by half a step, halving finds it
    network, image = one_neuron(make_activation("relu"), bias=-1.0), torch.tensor([[[[2.0, 1.0]]]])
    target = Target(positive=0)
    found = attribute(network, image, "integrated_gradients", baseline="mean", target=target, first_steps=8, wanted=1e-4)
    np.testing.assert_allclose(found.map[0, 0], [4 / 3, 2 / 3], rtol=2e-4)
    assert found.steps[0] < 40


def test_a_tiny_gap_gets_no_error_and_says_so():
    weights = torch.tensor([[[[1.0, -1.0]]], [[[0.0, 0.0]]]])
    images = torch.tensor([[[[3.0, 1.0]]], [[[4.0, 1.0]]], [[[1.0, 0.99]]]])
    found = attribute(linear(weights), images, "integrated_gradients", baseline="mean", target=Target(positive=0))
    np.testing.assert_allclose(found.gap, [2.0, 3.0, 0.01], rtol=1e-4)
    assert found.median_gap == pytest.approx(2.0)
    assert found.tiny.tolist() == [False, False, True]
    assert found.said()[2] == "tiny gap: no error"
    assert found.table()["error"].isna().tolist() == [False, False, True]


def test_the_probe_images_say_which_gaps_are_tiny():
    weights = torch.tensor([[[[1.0, -1.0]]], [[[0.0, 0.0]]]])
    image, probe = torch.tensor([[[[1.0, 0.5]]]]), torch.tensor([[[[9.0, 0.0]]], [[[8.0, 0.0]]], [[[10.0, 0.0]]]])
    found = attribute(linear(weights), image, "deep_lift", baseline="mean", target=Target(positive=0), probe=probe)
    assert found.median_gap == pytest.approx(9.0)
    assert found.tiny.tolist() == [True]


def test_smooth_grad_of_a_linear_network_is_its_gradient_and_leaves_the_global_generator_alone():
    network, before = linear(WEIGHTS), torch.get_rng_state()
    found = attribute(network, IMAGE, "saliency", target=Target(positive=0), smooth=5, **ONE)
    np.testing.assert_allclose(found.full, WEIGHTS[:1], rtol=1e-5)
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize("method", [m for m in METHODS if m != "occlusion"])
def test_the_noise_of_smooth_grad_belongs_to_images_not_to_batches(method):
    network, images = residual("silu"), pictures(5)
    options = {"smooth": 6, "first_steps": 4, **ONE}
    together = attribute(network, images, method, ids=range(10, 15), **options)
    alone = attribute(network, images[3:4], method, ids=[13], batch_size=4, **options)
    np.testing.assert_allclose(together.full[3:4], alone.full, rtol=1e-3, atol=1e-6)
    other = attribute(network, images[3:4], method, ids=[14], **options)
    assert not np.allclose(other.full, alone.full, rtol=1e-2)
    assert together.said()[0] == "mean of 6 noisy copies: no error"


def test_stop_ends_before_the_next_forward_pass():
    class Stopped(Exception):
        pass

    network, images = residual("relu"), pictures(12)
    passes = []
    network.act1.forward = counted(network.act1.forward, passes)
    for method in METHODS:
        told: list[tuple[int, int, str]] = []

        def progress(done, total, text, told=told):
            told.append((done, total, text))
            if len(told) > 3:
                raise Stopped

        passes.clear()
        with pytest.raises(Stopped):
            attribute(network, images, method, first_steps=4, batch_size=4, check=False, progress=progress, **ONE)
        assert len(passes) <= 4 + (method == "grad_cam")
        assert {total for _, total, _ in told} == {12}


def test_two_threads_on_the_same_model_are_both_right():
    network, images = residual("coslu"), pictures(6)
    jobs = [("deep_lift", 0), ("deep_lift", 1), ("integrated_gradients", 2), ("grad_cam", 1)]
    alone = {job: attribute(network, images, job[0], target=Target(positive=job[1]), **ONE).full for job in jobs}
    found: dict[tuple[str, int], list[np.ndarray]] = {job: [] for job in jobs}

    def work(job):
        for _ in range(4):
            found[job].append(attribute(network, images, job[0], target=Target(positive=job[1]), **ONE).full)

    threads = [threading.Thread(target=work, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for job in jobs:
        assert len(found[job]) == 4
        for each in found[job]:
            np.testing.assert_allclose(each, alone[job], rtol=1e-5, atol=1e-7)


def test_attributions_and_the_noise_lens_on_the_same_model_at_once_are_both_right():
    network, images = residual("eelu"), pictures(6)

    def explain():
        return attribute(network, images, "deep_lift", **ONE).full

    def look():
        return noise_lens(network, images, "act2", passes=8, seed=3)

    map_alone, lens_alone = explain(), look()
    found: dict[Callable[[], object], list[object]] = {explain: [], look: []}
    threads = [threading.Thread(target=lambda w=w: found[w].extend(w() for _ in range(10))) for w in found]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(results) for results in found.values()] == [10, 10]
    for each in found[explain]:
        np.testing.assert_allclose(each, map_alone, rtol=1e-5, atol=1e-7)
    for each in found[look]:
        np.testing.assert_allclose(each.maps.mean, lens_alone.maps.mean, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(each.maps.spread, lens_alone.maps.spread, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(each.depth["strength"], lens_alone.depth["strength"], rtol=1e-4)


def test_colour_images_have_a_map_summed_over_their_channels():
    network = nn.Sequential(nn.Conv2d(2, 3, 3), make_activation("gelu"), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 4))
    found = attribute(network, pictures(3, channels=2), "integrated_gradients", baseline="blurred", **TWO)
    assert found.full.shape == (3, 2, 8, 8)
    np.testing.assert_allclose(found.map, found.full.sum(1))
    assert found.percentile_error() < 0.01


def test_what_is_not_known_is_named():
    network, images = linear(WEIGHTS), IMAGE
    with pytest.raises(UnknownNameError, match=r"Unknown attribution method 'salience'\. Did you mean 'saliency'\?"):
        attribute(network, images, "salience")
    with pytest.raises(UnknownNameError, match="Unknown baseline 'white'"):
        attribute(network, images, "saliency", baseline="white")
    with pytest.raises(ExplorerError, match=r"A target must be a class from 0 to 1; received 2\."):
        attribute(network, images, "saliency", target=Target(positive=2), **ONE)
    with pytest.raises(ExplorerError, match=r"The difference of class 1 with itself is 0 everywhere; choose two classes\."):
        Target(positive=1, negative=1)
    with pytest.raises(ExplorerError, match=r"need images of shape \(N, C, H, W\), N at least 1; received \(0, 1, 2, 3\)."):
        attribute(network, images[:0], "saliency", **ONE)
    with pytest.raises(ExplorerError, match=r"received 3 copies for Occlusion\."):
        attribute(network, images, "occlusion", smooth=3, **ONE)
    with pytest.raises(ExplorerError, match=r"Grad-CAM needs a convolutional feature map; this network has none\."):
        attribute(network, images, "grad_cam", **ONE)
