import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.decomposition import PCA
from torch import nn

from core.activations import NoiseStream, noise
from core.analysis.latents import LatentClouds, latent_clouds, noisy_sites
from core.analysis.passes import noisy_features
from core.errors import ExplorerError, UnknownNameError
from core.models import fork, make_model
from core.probes import capture

from .networks import one_site, ramp

IMAGES = torch.randn(12, 3, 16, 16, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def resnet():
    return make_model("resnet8", "eelu", activation_options={"eps": 0.5}, generator=torch.Generator().manual_seed(1))


def constant_images(*values: float, side: int = 1) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float32).reshape(-1, 1, 1, 1).repeat(1, 1, side, side)


def test_the_cloud_of_a_linear_network_has_the_variance_of_k_times_x_squared():
    # f(x) = k x for x > 0; k ~ N(1, sigma²), sigma ~ U(0, eps), so var(k) = eps² / 3. Images of 36 equal pixels x vary along
    # (1, …, 1) only: the clean coordinate is 6 x, and that of a noisy pass, the sum of k x over the pixels / 6, has var(k) x²
    x, eps = np.array([1.0, 2.0, 4.0]), 0.3
    clouds = latent_clouds(one_site("eelu", eps=eps), constant_images(*x, side=6), "1", passes=600)
    assert clouds.strength == pytest.approx(eps**2 / 3 * np.mean(x**2) / np.var(x, ddof=1), rel=0.08)
    spread = clouds.table[clouds.table["pass"] >= 0].groupby("image")["x"].var()
    np.testing.assert_allclose(spread, eps**2 / 3 * x**2, rtol=0.3)
    clean = clouds.table[clouds.table["pass"] == -1]
    assert clean["x"].tolist() == pytest.approx(6 * (x - x.mean()))
    assert clouds.explained == pytest.approx((1, 0))


def test_a_single_feature_has_rank_one_and_no_second_coordinate():
    clouds = latent_clouds(one_site("eelu"), constant_images(1.0, 2.0, 4.0), "1", passes=3)
    assert clouds.rank == pytest.approx(1)
    assert (clouds.table["y"] == 0).all()


def test_negative_inputs_get_no_noise():
    clouds = latent_clouds(one_site("eelu"), constant_images(-1.0, -2.0, -3.0), "1", passes=5)
    assert (clouds.strength, clouds.rank) == (0.0, 0.0)


def test_one_sigma_a_pass_is_common_to_all_images_while_k_is_drawn_for_each():
    model = one_site("eelu", eps=0.3).eval()
    k = noisy_features(model, constant_images(1.0, 1.0, side=60), "1", 20, 0, 1, lambda text: None)  # (passes, 2, 3600)
    sigma = k.std(2)
    np.testing.assert_allclose(sigma[:, 0], sigma[:, 1], rtol=0.08)
    assert sigma[:, 0].max() > 3 * sigma[:, 0].min()
    assert abs(np.corrcoef(k[0])[0, 1]) < 0.1


def test_every_site_has_a_sigma_of_its_own():
    model = nn.Sequential(one_site("eelu", eps=0.3), one_site("eelu", eps=0.3)).eval()
    images = constant_images(1.0, side=60)
    first = noisy_features(model, images, "0.1", 1, 0, 1, lambda text: None)
    both = noisy_features(model, images, "1.1", 1, 0, 1, lambda text: None)
    ratio = (both / first).std() / first.std()
    assert abs(ratio - 1) > 0.05


def test_all_numbers_agree_with_a_plain_loop_over_the_whole_network(resnet):
    site, passes = "layer3.0.act1", 6
    clouds = latent_clouds(resnet, IMAGES[:3], site, passes=passes, seed=4, fit_images=IMAGES, ids=[7, 8, 9], labels=[0, 1, 1])
    twin = fork(resnet).eval()
    with torch.no_grad(), capture(twin, site) as seen:
        twin(IMAGES)
        clean = seen[site].flatten(1).numpy().astype(np.float64)
        noisy = []
        for p in range(passes):
            with noise(twin, on=True, generator=NoiseStream(4, "noise-lens", p)):
                twin(IMAGES[:3])
            noisy.append(seen[site].flatten(1).numpy().astype(np.float64))
    noisy = np.array(noisy)
    assert clouds.strength == pytest.approx(noisy.var(0, ddof=1).sum(1).mean() / clean.var(0, ddof=1).sum(), rel=1e-4)
    pooled = sum(np.cov(noisy[:, i].T) for i in range(3)) / 3
    values = np.linalg.eigvalsh(pooled).clip(1e-12)
    p = values / values.sum()
    assert clouds.rank == pytest.approx(np.exp(-(p * np.log(p)).sum()), rel=1e-3)
    pca = PCA(2, svd_solver="full").fit(clean)
    assert clouds.explained == pytest.approx(pca.explained_variance_ratio_, rel=1e-4)
    points = clouds.table[clouds.table["pass"] == 5][["x", "y"]].to_numpy()
    np.testing.assert_allclose(np.abs(points), np.abs(pca.transform(noisy[5])), rtol=1e-3, atol=1e-3)
    assert clouds.table["image"].tolist() == [7, 8, 9] * (passes + 1)
    assert clouds.table["label"].tolist() == [0, 1, 1] * (passes + 1)
    assert clouds.table["pass"].tolist() == np.repeat(np.arange(-1, passes), 3).tolist()


