"""Noise of other kinds made equal, and clouds turned into one orientation."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from core.analysis import noise_search
from core.analysis.alignment import align_clouds
from core.analysis.feature_points import feature_points, methods
from core.analysis.noise_comparison import noise_comparison
from core.analysis.noise_kind import NoiseKind
from core.analysis.noise_lens import noise_lens
from core.analysis.noise_match import match_variance
from core.errors import ExplorerError
from core.models import make_model

from .networks import one_site

IMAGES = torch.randn(24, 3, 12, 12, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    "curve",
    [lambda v: 3 * v, lambda v: v / (1 + v), lambda v: 0.5 * v**2, lambda v: float(np.log1p(100 * v)) / 10],
    ids=["proportional", "saturating", "square", "logarithm"],
)
def test_the_search_ends_within_five_percent(curve):
    found = match_variance(curve, 0.3)
    assert found.matched
    assert found.value == pytest.approx(0.3, rel=0.05) and found.value == pytest.approx(curve(found.variance))
    assert found.tried <= 10


def test_what_is_out_of_reach_gives_the_nearest_and_says_so():
    found = match_variance(lambda v: v / (1 + v), 2.0)
    assert not found.matched
    assert found.value == pytest.approx(1.0, abs=0.01)


def test_a_quantity_that_moves_in_steps_ends_within_the_absolute_tolerance():
    found = match_variance(lambda v: np.floor(1000 * v) / 1000, 0.0205, absolute=0.001)
    assert found.matched and abs(found.value - 0.0205) <= 0.00103


def test_on_a_linear_network_the_matched_gaussian_has_the_variance_of_the_own_noise():
    # EELU on positive inputs multiplies by k with var(k) = eps² / 3; a Gaussian multiplier behind ReLU is as strong at the
    # same variance, dropout at p = v / (1 + v). The sample of sigmas sets what var(k) is here, so it is measured.
    images = torch.linspace(1, 3, 6).reshape(-1, 1, 1, 1).repeat(1, 1, 12, 12)
    networks = {"EELU": _with_logits(one_site("eelu", eps=0.3)), "ReLU": _with_logits(one_site("relu"))}
    table = noise_comparison(networks, images, "0.1", labels=[0] * 6, passes=40)
    own = table.iloc[0]
    assert table["network"].tolist() == ["EELU"] * 3 + ["ReLU"] * 2
    assert table["kind"].tolist() == ["own", "gaussian", "dropout", "gaussian", "dropout"]
    assert table["matched"].all() and (table["deviation"].abs() <= 0.05).all()
    np.testing.assert_allclose(table["strength"], own["strength"], rtol=0.05)
    v = own["strength"] * np.var(np.linspace(1, 3, 6), ddof=1) / np.mean(np.linspace(1, 3, 6) ** 2)
    np.testing.assert_allclose(table["variance"][1:], v, rtol=0.08)
    np.testing.assert_allclose(table["scale"][[1, 3]], np.sqrt(v), rtol=0.05)
    np.testing.assert_allclose(table["scale"][[2, 4]], v / (1 + v), rtol=0.08)


def _with_logits(model: nn.Sequential) -> nn.Sequential:
    last = nn.Linear(144, 2)
    with torch.no_grad():
        last.weight.copy_(torch.stack([torch.ones(144), torch.zeros(144)]) / 144)
        last.bias.copy_(torch.tensor([0.0, 1.5]))
    return nn.Sequential(model, nn.Flatten(), last)


@pytest.fixture(scope="module")
def network() -> nn.Module:
    return make_model("resnet8", "eelu", activation_options={"eps": 0.8}, generator=torch.Generator().manual_seed(1)).eval()


@pytest.mark.parametrize("few", [(8, 4), (10**6, 2)], ids=["guessed first", "searched on all"])
def test_every_number_is_that_of_all_images_and_passes_at_the_variance_that_was_found(network, few, monkeypatch):
    monkeypatch.setattr(noise_search, "FEW_IMAGES", few[0])
    monkeypatch.setattr(noise_search, "FEW_PASSES", few[1])
    looked = []
    monkeypatch.setattr(noise_search, "noise_lens", lambda *a, **k: looked.append(len(a[1])) or noise_lens(*a, **k))
    site, labels = "layer3.0.act2", [0] * 24
    table = noise_comparison({"EELU": network}, IMAGES, site, labels=labels, passes=8)
    assert table["matched"].all() and (table["deviation"].abs() <= 0.05).all()
    for row in table[1:].itertuples():
        lens = noise_lens(
            network,
            IMAGES,
            site,
            kind=NoiseKind(kind=row.kind, variance=row.variance),
            passes=8,
            labels=labels,
            fit_images=IMAGES,
        )
        assert (lens.strength, lens.rank, lens.flips) == pytest.approx((row.strength, row.rank, row.flips), rel=1e-5)
        assert (row.images, row.passes) == (24, 8)
    if few[0] < 24:
        assert looked.count(24) <= 1 + 2 * 2, "after the guess at most two looks at everything for each kind"
        assert looked.count(8) >= 2


@pytest.mark.full
def test_at_equal_loss_of_accuracy_the_losses_are_equal():
    network = make_model("resnet8", "eelu", activation_options={"eps": 3.0}, generator=torch.Generator().manual_seed(1)).eval()
    with torch.no_grad():
        labels = network(IMAGES).argmax(1).tolist()  # without noise it is always right
    table = noise_comparison({"EELU": network}, IMAGES, "layer3.0.act2", labels=labels, by="accuracy", passes=16)
    assert table["clean_accuracy"].tolist() == [1.0] * 3
    wanted = table["loss"][0]
    assert wanted > 0.01
    close = (table["loss"] - wanted).abs() <= max(0.05 * wanted, 0.001)
    assert close[table["matched"]].all() and table["matched"].any()


def test_where_nothing_is_lost_there_is_nothing_to_match():
    images = torch.linspace(1, 3, 6).reshape(-1, 1, 1, 1).repeat(1, 1, 12, 12)
    network = _with_logits(one_site("eelu", eps=1e-4))
    with pytest.raises(ExplorerError, match=r"There is no loss of accuracy to match: .* on 6 images × 4 passes"):
        noise_comparison({"EELU": network}, images, "0.1", labels=[1, 1, 0, 0, 0, 0], by="accuracy", passes=4)


def test_progress_runs_from_nothing_to_the_whole():
    told = []
    images = torch.linspace(1, 3, 6).reshape(-1, 1, 1, 1).repeat(1, 1, 12, 12)
    networks = {"EELU": _with_logits(one_site("eelu", eps=0.3))}
    noise_comparison(networks, images, "0.1", labels=[0] * 6, passes=4, progress=lambda *a: told.append(a))
    assert told[0][0] == 0 and {total for _, total, _ in told} == {3000}
    assert all(done <= 3000 for done, *_ in told)
    assert "EELU, gaussian: Noisy pass 2 of 4" in {text for *_, text in told}


def cloud(points: np.ndarray, noisy: np.ndarray) -> pd.DataFrame:
    """Return a cloud table of noise-off points (N, 2) and noisy ones (P, N, 2)."""
    every = np.concatenate([points[None], noisy])
    image, number = np.tile(np.arange(len(points)), len(every)), np.repeat(np.arange(-1, len(noisy)), len(points))
    return pd.DataFrame({"image": image, "pass": number, "x": every[..., 0].ravel(), "y": every[..., 1].ravel()})


def test_a_turned_mirrored_scaled_and_shifted_cloud_comes_back():
    rng = np.random.default_rng(0)
    points, noisy = rng.normal(size=(5, 2)), rng.normal(size=(7, 5, 2))
    turn = np.array([[0.6, 0.8], [0.8, -0.6]])
    first, other = cloud(points, noisy), cloud(3 * points @ turn + [4, -2], 3 * noisy @ turn + [4, -2])
    aligned = align_clouds([first, other])
    np.testing.assert_allclose(aligned.tables[1][["x", "y"]], first[["x", "y"]], atol=1e-9)
    assert aligned.residuals == pytest.approx((0, 0), abs=1e-12)


def test_what_no_rotation_explains_is_the_residual():
    # A square against its shadow on a line: the best turn and scale leave the half of the variance that the line has not
    square = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, -1.0], [-1.0, 1.0]])
    line = square * [1, 0]
    aligned = align_clouds([cloud(square, square[None]), cloud(line, line[None])])
    assert aligned.residuals[1] == pytest.approx(0.5)


def test_two_images_are_not_aligned():
    points = np.array([[0.0, 0.0], [1.0, 1.0]])
    aligned = align_clouds([cloud(points, points[None]), cloud(2 * points, points[None])])
    assert np.isnan(aligned.residuals[1])
    pd.testing.assert_frame_equal(aligned.tables[1], cloud(2 * points, points[None]))


def test_points_of_many_images_lie_where_the_clouds_have_their_rings():
    from core.analysis.latents import latent_clouds

    network = make_model("resnet8", "eelu", generator=torch.Generator().manual_seed(1)).eval()
    site, ids = "layer3.0.act1", list(range(24))
    points = feature_points(network, IMAGES, site, ids=ids, labels=[0] * 24)
    clouds = latent_clouds(network, IMAGES[:4], site, passes=2, fit_images=IMAGES)
    rings = clouds.table[clouds.table["pass"] < 0]
    np.testing.assert_allclose(points[["x", "y"]][:4], rings[["x", "y"]], rtol=1e-3, atol=1e-4)
    assert (points["pass"] == -1).all()


def test_a_projection_that_is_not_there_is_named(monkeypatch):
    network = one_site("relu")
    images = torch.rand(4, 1, 3, 3)
    assert methods() == ("pca", "tsne")
    with monkeypatch.context() as without:
        without.setattr("importlib.util.find_spec", lambda name: None)
        assert methods() == ("pca",)
        with pytest.raises(ExplorerError, match="t-SNE needs the package openTSNE; install it with: pip install openTSNE"):
            feature_points(network, images, "1", ids=range(4), labels=[0] * 4, method="tsne")
    with pytest.raises(ExplorerError, match="Unknown projection 'umap'"):
        feature_points(network, images, "1", ids=range(4), labels=[0] * 4, method="umap")
    with pytest.raises(ExplorerError, match="at least 3 images; received 2"):
        feature_points(network, images[:2], "1", ids=range(2), labels=[0] * 2)


def two_groups(images: int) -> torch.Tensor:
    """Return images (N, 1, 6, 6) near 1 and near 5, in turn."""
    noise = torch.rand(images, 1, 6, 6, generator=torch.Generator().manual_seed(3))
    return noise + torch.tensor([1.0, 5.0]).repeat(images // 2 + 1)[:images, None, None, None]


def test_tsne_keeps_what_lies_together_together_and_gives_the_same_again():
    network, images = one_site("relu"), two_groups(60)
    one, other = (feature_points(network, images, "1", ids=range(60), labels=[0, 1] * 30, method="tsne") for _ in range(2))
    pd.testing.assert_frame_equal(one, other)
    places = one[["x", "y"]].to_numpy(dtype=float)
    distances = np.linalg.norm(places[:, None] - places[None], axis=2) + np.diag([np.inf] * 60)
    assert (one["label"].to_numpy()[distances.argmin(1)] == one["label"]).all()


@pytest.mark.parametrize("images", [3, 4, 31])
def test_tsne_of_few_images_is_finite_and_says_nothing(images, capfd):
    points = feature_points(one_site("relu"), two_groups(images), "1", ids=range(images), labels=[0] * images, method="tsne")
    assert np.isfinite(points[["x", "y"]]).all().all()
    assert "".join(capfd.readouterr()) == ""


def test_tsne_says_where_it_stands_and_can_be_stopped():
    said: list[tuple[int, int, str]] = []

    def stop_at_20(done: int, total: int, text: str) -> None:
        said.append((done, total, text))
        if done == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        feature_points(
            one_site("relu"), two_groups(40), "1", ids=range(40), labels=[0] * 40, method="tsne", progress=stop_at_20
        )
    assert [done for done, *_ in said] == list(range(21))
    assert said[-1] == (20, 76, "t-SNE of 40 images")
