"""Surgery on torchvision's networks: every activation is found, and nothing else changes."""

import pytest
import torch
import torchvision
from torch import nn

from core.models import activation_parameters, replace_activations, sites

from .foreign import GATES, NETWORKS, assert_same, count_calls, images, network

EVERYDAY = ("resnet18", "googlenet with auxiliary heads", "mobilenet_v3_small")
EACH = [name if name in EVERYDAY else pytest.param(name, marks=pytest.mark.full) for name in NETWORKS]


@pytest.mark.parametrize("run", [False, True], ids=["read", "run"])
@pytest.mark.parametrize("name", EACH)
def test_own_activation_for_own_leaves_outputs_gradients_and_statistics_unchanged(name, run):
    activation, _ = NETWORKS[name]
    model, x = network(name), images(name)
    exact = activation == "relu"
    if not exact:
        model, x = model.double(), x.double()
    which = None if exact else [s.path for s in sites(model) if s.activation == activation]
    surgery = replace_activations(model, activation, example_input=x if run else None, which=which)
    assert_same(model, surgery.model, x, exact)


@pytest.mark.parametrize("run", [False, True], ids=["read", "run"])
@pytest.mark.parametrize("name", EACH)
def test_every_call_is_a_site_and_only_gates_are_left(name, run):
    activation, _ = NETWORKS[name]
    model, x = network(name), images(name)
    functions = {activation, "relu"}
    surgery = replace_activations(model, "apalu", example_input=x if run else None)
    assert len(surgery.replaced) == sum(count_calls(model, function, x) for function in functions)
    assert len(surgery.left) == GATES.get(name, 0)
    assert set(surgery.left.values()) <= {"a gate: its output is multiplied into a tensor"}
    assert all(path.endswith("scale_activation") for path in surgery.left)


@pytest.mark.parametrize("name", EACH)
def test_every_other_module_keeps_its_class_and_every_weight_its_name(name):
    model = network(name)
    surgery = replace_activations(model, "relu")
    kept = {p: type(m) for p, m in model.named_modules() if p not in surgery.replaced}
    found = dict(surgery.model.named_modules())
    assert {p: type(found[p]) for p in kept} == kept
    assert set(found) - set(kept) == set(surgery.replaced)
    assert list(surgery.model.state_dict()) == list(model.state_dict())


@pytest.mark.parametrize("name", EACH)
def test_channels_are_the_same_read_and_run_and_fit_another_image_size(name):
    model, x = network(name), images(name)
    read, run = (replace_activations(model, "coslu", "channel", example_input=example) for example in (None, x))
    assert read.replaced == run.replaced and read.left == run.left
    lengths = [[(n, len(p)) for n, p in activation_parameters(s.model)] for s in (read, run)]
    axes = [[s.model.get_submodule(path).channel_axis for path in s.replaced] for s in (read, run)]
    assert lengths[0] == lengths[1] and axes[0] == axes[1]
    with torch.no_grad():
        run.model.eval()(images(name, larger=32))


@pytest.mark.parametrize("name", EACH)
def test_sites_of_the_network_are_those_that_surgery_replaces(name):
    model, x = network(name), images(name)
    found, surgery = sites(model, x), replace_activations(model, "coslu", "channel", example_input=x)
    assert tuple(s.path for s in found) == surgery.replaced
    assert [s.channels for s in found] == [surgery.model.get_submodule(p).num_channels for p in surgery.replaced]
    again = sites(surgery.model, x)
    assert [(s.path, s.channels, s.channel_axis) for s in again] == [(s.path, s.channels, s.channel_axis) for s in found]


def test_blocks_of_convnext_have_their_channels_on_the_last_axis():
    twin = replace_activations(network("convnext_tiny"), "coslu", "channel").model
    acts = [m for m in twin.modules() if getattr(m, "name", "") == "coslu"]
    assert {m.channel_axis for m in acts} == {-1} and [len(m.a) for m in acts[:4]] == [384, 384, 384, 768]


def test_densely_connected_layers_have_the_channels_of_all_before():
    surgery = replace_activations(network("densenet121"), "coslu", "channel")
    lengths = [len(surgery.model.get_submodule(p).a) for p in surgery.replaced]
    assert lengths[:5] == [64, 64, 128, 96, 128] and lengths[-1] == 1024 and surgery.replaced[-1] == "relu"


@pytest.mark.parametrize("run", [False, True], ids=["read", "run"])
def test_auxiliary_heads_are_replaced_and_the_kind_of_output_stays(run):
    name = "googlenet with auxiliary heads"
    model, x = network(name), images(name)
    surgery = replace_activations(model, "apalu", example_input=x if run else None)
    assert {"aux1.conv.relu", "aux1.relu", "aux2.conv.relu", "aux2.relu"} <= set(surgery.replaced)
    assert surgery.replaced.index("inception4a.branch4.1.relu") < surgery.replaced.index("aux1.relu")
    assert surgery.replaced.index("aux1.relu") < surgery.replaced.index("inception4b.branch1.relu")
    twin = surgery.model
    assert type(twin) is torchvision.models.GoogLeNet and twin.aux_logits
    assert type(twin.train()(x)).__name__ == "GoogLeNetOutputs" and isinstance(twin.eval()(x), torch.Tensor)


def test_only_modules_that_need_it_get_a_new_forward():
    twin = replace_activations(network("densenet121"), "apalu").model
    assert [path for path, m in twin.named_modules() if "forward" in vars(m)] == [""]
    assert not any("forward" in vars(m) for m in replace_activations(network("mobilenet_v2"), "apalu").model.modules())


def test_one_image_is_enough_of_an_example():
    name = "googlenet with auxiliary heads"
    surgery = replace_activations(network(name), "apalu", example_input=images(name, count=1))
    assert "aux1.relu" in surgery.replaced and surgery.left == {}


def test_inner_activation_of_squeeze_and_excitation_is_a_site():
    found = {s.path: s for s in sites(network("mobilenet_v3_small"), images("mobilenet_v3_small"))}
    assert found["features.1.block.1.activation"].channels == 8
    assert isinstance(found["features.1.block.1.activation"].module, nn.ReLU)
