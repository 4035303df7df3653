import math

import numpy as np
import pytest
import torch

from core.analysis.curves import parameter_table, site_table, snapshot_sites
from core.config import TrainConfig
from core.models import make_model
from core.runs import RunWriter

from .networks import one_site, ramp, set_parameters


def test_moved_is_the_distance_over_the_inputs_themselves():
    model = one_site("apalu")
    set_parameters(model[1], a=0.8, b=0.5)
    images = torch.randn(50, 1, 20, 20, generator=torch.Generator().manual_seed(0))
    now = model[1](images).detach().numpy()
    start = one_site("apalu")[1](images).detach().numpy()
    expected = np.sqrt(np.mean((now - start) ** 2)) / np.std(start)
    (row,) = site_table(model, inputs=images).to_dict("records")
    assert row["moved"] == pytest.approx(expected, rel=0.02)
    assert row["learns"]
    assert row["sharing"] == "layer"


def test_a_function_that_learns_nothing_has_not_moved():
    (row,) = site_table(one_site("relu"), inputs=ramp(-1, 1)).to_dict("records")
    assert (row["learns"], row["moved"], row["parameters"], row["sharing"]) == (False, 0.0, "", "")


def test_an_untouched_curve_has_not_moved_either():
    (row,) = site_table(one_site("coslu"), inputs=ramp(-1, 1)).to_dict("records")
    assert (row["learns"], row["moved"], row["parameters"]) == (True, 0.0, "a 1 → 1, b 1 → 1")


def test_saturation_and_dead_units_of_a_relu_are_known_by_hand():
    images = ramp(-1, 3, channels=2)  # a quarter of the inputs is negative, image after image
    images[:, 1] = -1.0  # the second channel is dead
    (row,) = site_table(one_site("relu", channels=2), inputs=images).to_dict("records")
    assert row["saturated"] == pytest.approx((0.25 + 1) / 2, abs=0.01)
    assert row["mean_gradient"] == pytest.approx((0.75 + 0) / 2, abs=0.01)
    assert (row["images"], row["channels"], row["units"]) == (40, 2, 100)
    assert (row["dead_units"], row["dead_channels"], row["constant_units"]) == (100, 1, 100)


def test_parameters_read_start_to_now_with_the_range_over_channels():
    model = one_site("eelu", channels=3, sharing="channel")
    set_parameters(model[1], alpha=[-0.125, 0.5, 0.75])
    (row,) = site_table(model, inputs=ramp(-1, 1, channels=3)).to_dict("records")
    assert row["parameters"] == "alpha 0.25 → 0.5 (−0.125 to 0.75; 1 of 3 channels act as 0), beta 1 → 1"
    table = parameter_table(model)
    assert table[table["parameter"] == "alpha"].to_numpy().tolist() == [
        ["1", "alpha", 0, 0.25, -0.125],
        ["1", "alpha", 1, 0.25, 0.5],
        ["1", "alpha", 2, 0.25, 0.75],
    ]


def test_a_single_parameter_is_one_row():
    model = one_site("delu")
    set_parameters(model[1], n=0.3)
    ((site, name, channel, start, value),) = parameter_table(model).to_numpy().tolist()
    assert (site, name, channel, start) == ("1", "n", -1, 0.0)
    assert value == pytest.approx(0.3)


def test_what_was_not_measured_is_marked_so():
    (row,) = site_table(one_site("coslu")).to_dict("records")
    assert math.isnan(row["moved"])
    assert math.isnan(row["saturated"])
    assert row["images"] == row["dead_units"] == -1


def test_the_sites_over_training_come_from_the_snapshots(tmp_path):
    model = make_model("resnet8", "coslu", in_channels=1, generator=torch.Generator().manual_seed(0))
    probe = torch.randn(6, 1, 16, 16, generator=torch.Generator().manual_seed(1))
    with RunWriter(tmp_path, TrainConfig(activation="coslu"), model, probe) as writer:
        writer.snapshot(epoch=0, step=0)
        set_parameters(model.layer2[0].act1, a=0.1)
        writer.snapshot(epoch=1, step=9)
        run = writer.run
    table = snapshot_sites(run)
    assert table.groupby(["epoch", "step"]).size().to_dict() == {(0, 0): 7, (1, 9): 7}
    moved = table[table["moved"] > 0]
    assert moved[["epoch", "site"]].to_numpy().tolist() == [[1, "layer2.0.act1"]]
    now = site_table(model, inputs=probe)
    np.testing.assert_allclose(table[table["epoch"] == 1]["moved"], now["moved"], rtol=1e-4)
    assert table[table["epoch"] == 1]["dead_units"].tolist() == now["dead_units"].tolist()
    assert snapshot_sites(run, [1])["epoch"].unique().tolist() == [1]


@pytest.mark.parametrize("sharing", ["layer", "channel"])
def test_weights_of_a_sum_are_told_by_what_they_weigh(sharing):
    model = one_site("lincomb", channels=2, sharing=sharing)
    set_parameters(model[1], w=[0.5, 0.25, -0.125, 0.25])
    (row,) = site_table(model, inputs=ramp(-1, 1, channels=2)).to_dict("records")
    assert row["parameters"] == "w.relu 0.25 → 0.5, w.sigmoid 0.25 → 0.25, w.tanh 0.25 → −0.125, w.softsign 0.25 → 0.25"
    assert row["moved"] > 0.01
    table = parameter_table(model)
    tanh = table[table["parameter"] == "w.tanh"]
    assert tanh["value"].tolist() == [-0.125] * len(tanh) and tanh["start"].tolist() == [0.25] * len(tanh)
    assert tanh["channel"].tolist() == ([-1] if sharing == "layer" else [0, 1])
