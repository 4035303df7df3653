"""One change of a network's activations, on a fork: what it becomes is known by hand, the given network stays."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from core.analysis.interventions import Intervention, activation_words, intervene, scalars_of
from core.errors import ExplorerError, UnknownNameError
from core.models import fork, make_model, own_tensors, replace_activations

from .networks import one_site, ramp, set_parameters

X = torch.tensor([-2.0, -0.5, 0.0, 1.0, 3.0]).reshape(-1, 1, 1, 1)


def values(model: nn.Module) -> torch.Tensor:
    with torch.no_grad():
        return model(X).flatten()


def learned(activation: str = "coslu", **values: float) -> nn.Sequential:
    model = one_site(activation)
    set_parameters(model[1], **values)
    return model.eval()


def resnet(activation: str = "coslu", **options) -> nn.Module:
    model = make_model("resnet8", activation, in_channels=1, generator=torch.Generator().manual_seed(0), **options)
    with torch.no_grad():
        for name, p in model.named_parameters():
            if name.rpartition(".")[2] in ("a", "b", "alpha", "beta") and "act" in name:
                p.add_(0.5)
    return model.eval()


def test_another_function_takes_its_place_with_default_parameters() -> None:
    x = X.flatten()
    model = learned(a=3.0, b=0.5)
    torch.testing.assert_close(values(intervene(model, Intervention(activation="relu"))), x.clamp(min=0))
    torch.testing.assert_close(values(intervene(model, Intervention(activation="identity"))), x)
    default = (x + torch.cos(x)) * torch.sigmoid(x)
    torch.testing.assert_close(values(intervene(model, Intervention(activation="coslu", site="1"))), default)


def test_a_formula_of_ones_own_takes_its_place_with_its_start_values() -> None:
    changed = intervene(learned(), Intervention(activation="formula:max(x, 0) + a*x,a=0.5"))
    torch.testing.assert_close(values(changed), X.flatten().clamp(min=0) + 0.5 * X.flatten())


@pytest.mark.parametrize(
    ("t", "a", "b"), [(-0.5, 0.0, 1.25), (0.0, 1.0, 1.0), (0.5, 2.0, 0.75), (1.0, 3.0, 0.5), (1.5, 4.0, 0.25)]
)
def test_parameters_stand_between_start_and_learned(t: float, a: float, b: float) -> None:
    changed = intervene(learned(a=3.0, b=0.5), Intervention(t=t))
    assert (float(changed[1].a.detach()), float(changed[1].b.detach())) == pytest.approx((a, b), abs=1e-6)
    x = X.flatten()
    torch.testing.assert_close(values(changed), (x + a * torch.cos(b * x)) * torch.sigmoid(x))


def test_t_one_is_exactly_the_learned_network_whatever_the_numbers() -> None:
    model = learned(a=0.1234567, b=-7.654321)
    assert torch.equal(values(intervene(model, Intervention(t=1.0))), values(model))


def test_offsets_are_added_to_the_learned_parameters_and_to_components() -> None:
    changed = intervene(learned(a=3.0, b=0.5), Intervention(offsets=(("a", -1.0), ("b", 0.25))))
    assert (float(changed[1].a.detach()), float(changed[1].b.detach())) == (2.0, 0.75)
    model = learned("lincomb")
    names = list(scalars_of(model[1]))
    before = {name: float(v) for name, v in scalars_of(model[1]).items()}
    changed = intervene(model, Intervention(offsets=((names[1], 0.5),)))
    after = {name: float(v) for name, v in scalars_of(changed[1]).items()}
    assert after == {**before, names[1]: pytest.approx(before[names[1]] + 0.5)}


def test_torchs_prelu_starts_at_a_quarter() -> None:
    model = nn.Sequential(nn.Identity(), nn.PReLU(init=0.75)).eval()
    assert float(intervene(model, Intervention(t=0.5))[1].weight.detach()) == pytest.approx(0.5)


def test_only_the_one_site_moves_where_the_network_shares_one_pair() -> None:
    model = resnet(sharing="network")
    changed = intervene(model, Intervention(site="layer2.0.act1", t=0.0))
    found = {path: float(m.a.detach()) for path, m in changed.named_modules() if hasattr(m, "a")}
    assert found.pop("layer2.0.act1") == 1.0
    assert set(found.values()) == {1.5}
    assert {float(m.a.detach()) for m in model.modules() if hasattr(m, "a")} == {1.5}
    assert {float(m.a.detach()) for m in intervene(model, Intervention(t=0.0)).modules() if hasattr(m, "a")} == {1.0}


@pytest.mark.parametrize(
    "change",
    [Intervention(activation="relu"), Intervention(site="act", activation="gelu"), Intervention(t=0.0), Intervention(t=2.0)],
)
def test_the_given_network_stays_and_weights_are_shared(change: Intervention) -> None:
    model = resnet().train()
    images = torch.randn(3, 1, 16, 16, generator=torch.Generator().manual_seed(2))
    state = {k: v.clone() for k, v in model.state_dict().items()}
    generator = torch.get_rng_state()
    changed = intervene(model, change, images)
    changed(images)
    assert model.training and not changed.training
    assert all(torch.equal(v, state[k]) for k, v in model.state_dict().items())
    assert model.conv1.weight.data_ptr() == changed.conv1.weight.data_ptr()
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())
    assert torch.equal(generator, torch.get_rng_state())


def test_functions_called_in_a_forward_are_replaced_too() -> None:
    class Two(nn.Module):
        def forward(self, x):
            return F.relu(F.relu(x) - 1)

    model = Two().eval()
    changed = intervene(model, Intervention(site="relu_2", activation="identity"), X)
    torch.testing.assert_close(values(changed), X.flatten().clamp(min=0) - 1)


def test_own_tensors_end_what_a_fork_shares() -> None:
    model = resnet()
    twin = fork(model)
    own_tensors(twin.bn1)
    with torch.no_grad():
        twin.bn1.running_mean.fill_(7)
        twin.bn1.weight.fill_(7)
    assert not (model.bn1.running_mean == 7).any() and not (model.bn1.weight == 7).any()
    assert twin.layer1[0].bn1.weight.data_ptr() == model.layer1[0].bn1.weight.data_ptr()


def test_surgery_shares_the_weights_on_request_only() -> None:
    model = resnet()
    shared, apart = (replace_activations(model, "relu", share_weights=s).model for s in (True, False))
    assert shared.fc.weight.data_ptr() == model.fc.weight.data_ptr() != apart.fc.weight.data_ptr()


@pytest.mark.parametrize(
    ("text", "words"),
    [("relu", "ReLU"), ("eelu:eps=0.2", "EELU (eps = 0.2)"), ("formula:max(x, a*x),a=0.1", "max(x, a*x) (a = 0.1)")],
)
def test_functions_are_written_as_papers_do(text: str, words: str) -> None:
    assert activation_words(text) == words


def test_a_change_is_told_in_words() -> None:
    changes = [Intervention(t=0.0), Intervention(t=-0.25), Intervention(offsets=(("a", 0.5), ("b", -0.25)))]
    assert [c.what for c in changes] == ["its start", "t = −0.25", "a +0.500, b −0.250"]


def test_what_cannot_be_done_is_said() -> None:
    relu, coslu = one_site("relu"), one_site("coslu")
    with pytest.raises(
        ExplorerError, match=r"^Nothing can be moved: no activation of this network has parameters; it uses ReLU\.$"
    ):
        intervene(relu, Intervention(t=0.0))
    mixed = nn.Sequential(relu, coslu)
    with pytest.raises(ExplorerError, match=r"^The activation at 0\.1 \(relu\) has no parameters; those at 1\.1 have\.$"):
        intervene(mixed, Intervention(site="0.1", t=0.0))
    with pytest.raises(UnknownNameError, match="Unknown site '7'"):
        intervene(coslu, Intervention(site="7", t=0.0))
    with pytest.raises(UnknownNameError, match="Unknown site '7'"):
        intervene(coslu, Intervention(site="7", activation="relu"))
    with pytest.raises(UnknownNameError, match="Unknown parameter of 1 'n'"):
        intervene(coslu, Intervention(offsets=(("n", 1.0),)))
    with pytest.raises(UnknownNameError, match="Unknown activation 'nosuch'"):
        intervene(coslu, Intervention(activation="nosuch"))
    with pytest.raises(ExplorerError, match="exactly one of activation, t and offsets; received 2 of them"):
        Intervention(activation="relu", t=0.0)
    with pytest.raises(ExplorerError, match="No activation could be replaced by ReLU"):
        intervene(nn.Sequential(nn.Linear(2, 2)), Intervention(activation="relu"), ramp(0, 1)[:, 0, 0, :2])
