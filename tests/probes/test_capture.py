"""Tensors at sites."""

import pytest
import torch
from torch import nn

from core.errors import ExplorerError, UnknownNameError
from core.models import make_model
from core.probes import capture
from core.streams import stream


def model_and_batch():
    return make_model("resnet8", generator=stream(0, "init")).eval(), torch.randn(2, 3, 32, 32)


def test_inputs_and_outputs_of_a_site_are_those_of_the_pass():
    model, x = model_and_batch()
    with capture(model, "act", "input") as before, capture(model, ["act", "fc"]) as after:
        logits = model(x)
    expected = model.bn1(model.conv1(x))
    assert torch.equal(before["act"], expected)
    assert torch.equal(after["act"], expected.relu()) and torch.equal(after["fc"], logits)


def test_captured_tensors_are_part_of_the_graph_and_replaced_by_the_next_pass():
    model, x = model_and_batch()
    with capture(model, "layer3.0.act2") as seen:
        logits = model(x)
        (gradient,) = torch.autograd.grad(logits[:, 0].sum(), seen["layer3.0.act2"])
        assert gradient.shape == (2, 64, 8, 8)
        model(x[:1])
        assert seen["layer3.0.act2"].shape[0] == 1


def test_input_of_an_in_place_activation_is_what_it_was_before():
    model = nn.Sequential(nn.ReLU(inplace=True))
    x = torch.tensor([[-1.0, 2.0]])
    with capture(model, "0", "input") as seen:
        model(x.clone())
    assert torch.equal(seen["0"], x)


def test_hooks_are_gone_after_the_block_even_after_an_error():
    model, _ = model_and_batch()
    with pytest.raises(ZeroDivisionError), capture(model, ["act", "fc"]):
        1 / 0  # noqa: B018
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())


def test_unknown_site_is_answered_with_the_nearest_one():
    model, _ = model_and_batch()
    with (
        pytest.raises(UnknownNameError, match=r"Unknown module 'layer1\.0\.act3'. Did you mean 'layer1\.0\.act"),
        capture(model, "layer1.0.act3"),
    ):
        pass
    with (
        pytest.raises(ExplorerError, match="what must be one of input, output; received 'gradient'"),
        capture(model, "act", "gradient"),
    ):
        pass
