"""Modules with a new forward: they compute what they did, follow train and eval, and can be copied."""

import copy
import re

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from core.errors import ExplorerError
from core.models import fork, replace_activations, sites

from .foreign import assert_same

BOTH = pytest.mark.parametrize("run", [False, True], ids=["read", "run"])


def batch(*shape):
    return torch.randn(*(shape or (3, 4)), generator=torch.Generator().manual_seed(0))


def surgery_of(model, run, activation="relu", x=None, **more):
    return replace_activations(model, activation, example_input=(batch() if x is None else x) if run else None, **more)


class Linear(nn.Module):
    """One layer; its subclasses say what comes after it."""

    def __init__(self, **modules):
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(0)
            self.fc = nn.Linear(4, 4)
        for name, module in modules.items():
            setattr(self, name, module)

    def forward(self, x):
        return F.relu(self.fc(x)) * 2


class EveryWay(Linear):
    def forward(self, x):
        x = F.relu(self.fc(x) - 0.1)
        x = torch.relu(self.fc(x) - 0.1)
        x = self.fc(x).relu()
        x = F.relu(self.fc(x), inplace=True)
        return F.relu(input=self.fc(x)).sum(1)


class Statements(Linear):
    """Calls in-place activations and reads the overwritten tensor afterwards."""

    def forward(self, x):
        x = self.fc(x)
        x.relu_()
        y = self.fc(x)
        F.relu(y, inplace=True)
        z = self.fc(y)
        self.act(z)
        return z + y


class Dropping(Linear):
    def forward(self, x):
        return F.dropout(F.relu(self.fc(x)), p=0.5, training=self.training)


class Twice(Linear):
    def forward(self, x):
        return self.act(self.fc(self.act(self.fc(x)))) + x


class Masked(Linear):
    def forward(self, x, mask=None, scale=1.0):
        x = F.relu(self.fc(x)) * scale
        return x if mask is None else x * mask


class WithNames(Linear):
    """Has the names already that new modules would get."""

    relu_2 = "taken"

    def relu(self, x):
        return F.relu(x)

    def forward(self, x):
        return self.relu(self.relu(self.fc(x)) - 0.1)


class Distant(Linear):
    """Calls the activations of a list, which is never called itself."""

    def forward(self, x):
        for act in self.acts:
            x = act(self.fc(x))
        return self.acts[0](x - 0.1)


MODELS = {
    "functions": (EveryWay, ("relu", "relu_2", "relu_3", "relu_4", "relu_5")),
    "statements": (lambda: Statements(act=nn.ReLU(inplace=True)), ("relu", "relu_2", "act")),
    "dropout": (Dropping, ("relu",)),
    "twice": (lambda: Twice(act=nn.ReLU()), ("act", "act_2")),
    "masked": (Masked, ("relu",)),
    "names": (WithNames, ("relu_3", "relu_4")),
    "distant": (lambda: Distant(acts=nn.ModuleList([nn.ReLU(), nn.ReLU()])), ("acts.0", "acts.1", "acts_0_2")),
}


@BOTH
@pytest.mark.parametrize("name", MODELS)
def test_relu_for_relu_leaves_outputs_and_gradients_unchanged(name, run):
    make, paths = MODELS[name]
    model = make()
    surgery = surgery_of(model, run)
    assert surgery.replaced == paths and surgery.left == {}
    assert type(surgery.model) is type(model) and list(surgery.model.state_dict()) == list(model.state_dict())
    assert_same(model, surgery.model, batch())


@BOTH
@pytest.mark.parametrize("name", MODELS)
def test_another_activation_acts_at_every_site(name, run):
    make, paths = MODELS[name]
    twin = surgery_of(make(), run, "coslu").model
    calls = []
    for path in paths:
        twin.get_submodule(path).register_forward_hook(lambda *_, path=path: calls.append(path))
    twin(batch())
    assert tuple(calls) == paths


@BOTH
def test_functional_dropout_follows_train_and_eval(run):
    twin = surgery_of(Dropping().eval(), run).model
    assert (twin.train()(batch()) == 0).sum() > (twin.eval()(batch()) == 0).sum()
    twin.train()
    assert torch.equal(twin.eval()(batch()), twin(batch()))


@BOTH
def test_copies_use_their_own_weights(run):
    twin = surgery_of(Twice(act=nn.ReLU()), run).model
    before, copied, forked = twin(batch()), copy.deepcopy(twin), fork(twin)
    with torch.no_grad():
        copied.fc.weight.zero_()
        copied.fc.bias.fill_(1)
    assert torch.equal(twin(batch()), before) and torch.equal(copied(batch()), 1 + batch())
    with torch.no_grad():
        twin.fc.weight.mul_(2)
    assert torch.equal(forked(batch()), twin(batch())) and not torch.equal(twin(batch()), before)
    forked.act = nn.Identity()
    assert not torch.equal(forked(batch()), twin(batch()))


