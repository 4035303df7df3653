"""Methods with one forward pass: what they explain is chosen from that pass, for every image of every batch."""

import numpy as np
import pytest
import torch

from core.activations import true_gradients
from core.analysis.attribution import Target, attribute
from core.analysis.attribution_choices import ONE_PASS
from core.errors import ExplorerError

from .attributed import ONE, counted, pictures, residual

BLACK = -0.5


@pytest.mark.parametrize("baseline", ["black", "blurred"])
@pytest.mark.parametrize("method", ONE_PASS)
def test_methods_of_one_pass_see_every_image_and_every_baseline_once(method, baseline):
    network, images = residual("coslu"), pictures(40)
    passes = []
    network.act1.forward = counted(network.act1.forward, passes)
    attribute(network, images, method, check=False, baseline=baseline, **ONE)
    looked_for_the_layer = method == "grad_cam"
    assert sum(passes) == 40 + (1 if baseline == "black" else 40) + looked_for_the_layer


@pytest.mark.parametrize("target", [Target(), Target(negative="second"), Target(positive=tuple(i % 3 for i in range(40)))])
def test_what_is_explained_is_chosen_for_each_image_of_several_batches(target):
    network, images = residual("coslu").eval(), pictures(40)
    found = attribute(network, images, "saliency", target=target, batch_size=7, **ONE)
    leaf = images.clone().requires_grad_()
    with true_gradients(network):
        logits = network(leaf)
    ranks = logits.detach().argsort(1, descending=True)
    positive = ranks[:, 0] if target.positive is None else torch.tensor(target.positive)
    explained = logits.gather(1, positive[:, None])[:, 0]
    if target.negative == "second":
        explained = explained - logits.gather(1, ranks[:, 1:2])[:, 0]
    (wanted,) = torch.autograd.grad(explained.sum(), leaf)
    np.testing.assert_allclose(found.full, wanted, rtol=1e-3, atol=1e-6)
    assert found.positive.tolist() == positive.tolist() and found.predicted.tolist() == ranks[:, 0].tolist()
    black = network(torch.full_like(images[:1], BLACK)).detach()
    at_black = black[0, positive] - (black[0, ranks[:, 1]] if target.negative == "second" else 0)
    np.testing.assert_allclose(found.gap, explained.detach() - at_black, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("method", ["saliency", "integrated_gradients"])
def test_one_class_per_image_is_asked_for_before_anything_runs(method):
    with pytest.raises(ExplorerError, match="positive must name one class per image; received 2 for 3 images"):
        attribute(residual("relu"), pictures(3), method, target=Target(positive=(0, 1)), **ONE)
