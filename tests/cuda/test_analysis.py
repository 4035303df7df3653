"""What is found out about a network that lies on a CUDA device is what is found out on the CPU."""

import copy
import threading

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from core.activations import activation_names
from core.analysis.attribution import attribute
from core.analysis.attribution_randomisation import randomisation_table
from core.analysis.batchnorm import reestimated
from core.analysis.curves import curve_table
from core.analysis.evidence import site_table
from core.analysis.feature_maps import feature_maps
from core.analysis.latents import latent_clouds
from core.analysis.maximisation import maximise_channel
from core.analysis.nearest_tables import nearest_table
from core.analysis.noise_comparison import noise_comparison
from core.analysis.noise_kind import NoiseKind
from core.analysis.noise_lens import noise_lens
from core.analysis.surface import surface_table
from core.analysis.whatif import ablation_table, path_table
from core.models import make_model
from core.probes import probe_statistics

GENERATOR = torch.Generator().manual_seed(7)
IMAGES, LABELS = torch.randn(48, 3, 16, 16, generator=GENERATOR), torch.arange(48) % 10
SCALE = {"mean": (0.1, 0.0, -0.1), "sd": (1.0, 1.0, 1.0)}
SITE = "layer2.0.act2"
METHODS = ["integrated_gradients", "saliency", "input_x_gradient", "grad_cam", "occlusion", "deep_lift"]


def pair(activation: str = "coslu", **options: object) -> tuple[nn.Module, nn.Module]:
    """Return a network on the CPU and on the device, with BN statistics of its images and parameters off their start."""
    network = make_model("resnet8", activation, generator=torch.Generator().manual_seed(1), activation_options=options)
    with torch.no_grad():
        for path, parameter in network.named_parameters():
            if ".act" in path or path.startswith("act"):
                parameter.add_(0.1)
    network = reestimated(network, IMAGES)
    return network, copy.deepcopy(network).cuda()


def close(found: pd.DataFrame, wanted: pd.DataFrame, rtol: float = 1e-3, atol: float = 1e-4) -> None:
    pd.testing.assert_frame_equal(found, wanted, rtol=rtol, atol=atol)


