"""The noise lens against answers known by hand, and against a plain loop over the whole network."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from core.activations import NoiseStream, make_activation, noise
from core.analysis.latents import latent_clouds
from core.analysis.noise_kind import NoiseKind
from core.analysis.noise_lens import noise_lens
from core.errors import ExplorerError, UnknownNameError
from core.models import fork, make_model, sites
from core.probes import capture

from .networks import one_site

IMAGES = torch.randn(12, 3, 16, 16, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def resnet():
    return make_model("resnet8", "eelu", activation_options={"eps": 0.8}, generator=torch.Generator().manual_seed(1)).eval()


def constant_images(*values: float, side: int = 20) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float32).reshape(-1, 1, 1, 1).repeat(1, 1, side, side)


def two_classes(activation: str, **options) -> nn.Sequential:
    """Return a network that decides for class 0 where the image's single pixel, after site "1", is above 1, else for 1."""
    last = nn.Linear(1, 2)
    with torch.no_grad():
        last.weight.copy_(torch.tensor([[1.0], [0.0]]))
        last.bias.copy_(torch.tensor([0.0, 1.0]))
    return nn.Sequential(*one_site(activation, **options), nn.Flatten(), last)


def test_variance_strength_and_signal_to_noise_of_a_known_multiplier():
    # Each of 400 pixels x becomes k x with var(k) = 0.04: within = 400 · 0.04 x², between = 400 var(x), snr = 1 / 0.04
    x = np.array([1.0, 2.0, 4.0])
    lens = noise_lens(one_site("relu"), constant_images(*x), "1", kind=NoiseKind(kind="gaussian", variance=0.04), passes=60)
    (row,) = lens.depth.to_dict("records")
    assert row["within"] == pytest.approx(400 * 0.04 * np.mean(x**2), rel=0.03)
    assert row["between"] == pytest.approx(400 * np.var(x, ddof=1))
    assert lens.strength == pytest.approx(0.04 * np.mean(x**2) / np.var(x, ddof=1), rel=0.03)
    assert row["snr"] == pytest.approx(25, rel=0.03)


def test_maps_hold_the_mean_and_the_sd_of_every_unit():
    lens = noise_lens(
        one_site("relu"), constant_images(1.0, 3.0), "1", kind=NoiseKind(kind="gaussian", variance=0.25), passes=400
    )
    assert lens.maps.clean.shape == lens.maps.mean.shape == lens.maps.spread.shape == (2, 1, 20, 20)
    np.testing.assert_allclose(lens.maps.mean[1], 3, atol=0.4)
    assert lens.maps.mean[1].mean() == pytest.approx(3, abs=0.02)
    assert lens.maps.spread[0].mean() == pytest.approx(0.5, rel=0.02)
    assert lens.maps.spread[1].mean() == pytest.approx(1.5, rel=0.02)


def test_eelu_spreads_positive_inputs_by_a_third_of_eps_squared_and_negative_ones_not_at_all():
    # One sigma ~ U(0, eps) per pass: var(k) = E[sigma²] = eps² / 3
    lens = noise_lens(one_site("eelu", eps=0.3), constant_images(2.0, -2.0, side=10), "1", passes=900)
    assert np.square(lens.maps.spread[0]).mean() == pytest.approx(0.3**2 / 3 * 4, rel=0.1)
    assert (lens.maps.spread[1] == 0).all()


@pytest.mark.parametrize("variance", [0.04, 1.0])
def test_dropout_has_the_variance_of_the_multiplier_that_it_was_asked_for(variance):
    kind = NoiseKind(kind="dropout", variance=variance)
    assert kind.scale == pytest.approx(variance / (1 + variance))
    lens = noise_lens(one_site("identity"), constant_images(1.0, 2.0, side=40), "1", kind=kind, passes=100)
    assert lens.maps.mean[1].mean() == pytest.approx(2, rel=0.02)
    assert np.square(lens.maps.spread[1]).mean() == pytest.approx(4 * variance, rel=0.05)


