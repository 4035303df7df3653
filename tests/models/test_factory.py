"""Architectures by name: counts, names, starts and the activations at their sites."""

import re
import warnings
from functools import partial

import pytest
import torch
from torch import nn

from core.activations import activation_names, describe
from core.errors import ExplorerError, UnknownNameError
from core.models import activation_parameters, make_model, model_names, parameter_count, sites
from core.streams import stream

COUNTS = {
    "resnet8": (75_290, 7),
    "resnet14": (172_506, 13),
    "resnet20": (269_722, 19),
    "resnet26": (366_938, 25),
    "resnet32": (464_154, 31),
    "resnet44": (658_586, 43),
    "resnet56": (853_018, 55),
    "resnet110": (1_727_962, 109),
}


def build(name="resnet8", activation="relu", seed=0, **options):
    return make_model(name, activation, generator=stream(seed, "init"), **options)


@pytest.mark.parametrize("name", COUNTS)
def test_parameters_and_sites_are_those_of_the_published_networks(name):
    model = build(name)
    assert (parameter_count(model), len(sites(model))) == COUNTS[name]


def test_model_names_lists_the_eight_depths():
    assert model_names() == list(COUNTS)


def test_projection_shortcuts_add_two_convolutions_with_bn():
    extra = 16 * 32 + 2 * 32 + 32 * 64 + 2 * 64
    assert parameter_count(build(shortcut="projection")) == 75_290 + extra
    assert {"layer2.0.shortcut.0.weight", "layer3.0.shortcut.1.bias"} <= set(build(shortcut="projection").state_dict())


@pytest.mark.parametrize("shortcut", ["pad", "projection"])
@pytest.mark.parametrize(("channels", "classes", "side"), [(1, 7, 28), (3, 10, 32), (4, 2, 33)])
def test_any_number_of_channels_classes_and_pixels(shortcut, channels, classes, side):
    model = build(in_channels=channels, num_classes=classes, shortcut=shortcut)
    assert model(torch.zeros(2, channels, side, side)).shape == (2, classes)


def test_state_dict_names_follow_the_common_layout():
    expected = {"conv1.weight", "fc.weight", "fc.bias", *_bn("bn1")}
    for stage in (1, 2, 3):
        for i in (1, 2):
            expected |= {f"layer{stage}.0.conv{i}.weight", *_bn(f"layer{stage}.0.bn{i}")}
    assert set(build().state_dict()) == expected


