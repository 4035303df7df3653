"""The claim: maps sum to the gap within 1 % for every activation of the registry, trained for one epoch.

The 95th percentile over 64 fixed probe images, none left out; error = |sum − gap| / max(|gap|, 0.1 × median |gap|).
"""

import pytest
import torch
import torch.nn.functional as F

from benchmarks.attributions import completeness
from core.activations import activation_names
from core.analysis.attribution import COMPLETE, attribute
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
    optimizer = torch.optim.SGD(network.parameters(), lr=0.02, momentum=0.9)
    for rows in torch.randperm(1024, generator=generator).split(64):
        optimizer.zero_grad()
        F.cross_entropy(network(images[rows]), labels[rows]).backward()
        optimizer.step()
    return network.eval()


@pytest.mark.parametrize("name", NAMES)
def test_maps_of_a_small_trained_network_sum_to_the_gap(name):
    data = load_dataset("fashion-sample")
    probe = data.normalise(data.by_ids(data.probe_ids[:64]).images)[..., ::2, ::2]
    network = trained(name)
    for method in COMPLETE:
        found = attribute(network, probe, method, mean=data.mean, sd=data.sd)
        assert found.percentile_error() < 0.01, method


@pytest.mark.full
@pytest.mark.parametrize("name", NAMES)
def test_maps_of_resnet8_after_one_epoch_sum_to_the_gap(name, tmp_path):
    for row in completeness(name, str(tmp_path)):
        assert row.error < 0.01, row
