"""Learned activations under other programs' names are put at their sites; what is not clear is refused by name."""

from pathlib import Path

import pytest
import torch
from torch import nn

from core.models import sites
from core.runs.contents import list_contents
from core.runs.differences import MismatchError
from core.runs.opening import OpenedNetwork, UnclearActivationError, open_network

from .made_files import images, prefixed, save, theirs
from .made_prelu import Maker, TheirSwish, learned, one_slope

ADVICE = (
    "Name the parameters as this project does (act.a, layer1.0.act1.a …), or build the network yourself and write a run with "
    "RunWriter."
)


def opened(path: Path, **options: object) -> OpenedNetwork:
    return open_network(list_contents(path), **options)  # type: ignore[arg-type]


def refusal(path: Path, **options: object) -> UnclearActivationError:
    with pytest.raises(UnclearActivationError) as caught:
        opened(path, **options)
    return caught.value


def slope(channels: int) -> nn.Module:
    return nn.PReLU()


def slopes(channels: int) -> nn.Module:
    return nn.PReLU(channels)


@pytest.mark.parametrize(
    ("stem", "names", "make", "sharing"),
    [
        ("relu", ("relu",), slope, "layer"),
        ("relu1", ("relu1", "relu2"), slope, "layer"),
        ("prelu", ("prelu", "prelu2"), slope, "layer"),
        ("act", ("acts_0", "acts_1"), slope, "layer"),
        ("prelu", ("prelu",), slopes, "channel"),
        ("act", ("act1", "act2"), slopes, "channel"),
        ("nonlinearity", ("nonlinearity",), one_slope(), "network"),
    ],
)
def test_the_slopes_of_torchs_prelu_stand_at_their_sites(tmp_path, stem, names, make: Maker, sharing):
    network = learned(stem, names, make)
    found = opened(save(tmp_path / "a.pt", prefixed(network.state_dict(), "module.")))
    assert (found.build["activation"], found.build["sharing"]) == ("prelu", sharing)
    assert [s.activation for s in sites(found.network)] == ["prelu"] * 7
    assert found.at_start == ()
    x = images()
    with torch.no_grad():
        torch.testing.assert_close(found.network(x), network(x), rtol=1e-5, atol=1e-5)


def test_numbers_tell_the_order_not_the_place_in_the_file(tmp_path):
    network = learned("relu", ("relu1", "relu2"), slopes)
    state = dict(sorted(network.state_dict().items(), reverse=True))
    found = opened(save(tmp_path / "a.pt", state))
    with torch.no_grad():
        torch.testing.assert_close(found.network(images()), network(images()), rtol=1e-5, atol=1e-5)


def test_what_was_taken_for_what_is_said_as_an_assumption(tmp_path):
    found = opened(save(tmp_path / "a.pt", learned("relu", ("relu",), slope).state_dict()))
    assert found.assumed == (
        "relu.weight, layer1.0.relu.weight, layer2.0.relu.weight and 1 more are assumed to be the slopes of a PReLU: they "
        "stand where the network has its sites and hold one number each, and torch.nn.PReLU calls its slope weight; the file "
        "does not say so. The one of a block stands at both of its sites.",
    )
    assert found.said == ("It has 7 sites: 7 of PReLU, shared by layer.",)


def test_slopes_per_channel_are_said_to_be_such(tmp_path):
    found = opened(save(tmp_path / "a.pt", learned("relu1", ("relu1", "relu2"), slopes).state_dict()))
    assert "hold one number per channel, and torch.nn.PReLU" in found.assumed[0]
    assert "both of its sites" not in found.assumed[0]
    assert found.said[-1] == "It has 7 sites: 7 of PReLU, shared by channel."


@pytest.mark.parametrize("activation", [None, "swish"])
def test_a_beta_under_another_name_is_that_of_swish(tmp_path, activation):
    network = learned("swish", ("swish1", "swish2"), lambda channels: TheirSwish())
    found = opened(save(tmp_path / "a.pt", network.state_dict()), activation=activation)
    assert found.build["activation"] == "swish"
    assert found.assumed[0].startswith(
        "swish.beta, layer1.0.swish1.beta, layer1.0.swish2.beta and 4 more are assumed to be the parameters beta of the "
        "activations: they stand where the network has its sites and hold one number each; the file does not say so."
    )
    assert ("The activation is told from its parameters (beta): only swish has these." in found.assumed) == (activation is None)
    with torch.no_grad():
        torch.testing.assert_close(found.network(images()), network(images()), rtol=1e-5, atol=1e-5)