@pytest.mark.parametrize("kind", ["gaussian", "dropout"])
def test_a_multiplier_is_the_formula_of_the_numbers_drawn(kind):
    x = torch.randn(4, 3, 5, 5, generator=torch.Generator().manual_seed(2))
    made = NoiseKind(kind=kind, variance=0.3).multiplied(x.clone(), "a", NoiseStream(0, "s"))
    if kind == "gaussian":
        expected = x * (1 + 0.3**0.5 * NoiseStream(0, "s").draw(x, "a")[0])
    else:
        p = 0.3 / 1.3
        expected = x * (NoiseStream(0, "s").draw(x, "a", uniform=True)[0] >= 2 * p - 1) / (1 - p)
    torch.testing.assert_close(made, expected, rtol=0, atol=0)


def test_flips_are_the_passes_whose_decision_is_not_the_noise_off_one():
    # The pixel 3 becomes 3 k: class 0 if 3 k > 1. Dropout with p = 1/4 gives k = 0 (flipped) or 4/3. The pixel 0.5 stays in
    # class 1 for both: 0.5 · 4/3 < 1
    kind = NoiseKind(kind="dropout", variance=1 / 3)
    images = constant_images(3.0, 0.5, side=1)
    lens = noise_lens(two_classes("relu"), images, "1", kind=kind, passes=400, ids=[7, 9], labels=[0, 0])
    table = lens.decisions.set_index("image")
    stream = [NoiseStream(0, "noise-lens", p).draw(torch.zeros(2, 1, 1, 1), "1", uniform=True)[0] for p in range(400)]
    dropped = sum(float(z[0]) < 2 * 0.25 - 1 for z in stream)
    assert 60 < dropped < 140
    assert table.loc[7, ["clean", "flips", "passes", "other"]].tolist() == [0, dropped, 400, 1]
    assert table.loc[9, ["clean", "flips", "other"]].tolist() == [1, 0, -1]
    assert table["share"].tolist() == [dropped / 400, 0]
    assert lens.clean_accuracy == 0.5  # the second image is of class 0, too, and always called 1
    assert lens.accuracy == pytest.approx((400 - dropped) / 800)
    assert lens.flips == pytest.approx(dropped / 800)


def test_without_labels_there_is_no_accuracy_but_there_are_flips():
    lens = noise_lens(two_classes("eelu", eps=1.0), constant_images(1.0, 2.0, side=1), "1", passes=20)
    assert np.isnan(lens.accuracy) and np.isnan(lens.clean_accuracy)
    assert lens.decisions["passes"].tolist() == [20, 20]


@pytest.mark.parametrize("noisy", [None, ["layer3.0.act1", "layer3.0.act2"], ["layer2.0.act2"]])
def test_all_numbers_agree_with_a_plain_loop_over_the_whole_network(resnet, noisy):
    site, passes, every = "layer3.0.act1", 5, [s.path for s in sites(resnet)]
    lens = noise_lens(resnet, IMAGES[:5], site, noisy=noisy, passes=passes, seed=4, fit_images=IMAGES, batch_size=3)
    twin = fork(resnet).eval()
    passed, said = {path: [] for path in every}, []
    with torch.no_grad(), capture(twin, every) as seen:
        twin(IMAGES)
        clean = {path: seen[path].flatten(1).double().numpy() for path in every}
        decided = twin(IMAGES[:5]).argmax(1)
        for p in range(passes):
            with noise(twin, on=True, generator=NoiseStream(4, "noise-lens", p), only=noisy):
                said.append(twin(IMAGES[:5]).argmax(1))
            for path in every:
                passed[path].append(seen[path].flatten(1).double().numpy())
    table = lens.depth.set_index("site")
    assert list(table.index) == every
    for path in every:
        within = np.var(passed[path], axis=0, ddof=1).sum(1).mean()
        between = clean[path].var(0, ddof=1).sum()
        assert table.loc[path, "within"] == pytest.approx(within, rel=1e-3, abs=1e-8)
        assert table.loc[path, "strength"] == pytest.approx(within / between, rel=1e-3, abs=1e-8)
        if within > 1e-6:
            assert table.loc[path, "snr"] == pytest.approx(np.square(clean[path][:5]).sum(1).mean() / within, rel=1e-3)
    here = np.array(passed[site]).reshape(passes, 5, -1)
    np.testing.assert_allclose(lens.maps.mean.reshape(5, -1), here.mean(0), atol=1e-4)
    np.testing.assert_allclose(lens.maps.spread.reshape(5, -1), here.std(0, ddof=1), atol=1e-3)
    flips = sum((s != decided).long() for s in said)
    assert lens.decisions["flips"].tolist() == flips.tolist()


