"""What sites and channels became, on networks of one site, and the sentences about it."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch

from core.analysis.nearest_findings import network_became, site_became
from core.analysis.nearest_tables import channel_nearest_table, nearest_table, snapshot_channel_nearest, snapshot_nearest
from core.config import TrainConfig
from core.models import make_model
from core.runs import RunWriter

from .networks import one_site, ramp, set_parameters


def only(table: pd.DataFrame) -> dict:
    (row,) = table.to_dict("records")
    return row


def test_a_prelu_is_a_leaky_relu_with_its_slope():
    model = one_site("prelu")
    set_parameters(model[1], a=0.4)
    row = only(nearest_table(model, inputs=ramp(-2, 3)))
    assert (row["site"], row["kind"], row["name"], row["family"]) == ("1", "found", "LeakyReLU(0.40)", "LeakyReLU")
    assert row["distance"] < 0.005
    assert (row["curves"], row["count"], row["images"], row["inputs"]) == (1, 1, 40, 4000)
    assert row["label"] == "LeakyReLU(0.40) · 0 %"


def test_the_inputs_decide():
    assert only(nearest_table(one_site("relu"), inputs=ramp(0.1, 3)))["name"] == "linear"
    assert only(nearest_table(one_site("relu"), inputs=ramp(-3, -0.1)))["name"] == "constant"
    assert only(nearest_table(one_site("relu")))["kind"] == "not measured"


def test_channels_are_counted_by_their_family():
    model = one_site("prelu", channels=4, sharing="channel")
    set_parameters(model[1], a=[0.3, 0.0, 0.5, 1.0])
    images = ramp(-2, 2, channels=4)
    row = only(nearest_table(model, inputs=images))
    assert (row["family"], row["count"], row["curves"], row["label"]) == ("LeakyReLU", 2, 4, "LeakyReLU · 2 of 4")
    channels = channel_nearest_table(model, inputs=images)
    assert channels["channel"].tolist() == [0, 1, 2, 3]
    assert channels["family"].tolist() == ["LeakyReLU", "ReLU", "LeakyReLU", "linear"]
    assert channel_nearest_table(one_site("relu"), inputs=ramp(-1, 1))["channel"].tolist() == [-1]
    sentence = site_became(row).sentence
    assert sentence == "1: LeakyReLU in 2 of 4 channels, 0 % away in the median; next most frequent is ReLU."


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    model = make_model("resnet8", "coslu", in_channels=1, generator=torch.Generator().manual_seed(0))
    probe = torch.randn(6, 1, 16, 16, generator=torch.Generator().manual_seed(1))
    with RunWriter(tmp_path_factory.mktemp("runs"), TrainConfig(activation="coslu"), model, probe) as writer:
        writer.snapshot(epoch=0, step=0)
        set_parameters(model.layer2[0].act1, a=0.0)
        writer.snapshot(epoch=1, step=9)
        return writer.run, model, probe


def test_a_run_is_read_from_its_snapshots(run):
    stored, model, probe = run
    table = snapshot_nearest(stored, [0, 1])
    assert table.groupby("epoch").size().to_dict() == {0: 7, 1: 7}
    became = table[(table["epoch"] == 1) & (table["site"] == "layer2.0.act1")].iloc[0]
    assert became["name"] == "SiLU"  # CosLU with a = 0
    now = nearest_table(model, inputs=probe)
    pd.testing.assert_frame_equal(
        table[table["epoch"] == 1].drop(columns=["epoch", "step"]).reset_index(drop=True), now, rtol=1e-3, atol=1e-4
    )
    assert snapshot_channel_nearest(stored, 1, "layer2.0.act1")["name"].tolist() == ["SiLU"]


def test_progress_is_told_before_each_site_and_may_stop(run):
    stored, _, _ = run
    told = []

    def stop(done, total, text):
        told.append((done, total, text))
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        snapshot_nearest(stored, [1], progress=stop)
    assert told[0] == (0, 7, "Comparing with classic functions, site 1 of 7")
    assert len(told) == 3


def site_row(**changes):
    row = {"site": "act", "kind": "found", "name": "SiLU", "family": "SiLU", "distance": 0.021, "curves": 1, "count": 1}
    return {**row, "runner_up": "GELU", "runner_up_distance": 0.052, **changes}


@pytest.mark.parametrize(
    ("changes", "kind", "sentence"),
    [
        ({}, "found", "act: SiLU, 2 % away; next is GELU, 5 % away."),
        ({"name": "linear", "distance": 0.004}, "found", "act: linear within 0.4 %; next is GELU, 5 % away."),
        ({"runner_up_distance": 0.014}, "found", "act: SiLU, 2 % away; with a fitted number GELU, 1 % away."),
        ({"kind": "cannot tell"}, "cannot tell", "act: cannot tell SiLU (2 % away) from GELU (5 % away)."),
        (
            {"kind": "none", "distance": 0.3},
            "none",
            "act: no classic function lies within 10 %; the nearest is SiLU, 30 % away.",
        ),
        (
            {"kind": "not measured"},
            "cannot tell",
            "act: cannot tell what the curve became, as its inputs were not measured.",
        ),
        ({"kind": "none", "curves": 64, "count": 0}, "none", "act: none of 64 channels is called by one classic function."),
    ],
)
def test_a_site_has_a_sentence_for_every_answer(changes, kind, sentence):
    found = site_became(site_row(**changes))
    assert (found.kind, found.sentence) == (kind, sentence)


def test_a_network_is_counted():
    rows = [site_row(), site_row(), site_row(family="ReLU"), site_row(kind="cannot tell"), site_row(kind="none")]
    found = network_became(pd.DataFrame(rows))
    assert found.kind == "found"
    assert found.sentence == (
        "Nearest classic function at 5 sites: SiLU at 2, ReLU at 1, cannot tell at 1, none within 10 % at 1."
    )
    assert "At most 10 % counts as found. Within 1 % of the nearest the simplest" in found.criterion
    assert network_became(pd.DataFrame([site_row(kind="not measured")])).kind == "cannot tell"
    assert network_became(pd.DataFrame([site_row(kind="none")])).kind == "none"


def test_the_sentences_leave_torch_and_scipy_out():
    code = (
        "import sys, core.analysis.nearest_findings;"
        "assert not {'torch', 'scipy'} & set(sys.modules), sorted(m for m in sys.modules if m in ('torch', 'scipy'))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_distances_are_finite_for_every_site_that_was_measured(run):
    table = snapshot_nearest(run[0], [1])
    assert np.isfinite(table["distance"]).all()
    assert (table["distance"] >= 0).all() and (table["distance"] <= 1).all()