def test_the_result_does_not_depend_on_the_batch_size(resnet):
    one, two = (latent_clouds(resnet, IMAGES, "layer1.0.act2", passes=3, batch_size=b) for b in (5, 256))
    pd.testing.assert_frame_equal(one.table, two.table, rtol=1e-3, atol=1e-4)
    assert one.strength == pytest.approx(two.strength, rel=1e-4)


def test_the_same_seed_gives_the_same_clouds_and_another_seed_others(resnet):
    a, b, c = (latent_clouds(resnet, IMAGES[:4], "act", passes=2, seed=s).table for s in (0, 0, 1))
    pd.testing.assert_frame_equal(a, b)
    assert not np.allclose(a["x"], c["x"])


def test_the_network_runs_no_further_than_the_site():
    class TooFar(nn.Module):
        def forward(self, x):
            raise AssertionError("ran past the site")

    model = nn.Sequential(one_site("eelu"), TooFar())
    assert latent_clouds(model, ramp(-1, 1, images=4), "0.1", passes=2).images == 4


def test_the_model_and_the_global_generator_stay_as_they_are(resnet):
    resnet.train()
    before = torch.get_rng_state()
    latent_clouds(resnet, IMAGES[:3], "act", passes=2)
    assert resnet.training
    assert resnet.act.noise_on is None
    assert not any(m._forward_hooks for m in resnet.modules())
    assert torch.equal(before, torch.get_rng_state())
    resnet.eval()


def test_progress_counts_batches_and_may_cancel(resnet):
    told = []
    latent_clouds(resnet, IMAGES, "act", passes=2, batch_size=6, progress=lambda *a: told.append(a))
    assert [(done, total) for done, total, _ in told] == [(i, 8) for i in range(8)]
    assert [text for *_, text in told[3:6]] == ["Features without noise", "Noisy pass 1 of 2", "Noisy pass 1 of 2"]

    class Cancelled(Exception):
        pass

    calls = []

    def stop(done, total, text):
        calls.append(done)
        if done == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        latent_clouds(resnet, IMAGES, "act", passes=50, batch_size=12, progress=stop)
    assert calls == [0, 1, 2, 3]


def test_a_network_without_noise_says_so_and_names_those_with():
    model = make_model("resnet8", "coslu", generator=torch.Generator())
    assert noisy_sites(model) == []
    with pytest.raises(ExplorerError) as error:
        latent_clouds(model, IMAGES, "act")
    known = "RReLU, EELU, EReLU, EPReLU"
    assert str(error.value) == f"This network makes no noise: its 7 sites use CosLU. Functions with noise: {known}."


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"passes": 1}, "passes must be at least 2; received 1."),
        ({"fit_images": IMAGES[:2]}, "The projection needs at least 3 images; received 2. Give more as fit_images."),
        ({"ids": [1, 2]}, "ids must hold one number per image; received 2 for 12 images."),
        (
            {"passes": 100_000},
            "100000 passes of 12 images with 4,096 features each are more than this can keep;"
            " take at most 0 images, or fewer passes.",
        ),
    ],
)
def test_bad_requests_are_answered_in_words(resnet, options, message):
    with pytest.raises(ExplorerError) as error:
        latent_clouds(resnet, IMAGES, "act", **options)
    assert str(error.value) == message


def test_an_unknown_site_names_the_nearest(resnet):
    with pytest.raises(UnknownNameError, match=r"Unknown site 'layer2.0.act'\. Did you mean 'layer2.0.act[12]'\?"):
        latent_clouds(resnet, IMAGES, "layer2.0.act")
    assert noisy_sites(resnet)[:2] == ["act", "layer1.0.act1"]


def test_clouds_survive_a_parquet_file(resnet, tmp_path):
    clouds = latent_clouds(resnet, IMAGES[:3], "layer3.0.act2", passes=2, labels=[3, 4, 5])
    clouds.to_frame().to_parquet(tmp_path / "clouds.parquet")
    again = LatentClouds.from_frame(pd.read_parquet(tmp_path / "clouds.parquet"))
    pd.testing.assert_frame_equal(again.table, clouds.table)
    pd.testing.assert_frame_equal(again.summary(), clouds.summary())
    assert again.explained == pytest.approx(clouds.explained)
