"""The registry, its cards, and every sentence that a wrong use is answered with."""

import importlib
import re
from typing import Any

import pytest
import torch
from torch import nn

from core.activations import (
    Activation,
    activation_names,
    describe,
    is_activation_parameter,
    make_activation,
    register,
    share_parameters,
)
from core.errors import ExplorerError, UnknownNameError

KNOWN = (
    "relu, leaky_relu, prelu, rrelu, elu, celu, selu, silu, swish, gelu, mish, softplus, pelu, identity, coslu, delu, helu, "
    "relun, shilu, scaled_softsign, lincomb, norm_lincomb, sinlu, eelu, erelu, eprelu, mpelu, apalu, pdrelu"
)


def test_the_names_stand_in_the_order_of_the_catalogue() -> None:
    assert ", ".join(activation_names()) == KNOWN


def test_look_up_ignores_case_and_dashes() -> None:
    for written in ("CosLU", "cos-lu", "COS_LU"):
        assert describe(written).name == "coslu"
    assert make_activation("Leaky-ReLU").name == "leaky_relu"


def test_cards_agree_with_their_modules(name: str) -> None:
    info, module = describe(name), make_activation(name)
    assert info.parameters == module.start_values()
    assert info.trainable == module.trainable == bool(info.parameters)
    assert info.stochastic == module.stochastic
    defaults = {k: default for k, (default, _) in info.options.items()}
    assert {k: v for k, v in defaults.items() if v is not None} == {
        k: v for k, v in module.options.items() if defaults[k] is not None
    }
    assert info.formula.startswith("f(x) = ") and info.reference and info.differs and info.title


def test_every_family_has_the_five_lines(name: str) -> None:
    docstring = importlib.import_module(type(make_activation(name)).__module__).__doc__ or ""
    heads = re.findall(r"^(Formula|Gradients|Parameters|Reference|Differs): \S", docstring, re.MULTILINE)
    assert heads == ["Formula", "Gradients", "Parameters", "Reference", "Differs"]


def test_cards_say_what_is_special() -> None:
    cards = [describe(name) for name in activation_names()]
    assert [c.name for c in cards if c.default_sharing == "channel"] == ["eelu", "eprelu", "mpelu"]
    assert [c.name for c in cards if c.stochastic] == ["rrelu", "eelu", "erelu", "eprelu"]
    assert [c.name for c in cards if c.bounded] == ["relun", "scaled_softsign"]
    assert [c.name for c in cards if c.surrogate_gradient] == ["pelu", "eelu", "apalu", "pdrelu"]
    assert describe("eelu").parameters == {"alpha": 0.25, "beta": 1.0}
    assert describe("eelu").reference.endswith("Neurocomputing 406 (2020) 253-266, doi 10.1016/j.neucom.2020.03.051")
    assert describe("pdrelu").title == "PD-ReLU"


def test_bounded_cards_are_bounded_and_the_others_are_not(name: str) -> None:
    ends = make_activation(name).curve(torch.tensor([-1e6, 1e6])).abs().max()
    assert bool(ends < 1e3) == describe(name).bounded


def test_sharing_none_means_the_default_of_the_activation() -> None:
    assert make_activation("eelu", sharing=None, num_channels=4).alpha.shape == (4,)
    assert make_activation("prelu", sharing=None, num_channels=4).a.shape == ()


def test_a_duplicate_is_refused() -> None:
    class Again(Activation):
        name = "Cos_LU"

    with pytest.raises(ExplorerError, match=r"^An activation 'Cos_LU' is registered already; choose another name\.$"):
        register(Again, title="", formula="", card="")


