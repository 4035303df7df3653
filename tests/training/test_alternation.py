"""EELU's alternation: in noise steps alpha, beta and the optimizer's state of them really stand still."""

import itertools

import pytest
import torch
from torch import nn

from core.activations import NoiseStream, alternation, make_activation
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


def ten_lines(optimizer_name, held=None):
    """A loop that knows nothing of this project: plain `train()`, every step alike. Return alpha and beta after each step."""
    act = make_activation("eelu", sharing="channel", num_channels=4, **({} if held is None else {"held": held}))
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), act, nn.Flatten(), nn.Linear(4 * 36, 2)).train()
    kind = {"sgd": lambda p: torch.optim.SGD(p, 0.1, 0.9, weight_decay=0.1), "adamw": lambda p: torch.optim.AdamW(p, 0.1)}
    optimizer, seen = kind[optimizer_name](model.parameters()), [(act.alpha.detach().clone(), act.beta.detach().clone())]
    for _ in range(3):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(torch.randn(8, 1, 8, 8)), torch.arange(8) % 2).backward()
        optimizer.step()
        seen.append((act.alpha.detach().clone(), act.beta.detach().clone()))
    return seen


@pytest.mark.parametrize("optimizer_name", ["sgd", "adamw"])
def test_a_foreign_loop_of_ten_lines_moves_alpha_and_beta_in_every_step(optimizer_name):
    for before, after in itertools.pairwise(ten_lines(optimizer_name)):
        assert all((a != b).all() for a, b in zip(before, after, strict=True))


def test_the_option_drift_lets_momentum_and_decay_move_held_parameters_as_the_authors_code_does(config):
    config = config.replace(activation="eelu", weight_decay=0.1, lr=0.05)
    for held, moves in (("still", False), ("drift", True)):
        model = make_model("resnet8", "eelu", num_classes=3, in_channels=1, activation_options={"held": held}).train()
        optimizer = make_optimizer(model, config)
        for step in range(3):
            before = [p.detach().clone() for _, p in activation_parameters(model)]
            optimizer.zero_grad(set_to_none=True)
            with alternation(model, step, NoiseStream(0, "noise", step)) as noisy:
                model(torch.randn(8, 1, 8, 8)).square().mean().backward()
            if noisy:
                drop_held_gradients(model)
            optimizer.step()
        assert noisy
        moved = [not torch.equal(p, b) for (_, p), b in zip(activation_parameters(model), before, strict=True)]
        assert all(moved) if moves else not any(moved)


def test_noise_without_parameters_is_on_in_every_step():
    model = nn.Sequential(make_activation("erelu", eps=1.0), make_activation("eprelu", eps=1.0), make_activation("rrelu"))
    for step in range(4):
        with alternation(model, step):
            assert [m.makes_noise for m in model] == [True, step % 2 == 0, True]
