"""Activations of every kind go through a whole run: loop, checkpoint, snapshots, curves made from the files alone."""

import numpy as np
import pytest
import torch

from core.activations import activation_names
from core.analysis.curves import snapshot_curves, snapshot_sites
from core.config import TrainConfig
from core.models import sites
from core.training import train

from .conftest import make_stripes

SPECIAL = [
    ("lincomb", {"sharing": "channel"}),
    ("norm_lincomb:norm=euclidean", {"sharing": "network"}),
    ("eprelu:eps=0.2", {}),
    ("rrelu", {}),
    ("pdrelu:shape=window,c=0.2", {}),
    ("eelu:truncation=reject,held=drift", {"sharing": "layer"}),
    ("mpelu:start_alpha=1", {}),
]


@pytest.mark.parametrize(("activation", "settings"), SPECIAL, ids=[name for name, _ in SPECIAL])
def test_a_run_can_be_read_back_with_its_options(config, activation, settings):
    config = TrainConfig.from_dict(config.to_dict() | {"epochs": 1, "lr": 0.02, "batch_size": 64, **settings})
    run = train(config.replace(activation=activation), dataset=make_stripes(128))
    model = run.load_model()
    for site in sites(model):
        assert site.module.options == sites(run.load_model(epoch=1))[0].module.options
    name, _, options = activation.partition(":")
    for option in filter(None, options.split(",")):
        key, value = option.split("=")
        assert str(model.act.options[key]) == str(type(model.act.options[key])(value))
    assert model.act.name == name
    stored = snapshot_sites(run)
    assert stored["site"].nunique() == 7 and np.isfinite(stored["moved"]).all()
    curves = snapshot_curves(run, [1], sites="act", channel=0 if model.act.per_channel else None)
    expected = model.act.curve(torch.tensor(curves["x"].to_numpy()), channel=0 if model.act.per_channel else None)
    np.testing.assert_allclose(curves["y"], expected.numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.full
@pytest.mark.parametrize("activation", activation_names())
@pytest.mark.parametrize("sharing", ["network", "layer", "channel"])
def test_every_activation_trains_with_every_sharing(config, activation, sharing):
    config = config.replace(activation=activation, sharing=sharing, epochs=1, lr=0.02, batch_size=64)
    run = train(config, dataset=make_stripes(128))
    assert run.status == "succeeded" and np.isfinite(run.metrics()["val_loss"]).all()
