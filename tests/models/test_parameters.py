"""Naming and counting parameters."""

from torch import nn

from core.models import activation_parameters, make_model, parameter_count


def test_activation_parameters_are_those_of_ours_and_of_torchs_prelu():
    model = nn.Sequential(nn.Linear(2, 3), nn.PReLU(3), make_model("resnet8", "relun"))
    names = [name for name, _ in activation_parameters(model)]
    assert names[:3] == ["1.weight", "2.act.n", "2.layer1.0.act1.n"] and len(names) == 8


def test_a_parameter_held_twice_counts_once():
    layer = nn.Linear(3, 3)
    assert parameter_count(nn.Sequential(layer, layer)) == 12
