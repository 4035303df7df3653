"""The claim: maps sum to the gap within 1 % for every activation of the registry, trained for one epoch.

The 95th percentile over 64 fixed probe images, none left out; error = |sum − gap| / max(|gap|, 0.1 × median |gap|). Every day
on a small network, for Integrated Gradients with a few activations; in `make test-full` on resnet8 with all.
"""

import pytest
import torch
import torch.nn.functional as F

from benchmarks.attributions import completeness
from core.activations import activation_names
from core.analysis.attribution import attribute
from core.data import load_dataset
from core.streams import stream

from .attributed import Residual

NAMES = list(activation_names())


def trained(name: str) -> torch.nn.Module:
    """Return a network of 600 weights after one epoch on 1,024 images of the bundled sample."""
    data = load_dataset("fashion-sample")
    generator = stream(0, "completeness", name)
    network = Residual(name, classes=10)
    with torch.no_grad():
        for value in network.parameters():
            if value.ndim > 1:
                value.normal_(0, (2 / value[0].numel()) ** 0.5, generator=generator)
    images, labels = data.normalise(data.train.images[:1024])[..., ::2, ::2], data.train.labels[:1024]
    optimizer = torch.optim.SGD(network.parameters(), lr=0.05)
    for rows in torch.randperm(1024, generator=generator).split(64):
        optimizer.zero_grad()
        F.cross_entropy(network(images[rows]), labels[rows]).backward()
        optimizer.step()
    return network.eval()


def small_error(name: str, method: str) -> float:
    """Return the 95th percentile of the error of the small network over the first 64 probe images."""
    data = load_dataset("fashion-sample")
    probe = data.normalise(data.by_ids(data.probe_ids[:64]).images)[..., ::2, ::2]
    return attribute(trained(name), probe, method, mean=data.mean, sd=data.sd).percentile_error()


def some(everyday):
    """Return every name, those of every day unmarked: training and maps take seconds each, more where a function has kinks."""
    return [pytest.param(n, marks=[] if n in everyday else [pytest.mark.full]) for n in NAMES]


@pytest.mark.parametrize("name", some(("relu", "pdrelu", "eelu", "coslu", "apalu", "lincomb", "mish")))
def test_deep_lift_of_a_small_trained_network_sums_to_the_gap(name):
    assert small_error(name, "deep_lift") < 0.01


@pytest.mark.parametrize("name", some(("relu", "coslu")))
def test_integrated_gradients_of_a_small_trained_network_sum_to_the_gap(name):
    assert small_error(name, "integrated_gradients") < 0.01


@pytest.mark.full
@pytest.mark.parametrize("name", NAMES)
def test_maps_of_resnet8_after_one_epoch_sum_to_the_gap(name, tmp_path):
    for row in completeness(name, str(tmp_path)):
        assert row.error < 0.01, row
