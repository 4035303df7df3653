import numpy as np
import pandas as pd
import pytest
import torch

from core.activations import make_activation
from core.analysis.curves import curve_table, snapshot_curves
from core.config import TrainConfig
from core.errors import ExplorerError, RunError, UnknownNameError
from core.models import make_model
from core.probes import probe_statistics
from core.runs import RunWriter

from .networks import one_site, ramp, set_parameters


def coslu(x, a, b):
    return (x + a * np.cos(b * x)) / (1 + np.exp(-x))


@pytest.fixture
def table():
    model = one_site("coslu")
    set_parameters(model[1], a=0.5, b=2.0)
    return curve_table(model, inputs=ramp(-2, 2))


def test_the_learned_curve_its_start_and_its_slope_are_those_of_the_formula(table):
    x = table["x"].to_numpy()
    assert len(table) == 97
    np.testing.assert_allclose(table["y"], coslu(x, 0.5, 2.0), rtol=1e-6)
    np.testing.assert_allclose(table["start"], coslu(x, 1.0, 1.0), rtol=1e-6)
    slope = (coslu(x + 1e-6, 0.5, 2.0) - coslu(x - 1e-6, 0.5, 2.0)) / 2e-6
    np.testing.assert_allclose(table["derivative"], slope, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(table["backward_derivative"], table["derivative"])


def test_x_spans_the_central_998_permille_and_holds_zero(table):
    assert (table["x"].min(), table["x"].max()) == pytest.approx((-1.996, 1.996), abs=1e-3)
    assert (table["x"] == 0).sum() == 1
    assert table["x"].is_monotonic_increasing
    assert table["reached"].all()


def test_the_density_is_that_of_the_inputs(table):
    np.testing.assert_allclose(table["density"], 0.25, rtol=0.05)


def test_one_function_for_all_channels_is_one_curve(table):
    assert set(table["role"]) == {"curve"}
    assert set(table["channel"]) == {-1}
    assert (table["low"] == table["y"]).all()
    assert (table["high"] == table["y"]).all()


def test_sites_come_in_forward_order_on_one_x_range():
    torch.manual_seed(0)
    model = make_model("resnet8", "coslu", generator=torch.Generator().manual_seed(0))
    table = curve_table(model, inputs=torch.randn(20, 3, 32, 32, generator=torch.Generator().manual_seed(1)), points=9)
    first = table.drop_duplicates("site")
    assert first["site"].tolist() == [
        "act",
        *(f"layer{i}.0.act{j}" for i in (1, 2, 3) for j in (1, 2)),
    ]
    assert first["position"].tolist() == list(range(7))
    assert first["stage"].tolist() == ["stem", "layer1", "layer1", "layer2", "layer2", "layer3", "layer3"]
    assert table.groupby("site")["x"].agg(tuple).nunique() == 1
    assert table.groupby("site")["reached"].sum().nunique() > 1
    assert not table["reached"].all()


def test_a_site_alone_has_its_own_range():
    model = make_model("resnet8", "coslu", generator=torch.Generator().manual_seed(0))
    statistics = probe_statistics(model, torch.randn(20, 3, 32, 32, generator=torch.Generator().manual_seed(1)))
    table = curve_table(model, statistics=statistics, sites="layer2.0.act1")
    row = statistics.sites.index("layer2.0.act1")
    assert (table["x"].min(), table["x"].max()) == pytest.approx((statistics.quantiles[row, 1], statistics.quantiles[row, 7]))
    assert table["position"].iloc[0] == 3


def test_without_inputs_the_curves_run_from_minus_4_to_4_without_evidence():
    table = curve_table(one_site("delu"))
    assert (table["x"].min(), table["x"].max()) == (-4, 4)
    assert table["density"].isna().all()
    assert table["reached"].all()


ALPHAS = [0.9, 0.1, 0.2, 0.3, 0.8]


@pytest.fixture
def per_channel():
    model = one_site("eelu", channels=5, sharing="channel")
    set_parameters(model[1], alpha=ALPHAS)
    return model


def test_channels_become_a_median_a_band_and_the_two_extremes(per_channel):
    table = curve_table(per_channel, inputs=ramp(-2, 2, channels=5))
    each = np.array([np.where(table["x"][:97] > 0, table["x"][:97], a * np.expm1(table["x"][:97])) for a in ALPHAS])
    roles = table.groupby("role", sort=False)
    assert roles["channel"].first().to_dict() == {"median": -1, "lowest": 0, "highest": 1}
    median = roles.get_group("median")
    np.testing.assert_allclose(median["y"], np.median(each, axis=0), rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(median["low"], np.quantile(each, 0.1, axis=0), rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(median["high"], np.quantile(each, 0.9, axis=0), rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(roles.get_group("lowest")["y"], each[0], rtol=1e-6, atol=1e-9)


def test_channels_are_drawn_one_or_all_on_request(per_channel):
    every = curve_table(per_channel, channel="all")
    assert every.groupby("channel").size().to_dict() == dict.fromkeys(range(5), 97)
    one = curve_table(per_channel, channel=3)
    pd.testing.assert_frame_equal(one, every[every["channel"] == 3].reset_index(drop=True))
    with pytest.raises(ExplorerError, match=r"Site '1' has channels 0 to 4; received 7\."):
        curve_table(per_channel, channel=7)


def test_channels_that_are_all_alike_have_no_extremes():
    table = curve_table(one_site("eelu", channels=3, sharing="channel"))
    assert set(table["role"]) == {"median"}


def test_bad_requests_are_answered_in_words():
    model = one_site("coslu")
    with pytest.raises(UnknownNameError, match=r"Unknown site '2'\. Known: 1\."):
        curve_table(model, sites="2")
    with pytest.raises(ExplorerError, match=r"points must be at least 2; received 1\."):
        curve_table(model, points=1)
    other = make_model("resnet8", generator=torch.Generator())
    with pytest.raises(ExplorerError, match="The statistics are those of another network: it has sites 1; this one act, "):
        curve_table(other, statistics=probe_statistics(model, ramp(-1, 1)))


def test_the_network_and_the_global_generator_stay_as_they_are():
    model = one_site("eelu", channels=2, sharing="channel").train()
    before = torch.get_rng_state()
    curve_table(model, inputs=ramp(-1, 1, channels=2))
    assert model.training
    assert not model[1]._forward_hooks
    assert torch.equal(before, torch.get_rng_state())


def columns_of(table, *names):
    return table[list(names)].reset_index(drop=True)


@pytest.mark.parametrize(
    ("activation", "sharing", "options"),
    [("coslu", "network", {}), ("eelu", None, {"eps": 0.3}), ("pdrelu", None, {}), ("relu", None, {})],
)
def test_curves_from_snapshots_are_those_of_the_network_then(tmp_path, activation, sharing, options):
    config = TrainConfig(model="resnet8", activation=activation, sharing=sharing, activation_options=options)
    model = make_model(
        "resnet8", activation, in_channels=1, sharing=sharing, activation_options=options,
        generator=torch.Generator().manual_seed(0),
    )  # fmt: skip
    probe = torch.randn(6, 1, 16, 16, generator=torch.Generator().manual_seed(1))
    then = []
    with RunWriter(tmp_path, config, model, probe) as writer:
        for epoch in (0, 1):
            with torch.no_grad():
                for p in {id(p): p for n, p in model.named_parameters() if ".act" in f".{n}"}.values():
                    p.add_(0.1 * epoch)
            writer.snapshot(epoch=epoch, step=10 * epoch)
            then.append(curve_table(model, inputs=probe, points=33))
        run = writer.run
    table = snapshot_curves(run, [1], points=33)
    assert table["epoch"].unique().tolist() == [1]
    assert table["step"].unique().tolist() == [10]
    pd.testing.assert_frame_equal(table.drop(columns=["epoch", "step"]), then[1], rtol=1e-5)
    film = snapshot_curves(run, points=33)
    assert film[["epoch", "step"]].drop_duplicates().to_numpy().tolist() == [[0, 0], [1, 10]]
    assert film.groupby(["epoch", "site"])["x"].agg(tuple).nunique() == 1
    with pytest.raises(RunError, match="has no snapshot of epoch 7"):
        snapshot_curves(run, [7])


def test_a_run_of_somebodys_own_loop_has_curves_over_training_too(tmp_path):
    model = one_site("coslu")
    with RunWriter(tmp_path, {"model": "mine", "activation": "coslu"}, model, ramp(-2, 2)) as writer:
        set_parameters(model[1], a=0.0)
        writer.snapshot(epoch=1, step=3)
        run = writer.run
    table = snapshot_curves(run)
    np.testing.assert_allclose(table["y"], coslu(table["x"], 0.0, 1.0), rtol=1e-5, atol=1e-6)


def test_every_snapshot_is_told_before_it_is_read_and_before_it_is_evaluated(tmp_path):
    model = one_site("coslu")
    with RunWriter(tmp_path, {"model": "mine", "activation": "coslu"}, model, ramp(-2, 2)) as writer:
        writer.snapshot(epoch=0, step=0)
        writer.snapshot(epoch=1, step=3)
        run = writer.run
    told: list[tuple[int, int, str]] = []
    snapshot_curves(run, progress=lambda *said: told.append(said))
    assert told == [
        (0, 4, "Reading snapshot 1 of 2"),
        (1, 4, "Reading snapshot 2 of 2"),
        (2, 4, "Evaluating the curves of snapshot 1 of 2"),
        (3, 4, "Evaluating the curves of snapshot 2 of 2"),
    ]


def test_a_run_without_snapshots_says_so(tmp_path):
    with RunWriter(tmp_path, {"model": "mine", "activation": "coslu"}, one_site("coslu")) as writer:
        run = writer.run
    with pytest.raises(ExplorerError, match="has no snapshots, so its curves over training are not known"):
        snapshot_curves(run)


def test_a_mapping_of_activations_gives_each_site_its_own(tmp_path):
    patterns = {"layer3.*": "relu", "*": "coslu"}
    model = make_model("resnet8", patterns, in_channels=1, generator=torch.Generator().manual_seed(0))
    probe = torch.randn(4, 1, 16, 16, generator=torch.Generator().manual_seed(1))
    with RunWriter(tmp_path, {"model": "resnet8", "activation": patterns}, model, probe) as writer:
        writer.snapshot(epoch=0, step=0)
        table = snapshot_curves(writer.run)
    assert table.drop_duplicates("site")["activation"].tolist() == ["coslu"] * 5 + ["relu"] * 2


def test_activations_have_the_names_of_the_registry():
    assert curve_table(one_site("relu"))["activation"].unique().tolist() == [make_activation("relu").name]
