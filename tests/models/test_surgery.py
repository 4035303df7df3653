"""Replacing activations: a new network, the given one untouched, every activation accounted for."""

import re

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from core.errors import ExplorerError, UnknownNameError
from core.models import activation_parameters, make_model, replace_activations, sites
from core.streams import stream


def batch():
    return torch.randn(4, 3, 32, 32, generator=stream(0, "x"))


def build(activation="relu", name="resnet8"):
    return make_model(name, activation, generator=stream(0, "init"))


class Mixed(nn.Module):
    """One activation used twice, one as a function, one as a method, one that is fine, one that is never called, a gate."""

    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm2d(3)
        self.twice = nn.ReLU()
        self.fine = nn.ReLU(inplace=True)
        self.never = nn.ReLU()

    def forward(self, x):
        x = F.relu(self.twice(self.norm(x)))
        return self.fine(self.twice(x - 1)).relu() * torch.sigmoid(x)


@pytest.mark.parametrize("training", [False, True])
def test_relu_for_relu_leaves_outputs_and_gradients_unchanged(training):
    model = build().train(training)
    twin = replace_activations(model, "relu").model
    ours, theirs = model(batch()), twin(batch())
    assert torch.equal(ours, theirs)
    ours.square().sum().backward()
    theirs.square().sum().backward()
    for p, q in zip(model.parameters(), twin.parameters(), strict=True):
        assert torch.equal(p.grad, q.grad)


def test_relu_for_torchs_relu_leaves_outputs_and_gradients_unchanged():
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(4 * 900, 2))
    twin = replace_activations(model, "relu").model
    for network in (model, twin):
        network(batch()).square().sum().backward()
    for p, q in zip(model.parameters(), twin.parameters(), strict=True):
        assert torch.equal(p.grad, q.grad)


def test_all_sites_get_the_activation_and_the_given_network_stays():
    model = build(name="resnet20")
    before = {name: value.clone() for name, value in model.state_dict().items()}
    surgery = replace_activations(model, "apalu")
    assert surgery.replaced == tuple(s.path for s in sites(model)) and len(surgery.replaced) == 19
    assert surgery.left == {}
    assert {s.activation for s in sites(surgery.model)} == {"apalu"}
    assert {s.activation for s in sites(model)} == {"relu"}
    with torch.no_grad():
        surgery.model.conv1.weight.zero_()
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


@pytest.mark.parametrize(("sharing", "count", "shape"), [("network", 1, ()), ("layer", 7, ()), ("channel", 7, (16,))])
def test_sharing_is_as_asked_and_layer_by_default(sharing, count, shape):
    model = replace_activations(build(), "relun", sharing).model
    parameters = activation_parameters(model)
    assert len(parameters) == count and parameters[0][1].shape == shape
    assert len(activation_parameters(replace_activations(build(), "relun").model)) == 7


def test_channels_of_torchs_modules_come_from_the_layer_before_or_the_example():
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 6, 3), nn.ReLU())
    for example in (None, batch()):
        twin = replace_activations(model, "relun", "channel", example).model
        assert [len(p) for _, p in activation_parameters(twin)] == [4, 6]


def test_which_chooses_sites_by_pattern():
    surgery = replace_activations(build(), "coslu", which=["layer3.*", "act"])
    assert surgery.replaced == ("act", "layer3.0.act1", "layer3.0.act2")
    assert set(surgery.left.values()) == {"not chosen by `which`"} and len(surgery.left) == 4


def test_options_go_to_the_activation():
    assert replace_activations(build(), "eelu", options={"eps": 0.3}).model.act.options["eps"] == 0.3


@pytest.mark.parametrize("example", [None, batch()], ids=["read", "run"])
def test_each_call_becomes_a_site_and_the_rest_is_left_with_its_reason(example):
    surgery = replace_activations(Mixed(), "coslu", example_input=example)
    assert surgery.replaced == ("twice", "relu", "twice_2", "fine", "relu_2")
    assert surgery.left == {
        "sigmoid": "a gate: its output is multiplied into a tensor",
        "never": "not called in a forward pass",
    }
    assert {type(surgery.model.get_submodule(path)).__name__ for path in surgery.replaced} == {"CosLU"}
    assert isinstance(surgery.model.never, nn.ReLU) and type(surgery.model) is Mixed


def test_new_activations_have_the_device_type_and_mode_of_the_network():
    twin = replace_activations(build().double().eval(), "coslu").model
    assert twin.act.a.dtype == torch.float64 and not twin.act.training


def test_replacing_nothing_is_a_warning_that_says_why():
    message = "No activation of Sequential was replaced (1: not chosen by `which`)."
    with pytest.warns(UserWarning, match=re.escape(message)):
        surgery = replace_activations(nn.Sequential(nn.Linear(2, 2), nn.ReLU()), "coslu", which="layer9*")
    assert surgery.replaced == ()
    with pytest.warns(UserWarning, match="it has no activation modules"):
        replace_activations(nn.Sequential(nn.Linear(2, 2)), "coslu")


def test_pattern_that_chooses_no_site_is_a_warning():
    with pytest.warns(UserWarning, match=re.escape("These patterns of `which` choose no site: 'layer4.*'.")):
        assert replace_activations(build(), "coslu", which=["act", "layer4.*"]).replaced == ("act",)


def test_network_whose_code_cannot_be_read_needs_an_example():
    class Branching(nn.Module):
        def __init__(self):
            super().__init__()
            self.act = nn.ReLU()

        def forward(self, x):
            return self.act(x) if x.sum() > 0 else x

    with pytest.raises(ExplorerError, match=r"The code of Branching cannot be read .* Give example_input\."):
        replace_activations(Branching(), "coslu")
    assert replace_activations(Branching(), "coslu", example_input=torch.ones(1, 2)).replaced == ("act",)


def test_unknown_activation_or_option_is_an_error():
    with pytest.raises(UnknownNameError, match="Did you mean 'apalu'"):
        replace_activations(build(), "apalo")
    with pytest.raises(ExplorerError, match="has no option 'strength'"):
        replace_activations(build(), "relu", options={"strength": 1})
