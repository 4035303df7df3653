"""Where the channels lie: after layers, through operations, and when two tensors meet."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from core.models import sites
from core.models.layouts import Layout, concatenated, joined
from core.models.usage import usage


class After(nn.Module):
    """An activation after an operation after a layer."""

    def __init__(self, layer, operation):
        super().__init__()
        self.layer, self.operation, self.act = layer, operation, nn.ReLU()

    def forward(self, x):
        return self.act(self.operation(self.layer(x)))


CONV, LINEAR = nn.Conv2d(3, 5, 1), nn.Linear(6, 7)
#: Layer, operation, and (channels, axis) behind them for images (2, 3, 6, 6): with an example, without one.
CASES = {
    "nothing": (CONV, lambda x: x, (5, 1), (5, 1)),
    "pooling": (CONV, lambda x: F.max_pool2d(x, 2) + 1, (5, 1), (5, 1)),
    "permute": (CONV, lambda x: x.permute(0, 2, 3, 1), (5, -1), (5, -1)),
    "permute in the middle": (CONV, lambda x: x.permute(0, 2, 1, 3), (5, 2), (5, 2)),
    "transpose": (CONV, lambda x: x.flatten(2).transpose(1, 2), (5, -1), None),
    "flatten to the end": (CONV, lambda x: x.flatten(2), (5, 1), (5, 1)),
    "flatten": (CONV, lambda x: x.flatten(1), None, None),
    "flatten after pooling": (CONV, lambda x: F.adaptive_avg_pool2d(x, 1).flatten(1), (5, 1), None),
    "mean": (CONV, lambda x: x.mean((2, 3)), (5, 1), (5, 1)),
    "mean over the channels": (CONV, lambda x: x.mean(1), None, None),
    "index": (CONV, lambda x: x[:, :, 0], (5, 1), None),
    "one channel": (CONV, lambda x: x[:, 0], None, None),
    "half of the channels": (CONV, lambda x: x.chunk(2, 1)[0], (3, 1), None),
    "view": (CONV, lambda x: x.view(2, 5, -1), (5, 1), None),
    "groups": (CONV, lambda x: x.unflatten(1, (5, 1)).transpose(1, 2), (5, 2), None),
    "concatenation": (CONV, lambda x: torch.cat([x, x, x], 1), (15, 1), (15, 1)),
    "concatenation along rows": (CONV, lambda x: torch.cat([x, x], dim=2), (5, 1), (5, 1)),
    "linear": (LINEAR, lambda x: x, (7, -1), (7, -1)),
    "linear, permuted": (LINEAR, lambda x: x.permute(0, 3, 1, 2), (7, 1), (7, 1)),
    "linear, then a class token": (LINEAR, lambda x: x[:, 0], (7, -1), None),
    "one gate for all": (CONV, lambda x: x * x.mean(1, keepdim=True), (5, 1), (5, 1)),
    "functional layer": (CONV, lambda x: F.conv2d(x, torch.ones(4, 5, 1, 1)), (4, 1), None),
    "unknown": (CONV, lambda x: torch.cdist(x, x), None, None),
}


def seen(model, example=None):
    (place,) = usage(model, example).places
    return place.first.layout


@pytest.mark.parametrize("name", CASES)
def test_channels_are_followed_through_operations(name):
    layer, operation, run, read = CASES[name]
    model, x = After(layer, operation), torch.randn(2, 3, 6, 6, generator=torch.Generator().manual_seed(0))
    found = seen(model, x)
    assert (found.channels, found.axis) == run if run else not found.known and found.problem
    if name != "functional layer":  # its weight is a constant, which a graph cannot hold
        found = seen(model)
        assert (found.channels, found.axis) == read if read else not found.known


LAYERS = [
    (nn.Conv1d(3, 4, 1), (2, 3, 6), (4, 1)),
    (nn.Conv3d(3, 4, 1), (2, 3, 6, 6, 6), (4, 1)),
    (nn.ConvTranspose2d(3, 4, 2), (2, 3, 6, 6), (4, 1)),
    (nn.BatchNorm2d(3), (2, 3, 6, 6), (3, 1)),
    (nn.GroupNorm(1, 3), (2, 3, 6, 6), (3, 1)),
    (nn.InstanceNorm2d(3), (2, 3, 6, 6), (3, 1)),
    (nn.Linear(6, 4), (2, 5, 6), (4, -1)),
    (nn.LayerNorm(6), (2, 5, 6), (6, -1)),
    (nn.Sequential(nn.Conv2d(3, 4, 1), nn.Dropout(), nn.MaxPool2d(2)), (2, 3, 6, 6), (4, 1)),
    (nn.Sequential(nn.Conv2d(3, 4, 1), nn.Flatten(2)), (2, 3, 6, 6), (4, 1)),
    (nn.Sequential(nn.Conv2d(3, 4, 1), nn.LayerNorm([4, 6, 6])), (2, 3, 6, 6), (4, 1)),
]


@pytest.mark.parametrize(("layer", "shape", "found"), LAYERS, ids=lambda x: type(x).__name__)
def test_layers_say_where_their_channels_are(layer, shape, found):
    model = nn.Sequential(layer, nn.ReLU())
    for example in (None, torch.ones(shape)):
        layout = seen(model, example)
        assert (layout.channels, layout.axis) == found


def test_sites_after_a_linear_layer_have_their_channels_on_the_last_axis():
    model = nn.Sequential(nn.Linear(6, 4), nn.GELU(), nn.Linear(4, 3), nn.ReLU())
    for example in (None, torch.ones(2, 5, 6)):
        assert [(s.channels, s.channel_axis) for s in sites(model, example)] == [(4, -1), (3, -1)]


def test_layout_that_the_shape_contradicts_is_not_believed():
    class Broken(nn.Linear):
        def forward(self, x):
            return super().forward(x).transpose(1, 2)

    assert seen(nn.Sequential(Broken(6, 4), nn.ReLU()), torch.ones(2, 5, 6)).problem == (
        "the layer before has 4 channels on axis -1, the tensor has shape (2, 4, 5)"
    )


def test_tensors_that_meet_must_agree():
    conv, linear, gate = Layout(5, 1), Layout(5, -1), Layout(1, 1)
    assert joined([conv, gate]) == joined([gate, conv]) == joined([conv, Layout()]) == conv
    assert joined([conv, linear], rank=2) == conv and not joined([conv, linear], rank=4).known
    assert joined([conv, Layout(6, 1)]).problem == "5 channels on axis 1 meet 6 channels on axis 1"
    assert not joined([]).known


def test_channels_add_up_where_tensors_are_concatenated_along_them():
    a, b = Layout(5, 1), Layout(3, 1)
    assert concatenated([a, b], 1) == concatenated([a, b], -3, rank=4) == Layout(8, 1)
    assert concatenated([a, a], 0) == a and not concatenated([a, b], 2).known and not concatenated([a, Layout()], 1).known
    assert concatenated([Layout(5, -1)] * 2, -1) == Layout(10, -1)
    assert concatenated([a, a], -1).problem == "tensors are concatenated along axis -1, their channels lie on axis 1"
