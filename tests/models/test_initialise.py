"""The laws of the weights at the start."""

import math

import pytest
import torch
from torch import nn

from core.models import initialise, make_model
from core.streams import stream


def build(activation="relu", **options):
    return make_model("resnet20", activation, generator=stream(3, "init"), **options)


def test_inner_convolutions_are_kaiming_normal():
    model = build()
    for path, conv in model.named_modules():
        if isinstance(conv, nn.Conv2d) and path != "conv1":
            w = conv.weight * math.sqrt(conv.weight[0].numel() / 2)
            assert abs(w.std().item() - 1) < 5 / math.sqrt(2 * w.numel())
            assert abs(w.mean().item()) < 5 / math.sqrt(w.numel())
            assert w.abs().max() > 2.5  # a normal law has tails, a uniform one of this sd ends at 1.73


@pytest.mark.parametrize(("path", "fan_in"), [("conv1", 27), ("fc", 64)])
def test_first_convolution_and_last_layer_start_as_torch_starts_them(path, fan_in):
    bound = 1 / math.sqrt(fan_in)
    weight = build().get_submodule(path).weight
    assert 0.98 * bound < weight.abs().max() <= bound
    assert abs(weight.std().item() * math.sqrt(3) / bound - 1) < 0.1


def test_last_bias_starts_as_torch_starts_it():
    bias = build(num_classes=500).fc.bias
    assert 0.9 / 8 < bias.abs().max() <= 1 / 8


def test_paper_start_of_eelu_has_the_variance_of_its_paper():
    model = build("eelu", init="paper")
    for conv in (m for m in model.modules() if isinstance(m, nn.Conv2d)):
        w = conv.weight * math.sqrt(conv.weight[0].numel() * (1 + 0.25**2) / 2)
        assert abs(w.std().item() - 1) < 5 / math.sqrt(2 * w.numel())
    assert abs(model.fc.weight.std().item() / 0.01 - 1) < 0.15
    assert torch.equal(model.fc.bias, torch.zeros(10))


def test_paper_start_changes_nothing_for_activations_without_one():
    plain, paper = build("coslu").state_dict(), build("coslu", init="paper").state_dict()
    assert all(torch.equal(plain[name], paper[name]) for name in plain)


def test_paper_start_goes_to_the_layers_before_an_eelu_only():
    mixed = build({"layer3.*": "eelu", "*": "relu"}, init="paper")
    plain = build("relu")
    assert torch.equal(mixed.layer2[0].conv1.weight, plain.layer2[0].conv1.weight)
    ratio = mixed.layer3[1].conv1.weight / plain.layer3[1].conv1.weight
    torch.testing.assert_close(ratio, torch.full_like(ratio, 1 / math.sqrt(1 + 0.25**2)))


def test_initialise_draws_the_weights_of_a_network_anew():
    model, other = build(), make_model("resnet20")
    initialise(other, stream(3, "init"))
    assert all(torch.equal(p, q) for p, q in zip(model.parameters(), other.parameters(), strict=True))
