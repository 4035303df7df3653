"""Surgery on timm's networks: its own classes of activations, its fused layers, its gates."""

import pytest
import torch
from torch import nn

from core.models import replace_activations, sites

from .foreign import assert_same, count_calls

pytestmark = pytest.mark.timm

#: Function of torch that computes the main activation, number of sites, of gates, side of an image.
NETWORKS = {
    "resnet18": ("relu", 17, 0, 64),
    "mobilenetv3_small_100": ("relu", 33, 9, 64),
    "efficientnet_b0": ("silu", 49, 16, 64),
    "convnext_atto": ("gelu", 12, 0, 64),
    "densenet121": ("relu", 121, 0, 64),
    "vit_tiny_patch16_224": ("gelu", 12, 0, 224),
    "regnety_002": ("relu", 53, 13, 64),
}


def network(name):
    """Return one of timm's networks with random weights, in float64; Hardswish is exchanged for ReLU."""
    timm = pytest.importorskip("timm")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = timm.create_model(name, pretrained=False, num_classes=5)
    for parent in model.modules():
        for child, module in parent.named_children():
            if isinstance(module, nn.Hardswish):
                setattr(parent, child, nn.ReLU(inplace=module.inplace))
    return model.double()


def images(name):
    side = NETWORKS[name][3]
    return torch.randn(2, 3, side, side, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


@pytest.mark.parametrize("run", [False, True], ids=["read", "run"])
@pytest.mark.parametrize("name", NETWORKS)
def test_own_activation_for_own_leaves_outputs_and_gradients_unchanged(name, run):
    activation, count, gates, _ = NETWORKS[name]
    model, x = network(name), images(name)
    which = [s.path for s in sites(model, x) if s.activation == activation]
    surgery = replace_activations(model, activation, example_input=x if run else None, which=which)
    assert len(surgery.replaced) == len(which) == count_calls(model, activation, x)
    assert len(surgery.replaced) + len(surgery.left) == count + gates
    assert_same(model, surgery.model, x, exact=False)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_call_is_a_site_with_channels_and_only_gates_are_left(name):
    _, count, gates, _ = NETWORKS[name]
    model, x = network(name), images(name)
    read, run = (replace_activations(model, "coslu", "channel", example_input=example) for example in (None, x))
    assert read.replaced == run.replaced and len(run.replaced) == count
    assert list(run.left.values()) == list(read.left.values()) == ["a gate: its output is multiplied into a tensor"] * gates
    for path in run.replaced:
        one, other = (s.model.get_submodule(path) for s in (read, run))
        assert (one.num_channels, one.channel_axis) == (other.num_channels, other.channel_axis)
    kept = {p: type(m) for p, m in model.named_modules() if p not in run.replaced}
    assert {p: type(m) for p, m in run.model.named_modules() if p not in run.replaced} == kept
