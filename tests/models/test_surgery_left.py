"""What surgery leaves as it is, and the reason it gives."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.models import replace_activations, sites

from .test_rewiring import BOTH, Linear, batch, surgery_of

MULTIPLIED = "a gate: its output is multiplied into a tensor"


def left_of(model, run, sharing="layer", x=None):
    """Return what stays, where nothing else may be replaced either."""
    with pytest.warns(UserWarning, match="was replaced"):
        return surgery_of(model, run, "coslu", x=x, sharing=sharing).left


@BOTH
def test_overwritten_input_that_somebody_else_reads_is_a_reason(run):
    class Residual(Linear):
        def forward(self, x):
            x = self.fc(x)
            return x + self.block(x)

    model = Residual(block=nn.Sequential(nn.ReLU(inplace=True), nn.Linear(4, 4), nn.ReLU(inplace=True)))
    surgery = surgery_of(model, run, "coslu")
    assert surgery.replaced == ("block.2",)
    assert surgery.left == {"block.0": "it works in place, and its input is read again elsewhere"}


@BOTH
def test_view_of_an_overwritten_input_that_is_read_is_a_reason(run):
    class Viewing(Linear):
        def forward(self, x):
            x = self.fc(x)
            y = x.view(-1)
            return torch.relu_(x).view(-1) + y

    assert left_of(Viewing(), run) == {"relu": "it works in place, and its input is read again elsewhere"}


@BOTH
def test_module_that_runs_twice_is_a_reason(run):
    class Loop(Linear):
        def forward(self, x):
            return self.inner(self.inner(x))

    left = left_of(Loop(inner=nn.Sequential(nn.Linear(4, 4), nn.ReLU(), Linear())), run)
    assert left == dict.fromkeys(("inner.1", "inner.2.relu"), "one module called 2 times in a forward pass")


@BOTH
def test_different_numbers_of_calls_in_the_modes_are_a_reason(run):
    class Uneven(Linear):
        def forward(self, x):
            x = F.relu(self.fc(x))
            return F.relu(x - 1) if self.training else x

    left = left_of(Uneven(), run)
    assert left == dict.fromkeys(("relu", "relu_2"), "called 1 times in evaluation mode and 2 times in training mode")


@BOTH
def test_gates_and_outputs_are_left(run):
    class Gated(Linear):
        def forward(self, x):
            x = self.fc(x)
            x = x * self.sigmoid(x) * F.hardsigmoid(x).clone() * (F.relu6(x + 3) / 6)
            return self.out(F.softmax(x * torch.sigmoid(x) * 0.5, dim=1)).tanh()

    left = left_of(Gated(sigmoid=nn.Sigmoid(), out=nn.Sigmoid(), idle=nn.Tanh()), run)
    assert left == {
        "sigmoid": MULTIPLIED,
        "hardsigmoid": MULTIPLIED,
        "relu6": "relu6(x + 3), a part of a hard sigmoid",
        "sigmoid_2": MULTIPLIED,
        "softmax": "softmax, no elementwise activation",
        "out": "sigmoid may be an output or a gate; not replaced",
        "tanh": "tanh may be an output or a gate; not replaced",
        "idle": "not called in a forward pass",
    }


def test_gate_that_is_reshaped_before_it_is_multiplied_is_known():
    class Channelwise(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc, self.gate = nn.Linear(3, 3), nn.Sigmoid()

        def forward(self, x):
            return self.gate(self.fc(x.mean((2, 3)))).view(-1, 3, 1, 1).expand_as(x) * x

    assert left_of(Channelwise(), run=True, x=batch(2, 3, 4, 4)) == {"gate": MULTIPLIED}
    assert left_of(Channelwise(), run=False) == {"gate": MULTIPLIED}


def test_functions_of_parameters_are_no_activations():
    class Positive(Linear):
        def forward(self, x):
            return F.relu(self.fc(x)) * F.softplus(self.fc.bias)

    assert surgery_of(Positive(), run=False).replaced == surgery_of(Positive(), run=True).replaced == ("relu",)


@BOTH
@pytest.mark.parametrize("context", ["no_grad", "attribute", "constant"])
def test_code_that_a_graph_would_lose_is_a_reason(context, run):
    class Losing(Linear):
        def forward(self, x):
            if context == "no_grad":
                with torch.no_grad():
                    x = x * 2
            if context == "attribute":
                self.seen = x
            return F.relu(self.fc(x)) + (torch.ones(4) if context == "constant" else 0)

    model = Losing(act=nn.ReLU())
    if run:
        (reason,) = set(left_of(model, run).values()) - {"not called in a forward pass"}
        assert reason.startswith("the code of Losing cannot be rewired (it")
    assert not hasattr(model, "seen") and "_tensor_constant0" not in vars(model)


def test_code_that_would_be_read_in_the_wrong_way_is_found_with_an_example():
    class Asking(Linear):
        def forward(self, x):
            return F.relu(self.fc(x)) * (2 if isinstance(x, Tensor) else 3)

    model = nn.Sequential(Linear(), Asking())
    surgery = surgery_of(model, True, "coslu")
    assert surgery.replaced == ("0.relu",)
    assert surgery.left == {"1.relu": "the code of Asking cannot be rewired (its graph computes something else)"}


@torch.fx.wrap
def hidden(x):
    return F.relu(x)


def test_call_that_a_graph_does_not_show_is_a_reason():
    class Hiding(Linear):
        def forward(self, x):
            return F.relu(hidden(self.fc(x)) - 1)

    reason = "the code of Hiding cannot be rewired (torch.fx does not see all the activations that it calls)"
    assert left_of(Hiding(), run=True) == {"relu": reason, "relu_2": reason}


@pytest.mark.parametrize("kind", [nn.GELU, nn.ReLU])
def test_fused_transformer_layer_calls_the_new_activation_in_evaluation_mode_too(kind):
    layer = nn.TransformerEncoderLayer(4, 2, 8, batch_first=True, activation=kind())
    x = batch(2, 5, 4)
    twin = replace_activations(layer, "coslu", "channel", example_input=x).model.eval()
    with torch.no_grad():
        before = twin(x)
        twin.activation.a.fill_(5)
        assert twin.activation.num_channels == 8 and not torch.equal(twin(x), before)


def test_training_pass_that_fails_is_ignored():
    class OnlyEvaluation(Linear):
        def forward(self, x):
            assert not self.training
            return self.act(self.fc(x))

    assert surgery_of(OnlyEvaluation(act=nn.ReLU()).eval(), run=True).replaced == ("act",)
    assert surgery_of(OnlyEvaluation(act=nn.ReLU()).eval(), run=False).replaced == ("act",)


def test_code_that_cannot_be_read_matters_only_where_activations_are():
    class Branching(nn.Module):
        def forward(self, x):
            return x if x.sum() > 0 else -x

    model = nn.Sequential(nn.Linear(4, 4), Branching(), nn.ReLU())
    assert surgery_of(model, run=False).replaced == ("2",)


@BOTH
def test_site_with_an_ambiguous_axis_is_refused_by_name(run):
    class Ambiguous(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.fc, self.act = nn.Conv2d(3, 5, 1), nn.Linear(6, 6), nn.ReLU()

        def forward(self, x):
            x = self.conv(x)
            return self.act(x + self.fc(x))

    x = batch(2, 3, 6, 6)
    left = left_of(Ambiguous(), run, "channel", x)
    assert left == {"act": "its channel axis is ambiguous: 5 channels on axis 1 meet 6 channels on axis -1"}
    assert surgery_of(Ambiguous(), run, "coslu", x=x).replaced == ("act",)
    assert [s.channels for s in sites(Ambiguous(), x)] == [None]


@BOTH
def test_site_whose_axis_nothing_tells_is_refused(run):
    model = nn.Sequential(nn.Conv2d(3, 4, 1), nn.Flatten(), nn.ReLU())
    (reason,) = left_of(model, run, "channel", batch(2, 3, 6, 6)).values()
    told = "its channel axis is ambiguous: 'flatten' leaves the channels on no single axis"
    assert reason == (told if run else "number of channels unknown; give example_input")


@BOTH
def test_subclass_that_computes_the_same_is_an_activation_and_another_one_is_looked_into(run):
    class Same(nn.ReLU):
        pass

    class Other(nn.ReLU):
        def forward(self, x):
            return F.relu(x) * 2

    assert surgery_of(nn.Sequential(nn.Linear(4, 4), Same(), Other()), run).replaced == ("1", "2.relu")
