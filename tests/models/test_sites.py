"""Sites: which modules, in which order, with how many channels."""

import torch
from torch import nn

from core.models import make_model, site_stage, sites
from core.streams import stream


class Backwards(nn.Module):
    """Registers its layers in the reverse of the order in which it calls them."""

    def __init__(self):
        super().__init__()
        self.last = nn.GELU()
        self.norm = nn.BatchNorm2d(6)
        self.conv = nn.Conv2d(3, 6, 3)
        self.first = nn.LeakyReLU()
        self.never = nn.SiLU()

    def forward(self, x):
        return self.last(self.norm(self.conv(self.first(x))))


def test_sites_of_our_networks_stand_in_forward_order_with_and_without_an_example():
    model = make_model("resnet14", generator=stream(0, "init"))
    listed, called = sites(model), sites(model, torch.zeros(1, 3, 32, 32))
    assert [s.path for s in listed][:5] == ["act", "layer1.0.act1", "layer1.0.act2", "layer1.1.act1", "layer1.1.act2"]
    assert [(s.path, s.channels, s.module) for s in listed] == [(s.path, s.channels, s.module) for s in called]
    assert [s.channels for s in listed] == [16] * 5 + [32] * 4 + [64] * 4
    assert {s.channel_axis for s in listed} == {1}


def test_example_gives_the_order_of_the_calls_and_leaves_out_what_is_never_called():
    found = sites(Backwards(), torch.zeros(1, 3, 8, 8))
    assert [(s.path, s.activation, s.channels) for s in found] == [("first", "leaky_relu", 3), ("last", "gelu", 6)]


def test_without_an_example_the_order_is_that_of_registration():
    found = sites(Backwards())
    assert [(s.path, s.channels) for s in found] == [("last", None), ("first", 6), ("never", 6)]


def test_torchs_own_activation_modules_are_sites_and_gates_are_not():
    layers = [nn.ReLU(), nn.LeakyReLU(), nn.PReLU(), nn.ELU(), nn.SELU(), nn.SiLU(), nn.GELU(), nn.Sigmoid(), nn.Tanh()]
    found = sites(nn.Sequential(nn.Linear(4, 5), *layers))
    assert [s.activation for s in found] == ["relu", "leaky_relu", "prelu", "elu", "selu", "silu", "gelu"]
    assert {s.channels for s in found} == {5}


def test_looking_for_sites_leaves_the_network_as_it_was():
    model = make_model("resnet8", "eelu", generator=stream(0, "init")).train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    sites(model, torch.ones(2, 3, 32, 32))
    assert model.training and not any(m._forward_pre_hooks for m in model.modules())
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


def test_stage_is_the_first_part_of_the_path_or_the_stem():
    assert [site_stage(p) for p in ("act", "layer1.0.act1", "layer3.8.act2")] == ["stem", "layer1", "layer3"]
