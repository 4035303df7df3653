"""Cascading randomisation: what is drawn anew, in which order, and what the correlation says."""

import copy

import numpy as np
import pytest
import torch
from scipy.stats import rankdata

from core.analysis.attribution_randomisation import randomisation_table, rank_correlation

from .attributed import ONE, linear, pictures, residual


def test_rank_correlation_is_the_correlation_of_the_ranks_of_the_sizes():
    a, b = np.random.default_rng(0).normal(size=(2, 5, 4))
    expected = np.corrcoef(rankdata(np.abs(a)), rankdata(np.abs(b)))[0, 1]
    assert rank_correlation(a, b) == pytest.approx(expected)
    assert rank_correlation(a, -3 * a) == pytest.approx(1)
    assert np.isnan(rank_correlation(a, np.ones_like(a)))


def test_layers_are_drawn_anew_from_the_top_down():
    network, images = residual("coslu"), pictures(3)
    before = copy.deepcopy(network.state_dict())
    table = randomisation_table(network, images, "saliency", ids=[4, 7, 9], **ONE)
    assert table["layer"].unique().tolist() == ["", "fc", "conv3", "conv2", "conv1"]
    assert table.groupby("depth")["layers"].first().tolist() == [0, 1, 2, 3, 4]
    assert table["image"].tolist() == [4, 7, 9] * 5
    assert (table.loc[table["depth"] == 0, "correlation"] == 1).all()
    assert all(torch.equal(before[k], v) for k, v in network.state_dict().items())


def test_the_map_of_a_network_drawn_anew_is_unlike_the_learned_one():
    table = randomisation_table(residual("silu"), pictures(6), "saliency", **ONE)
    assert table.groupby("depth")["correlation"].mean().iloc[-1] < 0.9


def test_the_same_seed_gives_the_same_table_and_the_batches_do_not_matter():
    network, images = residual("silu"), pictures(3)
    first = randomisation_table(network, images, "saliency", seed=1, **ONE)
    again = randomisation_table(network, images, "saliency", seed=1, batch_size=2, **ONE)
    np.testing.assert_allclose(first["correlation"], again["correlation"], atol=0.02)
    other = randomisation_table(network, images, "saliency", seed=2, **ONE)
    assert not np.allclose(first["correlation"], other["correlation"])


def test_many_layers_are_taken_together():
    table = randomisation_table(residual("relu"), pictures(1), "saliency", depths=2, **ONE)
    assert table["layers"].tolist() == [0, 2, 4]
    assert table["layer"].tolist() == ["", "conv3", "conv1"]


def test_what_a_linear_network_says_is_its_weights_so_new_weights_change_it():
    weights = torch.arange(8.0).view(2, 1, 2, 2)
    table = randomisation_table(linear(weights), torch.ones(1, 1, 2, 2), "saliency", baseline="mean")
    assert table["correlation"].iloc[0] == 1
    assert table["correlation"].iloc[1] < 1


def test_it_stops_when_told():
    class Stopped(Exception):
        pass

    def progress(done, total, text):
        if done >= 4:
            raise Stopped(text)

    with pytest.raises(Stopped, match="Depth 2 of 4: Saliency, image 1 of 2"):
        randomisation_table(residual("relu"), pictures(2), "saliency", progress=_after_values(progress), **ONE)


def _after_values(progress):
    def tell(done, total, text):
        if "What the network says" not in text:
            progress(done, total, text)

    return tell