@pytest.mark.parametrize("name", activation_names())
def test_curves_and_their_evidence(name: str) -> None:
    here, there = pair(name)
    wanted, found = probe_statistics(here, IMAGES, units=True), probe_statistics(there, IMAGES, units=True)
    for one, other in zip(found.dead_units + found.constant_units, wanted.dead_units + wanted.constant_units, strict=True):
        np.testing.assert_allclose(one, other, atol=1)  # a unit whose activity ends within rounding
    np.testing.assert_allclose(found.saturated, wanted.saturated, atol=2e-3)
    np.testing.assert_allclose(found.mean_gradient, wanted.mean_gradient, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(found.quantiles, wanted.quantiles, rtol=1e-2, atol=1e-2)
    assert found.sample.tolist() == wanted.sample.tolist()
    close(curve_table(there, statistics=wanted), curve_table(here, statistics=wanted))
    close(site_table(there, wanted), site_table(here, wanted))
    pd.testing.assert_series_equal(nearest_table(there, wanted)["kind"], nearest_table(here, wanted)["kind"])


def test_bn_statistics_are_estimated_again_alike() -> None:
    here, there = pair()
    one, other = reestimated(there, IMAGES), reestimated(here, IMAGES)
    for name, value in other.state_dict().items():
        torch.testing.assert_close(one.state_dict()[name].cpu(), value, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("on_device", [False, True], ids=["images here", "images there"])
def test_what_if(on_device: bool) -> None:
    here, there = pair()
    images, labels = (IMAGES.cuda(), LABELS.cuda()) if on_device else (IMAGES, LABELS)
    numbers = ["loss", "loss_reestimated", "accuracy", "accuracy_reestimated"]
    for function, options in (
        (ablation_table, {"by": "relu"}),
        (path_table, {"t": (0.0, 2.0)}),
        (surface_table, {"points": 3}),
    ):
        wanted = function(here, IMAGES, LABELS, train_images=IMAGES, **options)
        found = function(there, images, labels, train_images=images, **options)
        np.testing.assert_allclose(found[numbers], wanted[numbers], rtol=2e-3, atol=1 / 48 + 1e-6)


@pytest.mark.parametrize("activation", ["coslu", "pdrelu", "eelu"])
@pytest.mark.parametrize("method", METHODS)
def test_attributions(method: str, activation: str) -> None:
    here, there = pair(activation)
    found, wanted = (attribute(network, IMAGES[:6], method, **SCALE) for network in (there, here))
    assert found.full.shape == wanted.full.shape and np.isfinite(found.full).all()
    if method != "saliency" or activation == "coslu":  # a kink may be on either side of rounding for single pixels
        scale = np.abs(wanted.full).max()
        assert np.quantile(np.abs(found.full - wanted.full), 0.99) < 1e-2 * scale
    if method in ("integrated_gradients", "deep_lift"):
        assert found.percentile_error() < 0.01


@pytest.mark.parametrize("activation", ["coslu", "helu", "pdrelu", "relun"])
def test_attributions_where_torch_may_use_tf32_are_those_without_it(activation: str) -> None:
    there = pair(activation)[1]
    for method in ("integrated_gradients", "deep_lift"):
        exact = attribute(there, IMAGES, method, **SCALE)
        torch.backends.cudnn.allow_tf32 = True  # torch's default
        found = attribute(there, IMAGES, method, **SCALE)
        assert torch.backends.cudnn.allow_tf32
        torch.backends.cudnn.allow_tf32 = False
        assert np.abs(found.full - exact.full).max() < 1e-4 * np.abs(exact.full).max()
        if method == "deep_lift":  # complete to rounding: TF32 made it 0.1 to 1 %
            assert found.percentile_error() < 1e-4


def test_cascading_randomisation() -> None:
    here, there = pair()
    wanted, found = (randomisation_table(network, IMAGES[:4], "saliency", **SCALE) for network in (here, there))
    assert found.iloc[:, 0].tolist() == wanted.iloc[:, 0].tolist()
    close(found.select_dtypes("number"), wanted.select_dtypes("number"), rtol=5e-2, atol=5e-2)


def test_feature_maps_and_an_image_for_a_channel() -> None:
    here, there = pair()
    found, wanted = (feature_maps(network, IMAGES[:8], SITE) for network in (there, here))
    np.testing.assert_allclose(found.values, wanted.values, rtol=1e-3, atol=1e-4)
    made = maximise_channel(there, SITE, 3, IMAGES, steps=40, starts=3)
    assert made.reached.mean() > made.probe.max()


# ---- noise: other numbers than on the CPU, so one law, and exact where nothing is drawn


def test_the_noise_lens_tells_the_same_within_sampling() -> None:
    here, there = pair("eelu", eps=0.8)
    wanted, found = (noise_lens(network, IMAGES, SITE, passes=64) for network in (here, there))
    np.testing.assert_allclose(found.depth["between"], wanted.depth["between"], rtol=1e-3)
    np.testing.assert_allclose(found.depth["within"], wanted.depth["within"], rtol=0.4)
    assert found.strength == pytest.approx(wanted.strength, rel=0.4)
    np.testing.assert_allclose(found.maps.clean, wanted.maps.clean, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    "kind", [NoiseKind(), NoiseKind(kind="gaussian", variance=0.1), NoiseKind(kind="dropout", variance=0.1)]
)
def test_the_noise_lens_does_not_depend_on_the_batch(kind: NoiseKind) -> None:
    _, there = pair("eelu", eps=0.8)
    one, other = (noise_lens(there, IMAGES, SITE, kind=kind, passes=6, batch_size=size) for size in (7, 48))
    close(one.depth, other.depth, rtol=1e-4)
    np.testing.assert_allclose(one.maps.spread, other.maps.spread, rtol=1e-3, atol=1e-4)


def test_images_on_the_device_are_looked_at_where_they_are() -> None:
    _, there = pair("eelu", eps=0.8)
    one, other = (noise_lens(there, images, SITE, passes=4) for images in (IMAGES, IMAGES.cuda()))
    close(one.depth, other.depth, rtol=1e-5)
    clouds = latent_clouds(there, IMAGES.cuda(), SITE, passes=4)
    assert np.isfinite(clouds.table.select_dtypes("number")).all().all()


def test_noise_of_equal_strength_behind_another_activation() -> None:
    networks = {"EELU": pair("eelu", eps=0.8)[1], "CosLU": pair("coslu")[1]}
    table = noise_comparison(networks, IMAGES, SITE, labels=LABELS.tolist(), passes=8)
    assert len(table) > 2 and table["matched"].all() and (table["deviation"].abs() <= 0.05).all()


def test_two_threads_on_one_network_are_both_right() -> None:
    _, there = pair("eelu", eps=0.8)
    alone = noise_lens(there, IMAGES, SITE, passes=8).depth, attribute(there, IMAGES[:6], "saliency", **SCALE).full
    results: dict[str, object] = {}

    def lens() -> None:
        results["lens"] = [noise_lens(there, IMAGES, SITE, passes=8).depth for _ in range(4)]

    def maps() -> None:
        results["maps"] = [attribute(there, IMAGES[:6], "saliency", **SCALE).full for _ in range(12)]

    threads = [threading.Thread(target=work) for work in (lens, maps)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for depth in results["lens"]:
        close(depth, alone[0], rtol=1e-3)
    for found in results["maps"]:
        np.testing.assert_allclose(found, alone[1], rtol=1e-2, atol=1e-4)