def test_strength_and_rank_are_those_of_the_clouds(resnet):
    site = "layer2.0.act1"
    clouds = latent_clouds(resnet, IMAGES[:6], site, passes=6, seed=2, fit_images=IMAGES)
    lens = noise_lens(resnet, IMAGES[:6], site, passes=6, seed=2, fit_images=IMAGES, depth=False)
    assert lens.strength == pytest.approx(clouds.strength, rel=1e-3)
    assert lens.rank == pytest.approx(clouds.rank, rel=1e-3)
    assert (lens.rank_images, lens.rank_passes) == (6, 6)


def test_the_rank_of_independent_noise_on_every_unit_is_the_number_of_units():
    lens = noise_lens(
        one_site("relu"), constant_images(1.0, 2.0, side=2), "1", kind=NoiseKind(kind="gaussian", variance=0.01), passes=64
    )
    assert lens.rank == pytest.approx(4, rel=0.05)


@pytest.mark.parametrize(
    "kind", [NoiseKind(), NoiseKind(kind="gaussian", variance=0.2), NoiseKind(kind="dropout", variance=0.2)]
)
def test_batches_of_32_give_what_batches_of_256_give(resnet, kind):
    images = torch.randn(70, 3, 16, 16, generator=torch.Generator().manual_seed(5))
    one, two = (noise_lens(resnet, images, "layer3.0.act1", kind=kind, passes=3, batch_size=b) for b in (32, 256))
    pd.testing.assert_frame_equal(one.depth, two.depth, rtol=1e-3)
    pd.testing.assert_frame_equal(one.decisions, two.decisions)
    assert one.rank == pytest.approx(two.rank, rel=1e-3)
    np.testing.assert_allclose(one.maps.spread, two.maps.spread, atol=1e-3)


def test_before_the_first_noisy_site_nothing_spreads(resnet):
    lens = noise_lens(resnet, IMAGES, "layer1.0.act1", noisy=["layer3.0.act2"], passes=3)
    quiet = lens.depth[~lens.depth["noisy"]]
    assert (quiet["strength"] == 0).all() and np.isinf(quiet["snr"]).all()
    assert lens.depth.set_index("site").loc["layer3.0.act2", "strength"] > 0
    assert (lens.maps.spread == 0).all() and lens.rank == 0
    np.testing.assert_array_equal(lens.maps.mean, lens.maps.clean)


def test_a_site_after_the_noisy_ones_shows_the_noise_that_arrives():
    model = nn.Sequential(one_site("eelu", eps=1.0), make_activation("relu")).eval()
    lens = noise_lens(model, constant_images(1.0, 2.0, side=4), "1", passes=10)
    assert lens.noisy == ("0.1",)
    assert lens.depth.set_index("site").loc["1", "strength"] > 0


def test_the_layers_before_the_first_noisy_site_run_once_for_each_batch(resnet):
    model = fork(resnet).eval()
    calls = {"layer2": 0, "layer3.0.conv2": 0, "fc": 0}
    twin = _counting(model, calls)
    noise_lens(twin, IMAGES, "layer3.0.act2", noisy=["layer3.0.act2"], passes=10, batch_size=6)
    # once to find what comes first, and once for each of two batches; the rest in 2 × 10 passes more
    assert calls == {"layer2": 3, "layer3.0.conv2": 3, "fc": 23}