def test_one_tensor_for_all_sites_is_refused_until_somebody_says_so(tmp_path):
    state = theirs().state_dict() | {"relu.weight": torch.tensor([0.1])}
    path = save(tmp_path / "a.pt", state)
    error = refusal(path)
    assert str(error) == (
        "a.pt holds relu.weight for 7 sites: it could belong to all of them or to the first alone; if all sites use it, "
        "say which activation they have with --activation prelu."
    )
    assert error.choices == ["prelu"]
    found = opened(path, activation="prelu")
    assert found.build["sharing"] == "network"
    assert [float(s.module.a.detach()) for s in sites(found.network)] == pytest.approx([0.1] * 7)
    assert found.assumed[0].endswith("the file does not say so. The one tensor stands at all 7 sites.")


def test_weights_of_modules_that_are_not_called_activations_are_refused_until_somebody_says_so(tmp_path):
    network = learned("gate", ("gate1", "gate2"), slope)
    path = save(tmp_path / "a.pt", network.state_dict())
    error = refusal(path)
    assert str(error) == (
        "a.pt holds gate.weight, layer1.0.gate1.weight, layer1.0.gate2.weight and 4 more, which could be the slopes of a PReLU "
        "or the factors of another layer; if they are slopes, say so with --activation prelu."
    )
    assert error.choices == ["prelu"]
    with torch.no_grad():
        torch.testing.assert_close(opened(path, activation="prelu").network(images()), network(images()), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"relu.weight": None},
            "a.pt holds no activation parameter for act, but some for other sites.",
        ),
        (
            {"layer1.0.relu2.weight": None},
            "a.pt holds activation parameters in layer1.0.relu1; which of them stand at layer1.0.act1 and layer1.0.act2 cannot "
            "be told.",
        ),
        (
            {"layer1.0.relu2.weight": None, "layer1.0.prelu.weight": torch.ones(1)},
            "a.pt holds activation parameters in layer1.0.relu1, layer1.0.prelu; which of them stand at layer1.0.act1 and "
            "layer1.0.act2 cannot be told.",
        ),
        (
            {"layer2.0.relu1.weight": torch.ones(16)},
            "a.pt holds 16 numbers in layer2.0.relu1.weight, which stands at layer2.0.act1 with 32 channels: it should hold 1 "
            "or 32.",
        ),
        (
            {"layer2.0.relu1.weight": torch.ones(32)},
            "a.pt holds one number at some sites (relu.weight) and one per channel at others (layer2.0.relu1.weight); here all "
            "sites have the same sharing.",
        ),
        (
            {"layer2.0.relu1.weight": None, "layer2.0.relu1.beta": torch.ones(1)},
            "a.pt holds different activation parameters at its sites: relu has weight, layer2.0.relu1 has beta.",
        ),
    ],
)
def test_what_does_not_fit_is_refused_by_name(tmp_path, change, sentence):
    state = learned("relu", ("relu1", "relu2"), slope).state_dict() | change
    path = save(tmp_path / "a.pt", {name: tensor for name, tensor in state.items() if tensor is not None})
    assert str(refusal(path)) == f"{sentence} {ADVICE}"


def test_a_third_batch_norm_is_no_activation(tmp_path):
    state = theirs().state_dict() | {f"layer1.0.bn3.{name}": torch.ones(16) for name in ("weight", "bias", "running_mean")}
    with pytest.raises(MismatchError, match="the nearest is resnet8"):
        opened(save(tmp_path / "a.pt", state))


def test_a_number_of_the_block_itself_is_no_activation(tmp_path):
    state = theirs().state_dict() | {"layer1.0.alpha": torch.ones(1)}
    with pytest.raises(MismatchError, match=r"1 weights of the file are not in the network \(layer1\.0\.alpha\)"):
        opened(save(tmp_path / "a.pt", state))


def test_where_the_depth_differs_that_is_said_and_slopes_are_named(tmp_path):
    path = save(tmp_path / "a.pt", learned("relu", ("relu1", "relu2"), slope).state_dict())
    with pytest.raises(MismatchError) as caught:
        opened(path, model="resnet14")
    assert str(caught.value) == (
        "a.pt does not fit resnet14 with zero-padding shortcuts, 10 classes, 3 input channels: another depth (1 block in "
        "layer1 instead of 2, 1 block in layer2 instead of 2, 1 block in layer3 instead of 2, as resnet8 has); another "
        "activation (parameters that the network's do not have: relu.weight, layer1.0.relu1.weight, layer1.0.relu2.weight "
        "and 4 more; these look like the slopes of a PReLU)."
    )
