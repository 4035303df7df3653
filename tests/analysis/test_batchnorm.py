"""BN statistics estimated again are those of all images, exactly, layer after layer."""

import numpy as np
import pytest
import torch
from torch import nn

from core.activations import make_activation
from core.analysis.batchnorm import batchnorm_layers, reestimated
from core.errors import ExplorerError
from core.models import make_model

IMAGES = torch.randn(20, 3, 4, 4, generator=torch.Generator().manual_seed(1)) * torch.tensor([1.0, 2.0, 5.0]).view(-1, 1, 1) + 3


def normed(x: np.ndarray) -> np.ndarray:
    """Return BN in training mode of x (N, C, H, W), by hand: the variance with n."""
    mean, variance = x.mean((0, 2, 3), keepdims=True), x.var((0, 2, 3), keepdims=True)
    return (x - mean) / np.sqrt(variance + 1e-5)


def test_two_layers_get_the_pooled_statistics_of_what_reaches_them() -> None:
    model = nn.Sequential(nn.BatchNorm2d(3), nn.ReLU(), nn.BatchNorm2d(3)).eval()
    first, _, second = reestimated(model, IMAGES)
    x = IMAGES.double().numpy()
    np.testing.assert_allclose(first.running_mean, x.mean((0, 2, 3)), rtol=1e-5)
    np.testing.assert_allclose(first.running_var, x.var((0, 2, 3), ddof=1), rtol=1e-5)
    inner = normed(x).clip(0)
    np.testing.assert_allclose(second.running_mean, inner.mean((0, 2, 3)), rtol=1e-4)
    np.testing.assert_allclose(second.running_var, inner.var((0, 2, 3), ddof=1), rtol=1e-4)


def test_images_of_two_kinds_count_as_one_set_and_not_as_two_averages() -> None:
    apart = torch.cat([torch.full((5, 1, 1, 1), -1.0), torch.full((5, 1, 1, 1), 1.0)])
    (layer,) = [m for _, m in batchnorm_layers(reestimated(nn.Sequential(nn.BatchNorm2d(1)), apart))]
    assert float(layer.running_var) == pytest.approx(10 / 9)  # the mean of the halves' variances would be 0


def test_the_order_of_the_images_does_not_matter() -> None:
    model = make_model("resnet8", "relu", generator=torch.Generator().manual_seed(0))
    one, two = (reestimated(model, images).state_dict() for images in (IMAGES, IMAGES.flip(0)))
    for name, values in one.items():
        torch.testing.assert_close(values, two[name], rtol=1e-4, atol=1e-5)


def test_the_given_network_its_flags_and_the_generator_stay() -> None:
    model = make_model("resnet8", "eelu", generator=torch.Generator().manual_seed(0)).eval()
    state = {k: v.clone() for k, v in model.state_dict().items()}
    before, generator = model(IMAGES), torch.get_rng_state()
    twin = reestimated(model, IMAGES)
    assert all(torch.equal(v, state[k]) for k, v in model.state_dict().items())
    assert torch.equal(model(IMAGES), before)
    assert torch.equal(generator, torch.get_rng_state())
    assert not any(m.training for m in twin.modules())
    assert {m.momentum for _, m in batchnorm_layers(twin)} == {0.1}
    assert twin.fc.weight.data_ptr() == model.fc.weight.data_ptr()
    assert not any(m._forward_pre_hooks for m in twin.modules())


def test_noise_and_dropout_are_off() -> None:
    model = nn.Sequential(nn.Dropout(0.5), make_activation("eelu", eps=0.5), nn.BatchNorm2d(3)).train()
    one, two = (reestimated(model, IMAGES).state_dict() for _ in range(2))
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_without_bn_layers_nothing_runs() -> None:
    class Never(nn.Module):
        def forward(self, x):
            raise AssertionError("ran")

    assert batchnorm_layers(reestimated(Never(), IMAGES)) == []


def test_it_tells_before_every_layer_and_can_be_stopped_there() -> None:
    class Stop(Exception):
        pass

    told = []

    def tell() -> None:
        told.append(1)
        if len(told) == 3:
            raise Stop

    model = make_model("resnet8", "relu", generator=torch.Generator().manual_seed(0))
    with pytest.raises(Stop):
        reestimated(model, IMAGES, tell=tell)
    assert len(told) == 3 < len(batchnorm_layers(model))


def test_one_image_is_too_few() -> None:
    with pytest.raises(ExplorerError, match=r"^BN statistics need at least 2 training images; received 1\.$"):
        reestimated(nn.Sequential(nn.BatchNorm2d(3)), IMAGES[:1])