def _counting(model: nn.Module, calls: dict[str, int]) -> nn.Module:
    """Return `model` with modules that count their calls, also in forks: they keep the same dictionary."""

    class Counting(nn.Module):
        def __init__(self, path: str, inside: nn.Module) -> None:
            super().__init__()
            self.path, self.inside = path, inside

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            calls[self.path] += 1
            return self.inside(x)

        def __deepcopy__(self, memo: dict) -> "Counting":
            import copy

            return Counting(self.path, copy.deepcopy(self.inside, memo))

    for path in calls:
        owner, _, name = path.rpartition(".")
        setattr(model.get_submodule(owner), name, Counting(path, model.get_submodule(path)))
    return model


def test_the_model_and_the_global_generator_stay_as_they_are(resnet):
    before = torch.get_rng_state()
    noise_lens(resnet, IMAGES[:3], "act", passes=2)
    assert resnet.act.noise_on is None
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in resnet.modules())
    assert not any("forward" in vars(m) for m in resnet.modules())
    assert torch.equal(before, torch.get_rng_state())


def test_stop_ends_the_work_within_one_batch(resnet):
    class Stopped(Exception):
        pass

    calls, passes_run = {"fc": 0}, []
    model = _counting(fork(resnet).eval(), calls)

    def progress(done: int, total: int, text: str) -> None:
        assert total == 51
        passes_run.append((calls["fc"], text))
        if text == "Noisy pass 4 of 50":
            raise Stopped

    with pytest.raises(Stopped):
        noise_lens(model, IMAGES, "act", passes=50, progress=progress)
    assert calls["fc"] == passes_run[-1][0]  # no forward pass after the stop
    assert [text for _, text in passes_run[-2:]] == ["Noisy pass 3 of 50", "Noisy pass 4 of 50"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"passes": 1}, "passes must be at least 2; received 1."),
        ({"fit_images": IMAGES[:1]}, "The variance between images needs at least 2 images; received 1. Give more as fit_images."
         ),
        ({"labels": [1, 2]}, "labels must hold one number per image; received 2 for 12 images."),
        ({"noisy": []}, "Noise needs at least one site; received none. Sites that can make it: act, layer1.0.act1,"
         " layer1.0.act2, layer2.0.act1, layer2.0.act2, layer3.0.act1, layer3.0.act2."),
    ],
)  # fmt: skip
def test_bad_requests_are_answered_in_words(resnet, options, message):
    with pytest.raises(ExplorerError) as error:
        noise_lens(resnet, IMAGES, "act", **options)
    assert str(error.value) == message


def test_a_network_without_noise_an_unknown_site_and_a_quiet_one_are_named(resnet):
    plain = make_model("resnet8", "relu", generator=torch.Generator())
    with pytest.raises(ExplorerError, match=r"This network makes no noise: its 7 sites use ReLU"):
        noise_lens(plain, IMAGES, "act")
    with pytest.raises(UnknownNameError, match=r"Unknown site 'layer2\.0\.act'"):
        noise_lens(plain, IMAGES, "layer2.0.act", kind=NoiseKind(kind="gaussian", variance=0.1))
    mixed = make_model("resnet8", {"layer3.*": "eelu", "*": "relu"}, generator=torch.Generator())
    with pytest.raises(ExplorerError) as error:
        noise_lens(mixed, IMAGES, "act", noisy=["act"])
    assert str(error.value) == "Site 'act' makes no noise; sites with noise: layer3.0.act1, layer3.0.act2."


def test_a_kind_of_noise_that_is_none_is_refused():
    with pytest.raises(UnknownNameError, match=r"Unknown kind of noise 'gauss'\. Did you mean 'gaussian'\?"):
        NoiseKind(kind="gauss")
    with pytest.raises(ExplorerError, match="finite number of at least 0; received -1"):
        NoiseKind(kind="dropout", variance=-1)
