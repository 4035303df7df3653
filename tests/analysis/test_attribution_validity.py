"""Methods that do not hold for a network are found from the network, with the reason."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from core.activations import make_activation
from core.analysis.attribution import METHODS, REFUSED, attribute, method_note, method_table, method_validity
from core.errors import ExplorerError
from core.models import make_model

from .attributed import ONE, pictures, residual

IMAGES = pictures(2)


def test_every_method_that_is_computed_holds_for_our_networks():
    for name in ("relu", "eelu", "pdrelu"):
        model = make_model("resnet8", activation=name, num_classes=10, in_channels=1)
        table = method_table(model, pictures(1, side=28)).set_index("method")
        assert table.index.tolist() == [*METHODS, *REFUSED]
        assert table["reason"].eq("").tolist() == [True] * len(METHODS) + [False] * len(REFUSED)


def test_one_module_at_two_places_rules_out_deep_lift():
    class Reused(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.act, self.fc = nn.Conv2d(1, 2, 3), make_activation("silu"), nn.Linear(2, 3)

        def forward(self, x):
            return self.fc(self.act(self.act(self.conv(x)).mean((2, 3))))

    reason = method_validity(Reused(), "deep_lift", IMAGES)
    assert reason == "DeepLift needs a module of its own at every site, and 'act' is called 2 times in a pass."
    with pytest.raises(ExplorerError, match="'act' is called 2 times in a pass"):
        attribute(Reused(), IMAGES, "deep_lift", **ONE)


def test_one_module_under_two_names_rules_out_deep_lift():
    act = make_activation("silu")
    network = nn.Sequential(nn.Conv2d(1, 2, 3), act, nn.Conv2d(2, 2, 3), act, nn.Flatten(), nn.Linear(32, 3))
    reason = method_validity(network, "deep_lift", IMAGES)
    assert reason == "DeepLift needs a module of its own at every site, and '1' and '3' are one."


def test_a_function_in_the_code_rules_out_deep_lift():
    class Functional(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.fc = nn.Conv2d(1, 2, 3), nn.Linear(2, 3)

        def forward(self, x):
            return self.fc(F.silu(self.conv(x)).mean((2, 3)))

    reason = method_validity(Functional(), "deep_lift", IMAGES)
    assert reason == "DeepLift must see every nonlinear function as a module, and the network calls silu as a function."
    assert method_validity(Functional(), "integrated_gradients", IMAGES) is None
    assert method_validity(Functional(), "grad_cam", IMAGES) is None


def test_a_gate_rules_out_deep_lift():
    class Gated(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.gate, self.fc = nn.Conv2d(1, 2, 3), nn.Sigmoid(), nn.Linear(2, 3)

        def forward(self, x):
            x = self.conv(x)
            return self.fc((x * self.gate(x)).mean((2, 3)))

    reason = method_validity(Gated(), "deep_lift", IMAGES)
    assert reason == "DeepLift has no rule for products, and the gate at 'gate' multiplies two tensors."


def test_layers_without_a_rule_rule_out_deep_lift():
    normed = nn.Sequential(nn.Conv2d(1, 2, 3), nn.GroupNorm(1, 2), nn.SiLU(), nn.Flatten(), nn.Linear(72, 3))
    assert method_validity(normed, "deep_lift", IMAGES) == "DeepLift has no rule for GroupNorm at '1'."
    pooled = nn.Sequential(nn.Conv2d(1, 2, 3), nn.SiLU(), nn.MaxPool2d(3, 1), nn.Flatten(), nn.Linear(32, 3))
    reason = "DeepLift's rule for max pooling needs windows that do not overlap; those at '2' do."
    assert method_validity(pooled, "deep_lift", IMAGES) == reason


def test_max_pooling_without_overlap_holds():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(1, 4, 3), make_activation("silu"), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 3))
    assert method_validity(network, "deep_lift", IMAGES) is None
    assert attribute(network, pictures(16), "deep_lift", **ONE).percentile_error() < 1e-3


def test_methods_that_are_never_offered_say_why():
    ours, theirs = residual("coslu"), nn.Sequential(nn.Flatten(), nn.Linear(64, 4), nn.ReLU(), nn.Linear(4, 2))
    assert method_validity(ours, "guided_backprop", IMAGES) == (
        "Guided Backpropagation changes the gradient of ReLU modules alone: here (CosLU) it is the same as Saliency."
    )
    assert method_validity(theirs, "guided_backprop", IMAGES) == (
        "Guided Backpropagation rebuilds the image and hardly depends on the weights (Adebayo et al. 2018)."
    )
    assert method_validity(ours, "lrp", IMAGES) == (
        "Layer-wise Relevance Propagation has no rule for these activations (CosLU) and the sums of a residual network."
    )


def test_guided_backprop_is_saliency_for_our_activations():
    from captum.attr import GuidedBackprop

    network, images = residual("coslu").eval(), pictures(2).requires_grad_()
    with pytest.warns(UserWarning, match="backward hooks"):
        guided = GuidedBackprop(network).attribute(images, target=0)
    (plain,) = torch.autograd.grad(network(images)[:, 0].sum(), images)
    torch.testing.assert_close(guided, plain)


def test_a_formula_that_jumps_gets_a_note():
    jumping = nn.Sequential(nn.Conv2d(1, 1, 1), make_activation("formula", formula="x + sign(x)"))
    assert method_note(jumping, "integrated_gradients") == (
        "The function at '1' jumps, and no gradient tells of a jump: Integrated Gradients misses what the jumps add."
    )
    assert method_note(jumping, "deep_lift") is None
    assert method_note(residual("pdrelu"), "integrated_gradients") is None


def test_a_jump_is_missed_by_integrated_gradients_and_seen_by_deep_lift():
    from core.analysis.attribution import Target

    from .attributed import one_neuron

    network = one_neuron(make_activation("formula", formula="x + sign(x)"), bias=-1.0)
    image, target = torch.tensor([[[[2.0, 1.0]]]]), Target(positive=0)
    path = attribute(network, image, "integrated_gradients", baseline="mean", target=target)
    np_gap, total = path.gap[0], path.total[0]
    assert (np_gap, total) == (pytest.approx(5.0), pytest.approx(3.0, abs=1e-3))
    assert path.missed.all() and path.said()[0].startswith("Warning: error 40.0 %")
    assert attribute(network, image, "deep_lift", baseline="mean", target=target).error[0] < 1e-5
