"""Feature maps: what a forward hook sees, in the order asked for."""

import numpy as np
import pytest
import torch
from torch import nn

from core.activations import make_activation
from core.analysis.feature_maps import channel_means, feature_maps
from core.errors import ExplorerError, UnknownNameError
from core.models import make_model

from .networks import one_site

IMAGES = torch.randn(5, 3, 16, 16, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def resnet():
    return make_model("resnet8", "eelu", activation_options={"eps": 0.5}, generator=torch.Generator().manual_seed(1))


def hooked(model: nn.Module, site: str) -> np.ndarray:
    seen = []
    handle = model.get_submodule(site).register_forward_hook(lambda m, a, out: seen.append(out))
    was = model.training
    with torch.no_grad():
        model.eval()(IMAGES)
    model.train(was)
    handle.remove()
    return seen[0].numpy()


def test_the_maps_are_the_outputs_that_a_hook_sees_without_noise(resnet):
    expected = hooked(resnet, "layer2.0.act1")
    resnet.train()
    maps = feature_maps(resnet, IMAGES, "layer2.0.act1", ids=[7, 8, 9, 10, 11], order="number", batch_size=2)
    assert maps.values.shape == (5, 32, 8, 8) == expected.shape
    np.testing.assert_allclose(maps.values, expected, rtol=1e-4, atol=1e-5)
    assert (maps.images, maps.channels, maps.total) == ((7, 8, 9, 10, 11), tuple(range(32)), 32)
    assert resnet.training and not any(m._forward_hooks for m in resnet.modules())


def test_the_channels_with_the_largest_mean_come_first_and_at_most_so_many(resnet):
    expected = hooked(resnet, "layer3.0.act2")
    maps = feature_maps(resnet, IMAGES, "layer3.0.act2", most=5)
    means = expected.mean((0, 2, 3))
    assert maps.channels == tuple(np.argsort(-means)[:5])
    np.testing.assert_allclose(maps.values, expected[:, maps.channels], rtol=1e-4, atol=1e-5)
    assert maps.values.shape[1] == 5 and maps.total == 64


def test_the_table_holds_every_value_at_its_place(resnet):
    maps = feature_maps(resnet, IMAGES[:2], "layer3.0.act1", ids=[30, 40], most=3)
    table = maps.to_table()
    assert len(table) == 2 * 3 * 4 * 4
    row = table[(table["image"] == 40) & (table["channel"] == maps.channels[2]) & (table["row"] == 3) & (table["column"] == 1)]
    assert row["value"].tolist() == [maps.values[1, 2, 3, 1]]


def test_a_site_without_positions_has_maps_of_one_pixel():
    model = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 6), make_activation("relu"))
    maps = feature_maps(model, IMAGES, "3", order="number")
    assert maps.values.shape == (5, 6, 1, 1)
    np.testing.assert_allclose(maps.values[..., 0, 0], model(IMAGES).detach().numpy(), rtol=1e-5)


def test_means_of_a_channel_before_and_after_the_function():
    model = one_site("relu")
    images = torch.tensor([-2.0, 1.0, 3.0]).view(3, 1, 1, 1).repeat(1, 1, 2, 2)
    assert channel_means(model, images, "1", 0, what="input").tolist() == [-2, 1, 3]
    assert channel_means(model, images, "1", 0).tolist() == [0, 1, 3]
    with pytest.raises(ExplorerError, match=r"^Site 1 has no channel 4; its channels are 0 to 0\.$"):
        channel_means(model, images, "1", 4)


def test_progress_counts_batches(resnet):
    told = []
    feature_maps(resnet, IMAGES, "act", batch_size=2, progress=lambda *a: told.append(a))
    assert told == [(i, 3, "Outputs of act") for i in range(3)]


def test_bad_requests_are_answered_in_words(resnet):
    with pytest.raises(UnknownNameError, match=r"^Unknown site 'layer9'\."):
        feature_maps(resnet, IMAGES, "layer9")
    with pytest.raises(ExplorerError, match=r"^ids must hold one number per image; received 1 for 5 images\.$"):
        feature_maps(resnet, IMAGES, "act", ids=[1])
    with pytest.raises(ExplorerError, match=r"^order must be one of mean, number; received 'size'\.$"):
        feature_maps(resnet, IMAGES, "act", order="size")
    with pytest.raises(ExplorerError, match=r"^Feature maps need at least 1 image and 1 channel; received 0 and 64\.$"):
        feature_maps(resnet, IMAGES[:0], "act")


def test_the_network_runs_no_further_than_the_site():
    class TooFar(nn.Module):
        def forward(self, x):
            raise AssertionError("ran past the site")

    model = nn.Sequential(one_site("relu", channels=3), TooFar())
    assert feature_maps(model, IMAGES, "0.1").values.shape == (5, 3, 16, 16)
    assert channel_means(model, IMAGES, "0.1", 0, what="input").shape == (5,)
