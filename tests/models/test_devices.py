"""Placement without a GPU: fake tensors run every network as if on CUDA and raise where devices are mixed.

Forward passes only: autograd asks the CUDA driver before it runs a backward pass.
"""

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from core.activations import activation_names, hold, noise
from core.models import make_model, model_names, sites
from core.streams import stream

NAMES = activation_names()


class EveryTensorOnCuda(TorchDispatchMode):
    """Asserts that the results of every operation are on the CUDA device."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(out):
            if isinstance(tensor, torch.Tensor):
                assert tensor.device.type == "cuda", f"{func} gave a tensor on {tensor.device}"
        return out


def dry_run(name, activation, *, noisy=False, **options):
    """Run a forward pass on fake CUDA tensors; return the activations it went through."""
    with FakeTensorMode(), torch.device("cuda"):
        model = make_model(name, activation, generator=stream(0, "init"), **options).train(noisy)
        x = torch.empty(2, 3, 32, 32)
        with torch.no_grad(), noise(model, on=noisy), hold(model, on=noisy), EveryTensorOnCuda():
            logits = model(x)
        assert logits.shape == (2, 10)
        assert {t.device.type for t in (*model.parameters(), *model.buffers())} == {"cuda"}
        return {site.activation for site in sites(model)}


def in_turn(name, start):
    """Give the sites of a network all the activations in turn, beginning with the one at `start`."""
    paths = [site.path for site in sites(make_model(name, generator=stream(0, "init")))]
    return {path: NAMES[(start + i) % len(NAMES)] for i, path in enumerate(paths)}


@pytest.mark.parametrize("name", model_names())
def test_every_model_with_every_activation_keeps_all_tensors_on_the_device(name):
    """The activations take the sites in turn, so that one pass meets as many of them as the network has sites."""
    met, start = set(), 0
    while met != set(NAMES):
        mapping = in_turn(name, start)
        found = dry_run(name, mapping)
        assert found == set(mapping.values())
        met |= found
        start += len(mapping)


@pytest.mark.parametrize("sharing", ["network", "layer", "channel"])
@pytest.mark.parametrize("activation", NAMES)
def test_every_sharing_keeps_all_tensors_on_the_device_in_training_with_noise(activation, sharing):
    assert dry_run("resnet8", activation, sharing=sharing, shortcut="projection", noisy=True) == {activation}


@pytest.mark.full  # the activations in turn, above, and every sharing of resnet8 are everyday tests
@pytest.mark.parametrize("sharing", ["channel", "network", "layer"])
@pytest.mark.parametrize("activation", NAMES)
@pytest.mark.parametrize("name", model_names())
def test_every_model_of_one_activation_keeps_all_tensors_on_the_device(name, activation, sharing):
    assert dry_run(name, activation, sharing=sharing) == {activation}


def test_a_tensor_on_the_wrong_device_is_noticed():
    with FakeTensorMode(), torch.device("cuda"):
        model = make_model("resnet8", generator=stream(0, "init"))
        model.fc.bias = torch.nn.Parameter(torch.zeros(10, device="cpu"))
        with torch.no_grad(), pytest.raises(RuntimeError, match="device"):
            model(torch.empty(2, 3, 32, 32))
