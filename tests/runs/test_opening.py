"""Networks of other programs are recognised by names and shapes, and compute here what they computed there."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from core.errors import ExplorerError, RunError, UnknownNameError
from core.models import make_model, sites
from core.runs.contents import list_contents
from core.runs.differences import MismatchError, compare
from core.runs.opening import OpenedNetwork, UnclearActivationError, open_network
from core.runs.recognise import recognise
from core.runs.weights import read_weights, strip_prefixes

from .made_files import images, prefixed, save, theirs


def opened(path: Path, **options: object) -> OpenedNetwork:
    return open_network(list_contents(path), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("blocks", "options", "title"),
    [
        (1, {}, "resnet8 with zero-padding shortcuts, 10 classes, 3 input channels"),
        (3, {"head": "fc", "classes": 100}, "resnet20 with zero-padding shortcuts, 100 classes, 3 input channels"),
        (1, {"shortcut": "shortcut"}, "resnet8 with 1×1-convolution shortcuts, 10 classes, 3 input channels"),
        (2, {"shortcut": "downsample", "channels": 1}, "resnet14 with 1×1-convolution shortcuts, 10 classes, 1 input channel"),
    ],
)
def test_a_cifar_resnet_of_others_is_recognised_and_computes_the_same(tmp_path, blocks, options, title):
    network = theirs(blocks, **options)
    found = opened(save(tmp_path / "a.th", network.state_dict()))
    assert found.title == title
    x = images(options.get("channels", 3))
    with torch.no_grad():
        torch.testing.assert_close(found.network(x), network(x))
    assert found.assumed == ("The file does not name its activation and holds no parameters of one; ReLU is assumed.",)


@pytest.mark.parametrize("blocks", [3, 5, 7, 9, 18])
def test_the_usual_depths_are_told_from_the_number_of_blocks(blocks):
    shapes = {name: tuple(t.shape) for name, t in theirs(blocks).state_dict().items()}
    found = recognise(shapes)
    assert found.build is not None
    assert found.build["model"] == f"resnet{6 * blocks + 2}"


@pytest.mark.parametrize("prefix", ["module.", "model.", "_orig_mod.", "module._orig_mod.", "net."])
def test_prefixes_of_wrappers_are_stripped_and_named(tmp_path, prefix):
    found = opened(save(tmp_path / "a.pt", prefixed(theirs().state_dict(), prefix)))
    assert found.title.startswith("resnet8 ")
    assert f"Stripped in front of the names: {prefix}" in found.said


def test_a_compiled_part_inside_a_network_loses_its_prefix_too():
    state, stripped = strip_prefixes({"layer1._orig_mod.0.conv1.weight": torch.zeros(1)})
    assert list(state) == ["layer1.0.conv1.weight"]
    assert stripped == ["_orig_mod."]


def test_names_that_would_become_one_stay_as_they_are():
    both = {"module.a": torch.zeros(1), "a": torch.ones(1)}
    assert strip_prefixes(both) == (both, [])


@pytest.mark.parametrize("part", ["state_dict", "model_state_dict", "ema", "net"])
def test_weights_are_found_under_the_usual_keys(tmp_path, part):
    path = save(tmp_path / "a.ckpt", {"epoch": 90, "best": 0.5, part: theirs().state_dict(), "optimizer": {"state": {}}})
    found = opened(path)
    assert found.said[0] == f"The weights lie under '{part}'."
    assert found.epoch == 90


def test_of_two_sets_of_weights_one_can_be_chosen(tmp_path):
    first, second = theirs(1), theirs(3)
    path = save(tmp_path / "a.pt", {"ema": second.state_dict(), "state_dict": first.state_dict()})
    assert opened(path).title.startswith("resnet8 ")
    assert "The file holds weights under 'ema' as well; those were not used." in opened(path).said
    assert opened(path, part="ema").title.startswith("resnet20 ")
    with pytest.raises(RunError, match="has no weights under 'model'; it has them under: 'state_dict', 'ema'"):
        opened(path, part="model")


def test_a_file_without_weights_says_so(tmp_path):
    path = save(tmp_path / "a.pt", {"epoch": 3, "lr": [0.1, 0.2]})
    with pytest.raises(RunError, match=r"^a\.pt holds no weights"):
        opened(path)


@pytest.mark.parametrize(
    ("activation", "sharing"),
    [("coslu", "layer"), ("coslu", "network"), ("eelu", "channel"), ("lincomb", "channel"), ("relun", "layer")],
)
def test_learned_parameters_of_a_plain_state_dict_are_restored(tmp_path, activation, sharing):
    network = make_model("resnet8", activation, in_channels=1, sharing=sharing)
    with torch.no_grad():
        for number, (name, parameter) in enumerate(network.named_parameters()):
            if ".act" in name or name.startswith("act."):
                parameter += 0.1 * (1 + (number % 7 if sharing != "network" else 0))
    path = save(tmp_path / "a.pt", network.state_dict())
    found = opened(path, activation=activation)
    assert found.build["sharing"] == sharing
    assert found.at_start == ()
    x = images(1)
    with torch.no_grad():
        torch.testing.assert_close(found.network(x), network.eval()(x))


def test_parameters_that_only_one_activation_has_name_it(tmp_path):
    path = save(tmp_path / "a.pt", make_model("resnet8", "swish").state_dict())
    found = opened(path)
    assert found.build["activation"] == "swish"
    assert found.assumed == ("The activation is told from its parameters (beta): only swish has these.",)


def test_parameters_that_several_activations_have_must_be_named(tmp_path):
    path = save(tmp_path / "a.pt", make_model("resnet8", "coslu").state_dict())
    with pytest.raises(UnclearActivationError) as caught:
        opened(path)
    assert {"coslu", "sinlu", "shilu"} <= set(caught.value.choices)
    assert str(caught.value).startswith("a.pt holds activation parameters (a, b), those of pelu, coslu, ")
    assert str(caught.value).endswith("; say which with --activation.")


def test_missing_activation_parameters_are_at_their_start_and_it_is_said(tmp_path):
    found = opened(save(tmp_path / "a.pt", theirs().state_dict()), activation="coslu")
    assert len(found.at_start) == 14
    assert found.assumed == (
        "Activation parameters are missing in the file (act.a, act.b, layer1.0.act1.a and 11 more); these are at their start.",
    )


def test_our_own_checkpoint_says_itself_what_it_is(tmp_path):
    from core.runs.checkpoints import write_checkpoint

    network = make_model("resnet8", {"layer3.*": "relu", "*": "coslu"}, in_channels=1)
    build = {"model": "resnet8", "activation": {"layer3.*": "relu", "*": "coslu"}, "num_classes": 10, "in_channels": 1}
    write_checkpoint(tmp_path / "a.safetensors", network, {"model": "resnet8"}, 7, build)
    found = opened(tmp_path / "a.safetensors")
    assert [s.activation for s in sites(found.network)] == ["coslu"] * 5 + ["relu"] * 2
    assert (found.epoch, found.assumed) == (7, ())
    assert found.said == ("It has 7 sites: 5 of CosLU and 2 of ReLU, shared by layer.",)


def test_a_file_of_another_depth_is_explained(tmp_path):
    path = save(tmp_path / "deep.pt", theirs(9).state_dict())
    with pytest.raises(MismatchError) as caught:
        opened(path, model="resnet20")
    assert str(caught.value) == (
        "deep.pt does not fit resnet20 with zero-padding shortcuts, 10 classes, 3 input channels: another depth "
        "(9 blocks in layer1 instead of 3, 9 blocks in layer2 instead of 3, 9 blocks in layer3 instead of 3, as resnet56 has)."
    )
    table = caught.value.differences.table()
    assert set(table["cause"]) == {"depth"}
    assert set(table["difference"]) == {"not in the network"}


def test_a_stem_and_widths_of_another_network_are_explained(tmp_path):
    from core.models.build import expected_shapes

    network = {"model": "resnet18", "library": "torchvision", "num_classes": 10, "in_channels": 3}
    small = expected_shapes({**network, "stem": "cifar", "num_classes": 100, "in_channels": 1})
    assert list(compare(expected_shapes(network), small).causes) == [
        "another number of classes (100 in the file, 10 in the network)",
        "another number of input channels (1 in the file, 3 in the network)",
        "another input stem (3×3 to 64 channels in the file, 7×7 to 64 in the network)",
    ]


def test_shortcuts_classifiers_and_activations_are_told_apart():
    network = {"layer1.0.conv1.weight": (16, 16, 3, 3), "fc.weight": (10, 64), "act.a": ()}
    file = {"layer1.0.conv1.weight": (16, 16, 3, 3), "fc.weight": (10, 4096), "layer1.0.shortcut.0.weight": (16, 16, 1, 1)}
    assert list(compare(network, file, {"act.a"}).causes) == [
        "another width or another input size (the classifier takes 4096 numbers in the file, 64 in the network)",
        "another shortcut (the file has 1×1 convolutions, the network none: layer1.0.shortcut.0.weight)",
        "parameters of activations are missing, these will be at their start (act.a)",
    ]


def test_an_unknown_architecture_names_the_nearest_or_says_what_to_do(tmp_path):
    path = save(tmp_path / "a.pt", nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2)).state_dict())
    with pytest.raises(RunError, match=r"^The network in a\.pt is not recognised\. Say which architecture it is"):
        opened(path)
    with pytest.raises(MismatchError, match="another architecture: only 0 of its 4 names"):
        opened(path, model="resnet20")
    with pytest.raises(UnknownNameError, match="Unknown model 'resnet21'"):
        opened(path, model="resnet21")


def test_a_wider_residual_network_is_compared_with_the_nearest(tmp_path):
    state = theirs(3).state_dict()
    state["conv1.weight"] = torch.zeros(160, 3, 3, 3)
    with pytest.raises(MismatchError, match=r"the nearest is resnet20 .* another input stem"):
        opened(save(tmp_path / "wide.pt", state))


def test_half_precision_and_broken_numbers_are_said(tmp_path):
    state = {name: t.half() if t.is_floating_point() else t for name, t in theirs().state_dict().items()}
    state["linear.bias"][0] = float("nan")
    found = opened(save(tmp_path / "a.pt", state))
    assert "The file holds float16 numbers; the network computes in float32." in found.said
    assert any(sentence.startswith("1 of ") and sentence.endswith("numbers are not finite.") for sentence in found.said)


@pytest.mark.parametrize("name", ["mobilenet_v2", pytest.param("resnet18", marks=pytest.mark.full)])
def test_a_network_of_torchvision_is_recognised_and_computes_the_same(tmp_path, name):
    import torchvision

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        network = getattr(torchvision.models, name)(weights=None, num_classes=7).eval()
    save_file(network.state_dict(), tmp_path / "a.safetensors")
    found = opened(tmp_path / "a.safetensors")
    assert found.title == f"{name} of torchvision, 7 classes, 3 input channels"
    x = images(side=64)
    with torch.no_grad():
        torch.testing.assert_close(found.network(x), network(x), rtol=1e-4, atol=1e-5)
    assert all(type(s.module).__module__.startswith("core.") for s in sites(found.network))
    with pytest.raises(ExplorerError, match=r"The activations of .* are those of torchvision"):
        opened(tmp_path / "a.safetensors", activation="coslu")


@pytest.mark.full
def test_a_residual_network_with_the_small_stem_and_other_names_is_recognised(tmp_path):
    from core.models.build import build_model

    build = {"model": "resnet18", "library": "torchvision", "num_classes": 10, "in_channels": 3, "stem": "cifar"}
    network = build_model(build).eval()
    state = {name.replace("downsample", "shortcut").replace("fc.", "linear."): t for name, t in network.state_dict().items()}
    found = opened(save(tmp_path / "a.pth", {"net": prefixed(state, "module."), "epoch": 199}))
    assert found.title == "resnet18 of torchvision, 3×3 stem, 10 classes, 3 input channels"
    with torch.no_grad():
        torch.testing.assert_close(found.network(images(side=32)), network(images(side=32)))


@pytest.mark.full
@pytest.mark.parametrize(
    "name", ["vgg16_bn", "googlenet", "densenet121", "efficientnet_b0", "convnext_tiny", "mobilenet_v3_small", "resnet50"]
)
def test_more_networks_of_torchvision_are_recognised_and_compute_the_same(tmp_path, name):
    import torchvision

    options = {"init_weights": False, "aux_logits": True} if name == "googlenet" else {}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        network = getattr(torchvision.models, name)(weights=None, num_classes=5, **options).eval()
    found = opened(save(tmp_path / "a.pt", network.state_dict()))
    assert found.title == f"{name} of torchvision, 5 classes, 3 input channels"
    x = images(side=64)
    with torch.no_grad():
        torch.testing.assert_close(found.network(x), network(x), rtol=1e-4, atol=1e-4)


def test_a_refused_file_gives_no_weights(tmp_path):
    path = save(tmp_path / "a.pt", nn.Linear(2, 2))
    with pytest.raises(RunError, match="is refused, because it would run code when loaded"):
        read_weights(list_contents(path))


@pytest.mark.timm
def test_a_network_of_timm_is_recognised(tmp_path):
    timm = pytest.importorskip("timm")
    network = timm.create_model("mobilenetv3_small_100", num_classes=4).eval()
    found = opened(save(tmp_path / "a.pt", network.state_dict()))
    assert found.title == "mobilenetv3_small_100 of timm, 4 classes, 3 input channels"
    with torch.no_grad():
        torch.testing.assert_close(found.network(images(side=64)), network(images(side=64)), rtol=1e-4, atol=1e-4)


def test_without_timm_its_layouts_are_named_with_the_way_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setattr("core.models.published.timm_installed", lambda: False)
    state = {"conv_stem.weight": torch.zeros(16, 3, 3, 3), "blocks.0.0.conv_dw.weight": torch.zeros(16, 1, 3, 3)}
    with pytest.raises(RunError, match="timm is not installed here; type: pip install timm"):
        opened(save(tmp_path / "a.pt", state))
    with pytest.raises(ExplorerError, match="pip install timm"):
        opened(save(tmp_path / "a.pt", state), model="timm/efficientnet_b0")