@BOTH
def test_surgery_can_follow_surgery(run):
    once = surgery_of(Dropping(), run, "coslu").model
    again = surgery_of(once, run, "relu")
    assert again.replaced == ("relu",)
    assert_same(Dropping(), again.model, batch())
    both = surgery_of(surgery_of(EveryWay(), run, which="relu_2").model, run, which="relu_4")
    assert both.replaced == ("relu_4",)
    assert_same(EveryWay(), both.model, batch())


@BOTH
@pytest.mark.parametrize("chosen", ["act", "act_2"])
def test_one_of_two_calls_can_be_chosen(chosen, run):
    surgery = surgery_of(Twice(act=nn.ReLU()), run, "coslu", which=chosen)
    other = {"act": "act_2", "act_2": "act"}[chosen]
    assert surgery.replaced == (chosen,) and surgery.left == {other: "not chosen by `which`"}
    assert type(surgery.model.get_submodule(other)) is nn.ReLU
    assert type(surgery.model.get_submodule(chosen)).__name__ == "CosLU"
    mine, theirs = Twice(act=nn.ReLU()), surgery_of(Twice(act=nn.ReLU()), run, "relu", which=chosen).model
    assert_same(mine, theirs, batch())


@BOTH
def test_functions_that_are_not_chosen_stay_functions(run):
    twin = surgery_of(EveryWay(), run, which="relu_2").model
    assert [name for name, _ in twin.named_children()] == ["fc", "relu_2"]
    assert_same(EveryWay(), twin, batch())


@BOTH
def test_one_object_at_two_places_becomes_two_sites(run):
    act = nn.PReLU()
    model = nn.Sequential(nn.Linear(4, 4), act, nn.Linear(4, 4), act)
    surgery = surgery_of(model, run, "prelu")
    assert surgery.replaced == ("1", "3") and surgery.model[1] is not surgery.model[3]
    half = surgery_of(model, run, "coslu", which="3").model
    assert type(half[1]) is nn.PReLU and type(half[3]).__name__ == "CosLU"
    assert model[1] is model[3] and not any(m._forward_hooks for m in model.modules())


def test_arguments_with_a_default_are_read_as_the_example_uses_them():
    x, mask = batch(), (batch() > 0).float()
    surgery = replace_activations(Masked(), "relu", example_input=(x, mask))
    assert torch.equal(surgery.model(x, mask), Masked()(x, mask))
    assert torch.equal(surgery.model(x, mask=mask, scale=1.0), Masked()(x, mask))
    plain = replace_activations(Masked(), "relu").model
    assert torch.equal(plain(x, mask=None), Masked()(x))
    message = (
        "Masked was rewired for calls without 'scale'; received 2.0. Give replace_activations an example_input that holds it."
    )
    with pytest.raises(ExplorerError, match=re.escape(message)):
        plain(x, scale=2.0)


def test_module_that_changes_buffers_in_its_forward_still_does():
    class Counting(Linear):
        def forward(self, x):
            self.count.add_(1)
            return F.relu(self.fc(x))

    model = Counting()
    model.register_buffer("count", torch.zeros(()))
    twin = replace_activations(model, "coslu").model
    twin(batch())
    twin(batch())
    assert twin.count == 2 and model.count == 0


def test_nothing_of_the_given_network_the_example_or_the_generators_changes():
    model = nn.Sequential(Statements(act=nn.ReLU(inplace=True)), nn.BatchNorm1d(4), nn.Dropout(0.5))
    handle = model[0].fc.register_forward_hook(lambda *_: pytest.fail("the hooks of the given network were called"))
    weights, x, state = copy.deepcopy(model.state_dict()), batch(), torch.get_rng_state()
    surgery = replace_activations(model, "coslu", example_input=x)
    sites(model, x)
    handle.remove()
    assert surgery.replaced == ("0.relu", "0.relu_2", "0.act") and torch.equal(torch.get_rng_state(), state)
    assert torch.equal(x, batch()) and not hasattr(model[0], "_rewiring") and model.training
    assert all(torch.equal(weights[name], value) for name, value in model.state_dict().items())


def test_example_that_is_itself_overwritten_stays():
    class Bare(nn.Module):
        def forward(self, x):
            return x.relu_() + 1

    x = batch()
    assert replace_activations(Bare(), "relu", example_input=x).replaced == ("relu",) and torch.equal(x, batch())


def test_sites_of_second_calls_and_functions_have_the_module_that_is_called_or_calls():
    model = nn.Sequential(Twice(act=nn.ReLU()), EveryWay())
    found = sites(model, batch())
    assert [s.path for s in found] == ["0.act", "0.act_2", *(f"1.{name}" for name in MODELS["functions"][1])]
    assert found[0].module is found[1].module is model[0].act and found[2].module is model[1]
    assert {(s.activation, s.channels, s.channel_axis) for s in found} == {("relu", 4, -1)}