CASES: list[tuple[type[ExplorerError], str, dict[str, Any], str]] = [
    (UnknownNameError, "coslou", {}, f"Unknown activation 'coslou'. Did you mean 'coslu'? Known: {KNOWN}."),
    (UnknownNameError, "xyzzy", {}, f"Unknown activation 'xyzzy'. Known: {KNOWN}."),
    (
        ExplorerError,
        "coslu",
        {"sharing": "chanel"},
        "Unknown sharing 'chanel'. Did you mean 'channel'? Known: network, layer, channel.",
    ),
    (
        ExplorerError,
        "coslu",
        {"sharing": "channel"},
        "CosLU with sharing='channel' needs num_channels, the number of channels of its input.",
    ),
    (
        ExplorerError,
        "coslu",
        {"sharing": "channel", "num_channels": 0},
        "num_channels must be a whole number of at least 1; received 0.",
    ),
    (ExplorerError, "coslu", {"eps": 0.1}, "CosLU has no option 'eps'. It has no options."),
    (ExplorerError, "eelu", {"epz": 0.1}, "EELU has no option 'epz'. Its options: eps, truncation, held."),
    (ExplorerError, "eelu", {"eps": -0.1}, "eps of EELU must be a number of at least 0; received -0.1."),
    (ExplorerError, "eelu", {"eps": "big"}, "eps of EELU must be a number of at least 0; received 'big'."),
    (ExplorerError, "pdrelu", {"t": 0}, "t of PD-ReLU must be a number above 0; received 0."),
    (
        UnknownNameError,
        "apalu",
        {"start": "smoth"},
        "Unknown start of APALU 'smoth'. Did you mean 'smooth'? Known: published, smooth.",
    ),
]


@pytest.mark.parametrize(("kind", "name", "options", "sentence"), CASES)
def test_wrong_construction_is_answered_with_a_sentence(
    kind: type[ExplorerError], name: str, options: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(kind) as caught:
        make_activation(name, **options)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("x", "sentence"),
    [
        (
            torch.ones(2, 3, dtype=torch.int64),
            "CosLU needs a floating-point tensor; received int64. Convert it, e.g. with x.float().",
        ),
        (torch.ones(2, 4, 5), "CosLU has parameters for 3 channels; received 4 on axis 1 of shape (2, 4, 5)."),
        (torch.ones(3), "CosLU with sharing='channel' needs channels on axis 1; received shape (3,)."),
    ],
)
def test_wrong_input_is_answered_with_a_sentence(x: torch.Tensor, sentence: str) -> None:
    with pytest.raises(ExplorerError) as caught:
        make_activation("coslu", sharing="channel", num_channels=3)(x)
    assert str(caught.value) == sentence


def test_integer_tensors_are_refused_by_every_activation(name: str) -> None:
    with pytest.raises(ExplorerError, match=r"needs a floating-point tensor; received int32\."):
        make_activation(name)(torch.ones(2, dtype=torch.int32))


def test_an_unknown_channel_of_a_curve_is_refused() -> None:
    module = make_activation("coslu", sharing="channel", num_channels=3)
    with pytest.raises(ExplorerError, match=r"^CosLU has channels 0 to 2; received 3\.$"):
        module.curve(torch.zeros(2), channel=3)


def test_activations_without_parameters_ignore_sharing() -> None:
    assert make_activation("gelu", sharing="channel")(torch.ones(3)).shape == (3,)


def test_only_like_activations_can_share() -> None:
    with pytest.raises(ExplorerError, match=r"^Only activations of one kind, with the same options and parameter shapes"):
        share_parameters([make_activation("coslu"), make_activation("delu")])


def test_activation_parameters_are_told_from_weights() -> None:
    model = nn.Sequential(nn.Linear(3, 3), nn.Sequential(make_activation("prelu")))
    found = [name for name, _ in model.named_parameters() if is_activation_parameter(model, name)]
    assert found == ["1.0.a"]


def test_reset_parameters_goes_back_to_the_start() -> None:
    module = make_activation("apalu", start="smooth")
    with torch.no_grad():
        module.a.fill_(9)
    module.reset_parameters()
    assert module.a.item() == pytest.approx(2 / 3)


def test_printing_a_module_shows_sharing_channels_and_options() -> None:
    text = repr(make_activation("eelu", sharing="channel", num_channels=8, eps=0.2))
    assert text == "EELU(sharing='channel', num_channels=8, eps=0.2, truncation='clip', held='still')"
    assert repr(make_activation("relu")) == "ReLU()"
