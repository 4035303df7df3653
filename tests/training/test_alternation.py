"""EELU's alternation: in noise steps alpha, beta and the optimizer's state of them really stand still."""

import pytest
import torch

from core.activations import NoiseStream, alternation
from core.models import activation_parameters, make_model
from core.training.alternation import drop_held_gradients, stochastic_activations
from core.training.optimizer import make_optimizer


def activation_state(model, optimizer):
    """Return clones of every activation parameter and of all tensors the optimizer keeps for it."""
    state = []
    for _, parameter in activation_parameters(model):
        state.append(parameter.detach().clone())
        state += [v.clone() for v in optimizer.state.get(parameter, {}).values() if torch.is_tensor(v)]
    return state


@pytest.mark.parametrize("optimizer_name", ["sgd", "adamw"])
@pytest.mark.parametrize("accumulate", [1, 2])
def test_alpha_and_beta_move_in_clean_steps_only(config, optimizer_name, accumulate):
    config = config.replace(activation="eelu", optimizer=optimizer_name, weight_decay=0.1, lr=0.05)
    generator = torch.Generator().manual_seed(1)
    model = make_model("resnet8", activation="eelu", num_classes=3, in_channels=1, generator=generator).train()
    optimizer = make_optimizer(model, config)
    for step in range(5):
        before, weight = activation_state(model, optimizer), model.conv1.weight.detach().clone()
        optimizer.zero_grad(set_to_none=True)
        for part in range(accumulate):
            images = torch.randn(8, 1, 8, 8, generator=generator)
            with alternation(model, step, NoiseStream(0, "noise", step, part)) as noisy:
                model(images).square().mean().backward()
        if noisy:
            drop_held_gradients(model)
        optimizer.step()
        after = activation_state(model, optimizer)
        assert not torch.equal(weight, model.conv1.weight), "the weights move in every step"
        if step % 2 == 0 and len(before) == len(after):
            assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True)), f"step {step} moved a held parameter"
        if step % 2 == 1:
            moved = [not torch.equal(a, b) for a, b in zip(before, after, strict=False)]
            assert all(moved[: len(moved) // len(stochastic_activations(model))]), f"step {step} did not train"


def test_held_parameters_take_part_in_the_graph_with_a_zero_gradient():
    model = make_model("resnet8", activation="eelu", num_classes=3, in_channels=1).train()
    with alternation(model, 0, NoiseStream(0, "noise", 0)):
        model(torch.randn(4, 1, 8, 8)).sum().backward()
    gradients = [parameter.grad for _, parameter in activation_parameters(model)]
    assert all(gradient is not None and not gradient.any() for gradient in gradients)
    drop_held_gradients(model)
    assert all(parameter.grad is None for _, parameter in activation_parameters(model))


def test_even_steps_make_noise_and_odd_steps_do_not():
    model = make_model("resnet8", activation="eelu", activation_options={"eps": 1.0}, num_classes=3, in_channels=1).eval()
    images = torch.randn(4, 1, 8, 8)
    clean = model(images)
    for step, noisy in [(0, True), (1, False), (2, True)]:
        with alternation(model, step, NoiseStream(0, "noise", step)):
            assert torch.equal(model(images), clean) is not noisy


def test_a_network_without_noise_is_left_alone():
    model = make_model("resnet8", activation="relu", num_classes=3, in_channels=1)
    with alternation(model, 0, NoiseStream(0, "noise", 0)):
        assert model(torch.randn(2, 1, 8, 8)).shape == (2, 3)