def _bn(path):
    return {f"{path}.{n}" for n in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")}


def test_padded_shortcut_is_strided_slicing_with_zero_channels_around():
    shortcut = build().layer2[0].shortcut
    x = torch.randn(2, 16, 7, 7, generator=stream(0, "x"))
    expected = torch.zeros(2, 32, 4, 4)
    expected[:, 8:24] = x[:, :, ::2, ::2]
    assert torch.equal(shortcut(x), expected)


def test_network_computes_what_a_plain_second_writing_of_it_computes():
    model = build("resnet14").eval()
    x = torch.randn(3, 3, 32, 32, generator=stream(0, "x"))
    state = model.state_dict()

    def conv_bn(h, path, conv, bn, stride=1):
        h = nn.functional.conv2d(h, state[f"{path}{conv}.weight"], stride=stride, padding=1)
        return (h - state[f"{path}{bn}.running_mean"].view(-1, 1, 1)) / (
            state[f"{path}{bn}.running_var"].view(-1, 1, 1) + 1e-5
        ).sqrt()

    h = conv_bn(x, "", "conv1", "bn1").clamp(min=0)
    for stage in (1, 2, 3):
        for block in (0, 1):
            path, down = f"layer{stage}.{block}.", stage > 1 and block == 0
            branch = conv_bn(h, path, "conv1", "bn1", 2 if down else 1).clamp(min=0)
            branch = conv_bn(branch, path, "conv2", "bn2")
            if down:
                h = h[:, :, ::2, ::2]
                h = torch.cat([torch.zeros_like(h[:, ::2]), h, torch.zeros_like(h[:, ::2])], 1)
            h = (branch + h).clamp(min=0)
    expected = h.mean((2, 3)) @ state["fc.weight"].T + state["fc.bias"]
    torch.testing.assert_close(model(x), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("shortcut", ["pad", "projection"])
def test_channels_last_is_kept_by_every_output_and_gradient(shortcut):
    model = build("resnet8", "silu", shortcut=shortcut).to(memory_format=torch.channels_last)
    lost = []

    def note(tensor, text):
        if tensor.ndim == 4 and not tensor.is_contiguous(memory_format=torch.channels_last):
            lost.append(text)

    def check(module, args, output, path):
        note(output, path)
        if "act" in path:
            args[0].register_hook(lambda gradient: note(gradient, f"gradient of {path}"))

    for path, module in model.named_modules():
        if path and path != "pool":
            module.register_forward_hook(partial(check, path=path))
    x = torch.randn(2, 3, 32, 32, generator=stream(0, "x")).to(memory_format=torch.channels_last)
    model(x).square().sum().backward()
    assert lost == []


def test_generator_decides_the_weights_and_the_global_generator_stays():
    before = torch.random.get_rng_state()
    first, again, other = build(seed=1), build(seed=1), build(seed=2)
    assert torch.equal(before, torch.random.get_rng_state())
    for (name, p), q, r in zip(first.named_parameters(), again.parameters(), other.parameters(), strict=True):
        assert torch.equal(p, q)
        assert "bn" in name or not torch.equal(p, r)


def test_without_a_generator_the_weights_come_from_torchs_own():
    with torch.random.fork_rng():
        torch.manual_seed(5)
        first = make_model("resnet8")
        torch.manual_seed(5)
        assert torch.equal(first.fc.weight, make_model("resnet8").fc.weight)


def test_activation_and_shortcut_do_not_change_the_start_of_the_shared_weights():
    plain, other = build("resnet8", "relu"), build("resnet8", "coslu")
    assert torch.equal(plain.layer3[0].conv2.weight, other.layer3[0].conv2.weight)


@pytest.mark.parametrize("name", ["coslu", "eelu"])
def test_sharing_none_is_the_activations_own_default(name):
    default = describe(name).default_sharing
    assert [site.module.sharing for site in sites(build("resnet8", name))] == [default] * 7


def test_network_sharing_ties_one_parameter_set_across_different_modules():
    model = build("resnet20", "coslu", sharing="network")
    modules = [site.module for site in sites(model)]
    assert len({id(m) for m in modules}) == 19
    assert len({id(m.a) for m in modules}) == len({id(m.b) for m in modules}) == 1
    assert [name for name, _ in activation_parameters(model)] == ["act.a", "act.b"]
    assert parameter_count(model) == 269_722 + 2
    assert "layer3.2.act2.a" in model.state_dict()


@pytest.mark.parametrize(("sharing", "extra"), [("network", 2), ("layer", 2 * 7), ("channel", 2 * (3 * 16 + 2 * 32 + 2 * 64))])
def test_sharing_decides_how_many_parameters_an_activation_adds(sharing, extra):
    model = build("resnet8", "coslu", sharing=sharing)
    assert parameter_count(model) == 75_290 + extra
    assert sum(p.numel() for _, p in activation_parameters(model)) == extra


def test_first_matching_pattern_decides_a_site():
    model = build("resnet8", {"layer3.*": "relu", "*.act2": "eelu:eps=0.2", "*": "coslu"})
    assert [s.activation for s in sites(model)] == ["coslu", "coslu", "eelu", "coslu", "eelu", "relu", "relu"]
    assert model.layer1[0].act2.options["eps"] == 0.2


def test_network_sharing_in_a_mapping_ties_per_activation():
    model = build("resnet8", {"layer3.*": "delu", "*": "coslu"}, sharing="network")
    assert [name for name, _ in activation_parameters(model)] == ["act.a", "act.b", "layer3.0.act1.n"]


def test_options_of_a_mapping_go_to_the_activations_that_have_them():
    model = build("resnet8", {"layer3.*": "relu", "*": "eelu"}, activation_options={"eps": 0.7})
    assert model.act.options["eps"] == 0.7
    with pytest.raises(ExplorerError, match=re.escape("No activation of this network has the option 'epsilon'.")):
        build("resnet8", {"*": "eelu"}, activation_options={"epsilon": 0.7})


def test_site_without_activation_is_an_error_that_names_it():
    with pytest.raises(ExplorerError) as error:
        build("resnet8", {"layer*": "relu"})
    assert str(error.value) == (
        "No activation given for site 'act'; the patterns are 'layer*'. Add one that matches, or '*' as the last."
    )


def test_pattern_that_decides_no_site_is_a_warning():
    message = "These activation patterns decide no site: 'layer4.*', 'act'. The first match wins."
    with pytest.warns(UserWarning, match=re.escape(message)):
        build("resnet8", {"layer4.*": "relu", "*": "coslu", "act": "elu"})


def test_one_activation_for_all_does_not_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        build("resnet8", "ReLU")


def test_unknown_model_is_answered_with_the_nearest_and_all_names():
    with pytest.raises(UnknownNameError) as error:
        make_model("resnet9")
    assert str(error.value).startswith("Unknown model 'resnet9'. Did you mean 'resnet")
    assert str(error.value).endswith(f"Known: {', '.join(COUNTS)}.")


def test_unknown_activation_shortcut_init_and_zero_classes_are_errors():
    with pytest.raises(UnknownNameError, match="Did you mean 'coslu'"):
        make_model("resnet8", "coslo")
    with pytest.raises(ExplorerError, match="shortcut must be one of pad, projection; received 'conv'"):
        make_model("resnet8", shortcut="conv")
    with pytest.raises(ExplorerError, match="init must be one of default, paper; received 'zero'"):
        make_model("resnet8", init="zero")
    with pytest.raises(ExplorerError, match="num_classes must be at least 1; received 0"):
        make_model("resnet8", num_classes=0)


def test_model_names_ignore_case_and_hyphens():
    assert parameter_count(make_model("ResNet-8")) == 75_290


def test_every_registered_activation_stands_at_every_site():
    for name in activation_names():
        assert {s.activation for s in sites(build("resnet8", name))} == {name}
