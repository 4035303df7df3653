"""Networks on a CUDA device: steps, surgery, whole trainings, and what is resumed and evaluated."""

import copy
import json

import pytest
import torch
from torch import Tensor, nn
from torchvision import models

from core.activations import activation_names, alternation, compiled, noise
from core.models import fork, make_model, replace_activations
from core.runs import RunStore
from core.training import evaluate, loop, predict, train

NAMES = list(activation_names())


def step(network: nn.Module, images: Tensor, labels: Tensor) -> list[Tensor]:
    """Return the loss and the gradients of one clean training step."""
    network.train()
    with noise(network, on=False):
        loss = nn.functional.cross_entropy(network(images), labels)
    loss.backward()
    return [loss.detach(), *(p.grad for p in network.parameters() if p.grad is not None)]


@pytest.mark.parametrize("name", NAMES)
def test_a_training_step_has_the_loss_and_gradients_of_the_cpu(name: str) -> None:
    generator = torch.Generator().manual_seed(0)
    network = make_model("resnet8", name, num_classes=4, generator=generator).double()
    images, labels = torch.randn(16, 3, 16, 16, generator=generator).double(), torch.arange(16) % 4
    wanted = step(copy.deepcopy(network), images, labels)
    for on in (False, True):
        twin = copy.deepcopy(network).cuda().to(memory_format=torch.channels_last)
        with compiled(on):
            found = step(twin, images.cuda().contiguous(memory_format=torch.channels_last), labels.cuda())
        for got, want in zip(found, wanted, strict=True):
            torch.testing.assert_close(got.cpu(), want, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("make", [models.resnet18, models.mobilenet_v2, models.densenet121], ids=lambda m: m.__name__)
def test_surgery_on_a_network_on_the_device(make) -> None:
    network = make(weights=None, num_classes=5).cuda()
    images = torch.randn(4, 3, 64, 64, generator=torch.Generator().manual_seed(1)).cuda()
    same = replace_activations(network, "relu", example_input=images[:2]).model
    if make is not models.mobilenet_v2:  # whose ReLU6 is another function
        assert torch.equal(same.eval()(images), network.eval()(images))
    other = replace_activations(network, "coslu", example_input=images[:2]).model
    assert {p.device.type for p in other.parameters()} == {"cuda"}
    other.train()(images).sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in other.parameters())


def test_forks_share_the_memory_of_the_device() -> None:
    network = make_model("resnet8", "eelu", generator=torch.Generator().manual_seed(0)).cuda().eval()
    before = torch.cuda.memory_allocated()
    twin = fork(network)
    assert torch.cuda.memory_allocated() == before
    images = torch.randn(2, 3, 16, 16, device="cuda")
    assert torch.equal(twin(images), network(images))


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
@pytest.mark.parametrize("activation", ["eelu", "coslu", "pdrelu"])
def test_a_whole_training_learns_is_written_and_evaluated(config, stripes, activation: str, precision: str) -> None:
    config = config.replace(
        activation=activation, precision=precision, device="cuda", epochs=8, augmentation="none", schedule="constant", lr=0.05
    )
    run = train(config, dataset=stripes)
    metrics = run.metrics()
    assert metrics["train_loss"].iloc[-1] < 0.6 * metrics["train_loss"].iloc[0]
    assert metrics["val_accuracy"].max() > 0.6
    assert torch.cuda.get_device_name() in json.dumps(run.info)
    network = run.load_model()
    assert next(network.parameters()).device.type == "cpu"
    there = copy.deepcopy(network).cuda()
    logits = predict(there, stripes, stripes.validation)
    torch.testing.assert_close(logits, predict(network, stripes, stripes.validation), rtol=1e-3, atol=1e-3)
    assert evaluate(there, stripes)["loss"] == pytest.approx(evaluate(network, stripes)["loss"], rel=1e-3)


@pytest.mark.parametrize("on", [False, True], ids=["plain", "compiled"])
def test_auto_takes_the_device_and_a_resumed_run_ends_as_an_uninterrupted_one(
    config, stripes, tmp_path, monkeypatch, on
) -> None:
    config = config.replace(activation="eelu", device="auto", compile=on, epochs=4)
    torch.backends.cudnn.deterministic = True
    try:
        whole = train(config, dataset=stripes)
        original = loop._train_epoch

        def cut(session, writer, stop, progress, epoch):
            if epoch == 3:
                raise KeyboardInterrupt
            return original(session, writer, stop, progress, epoch)

        monkeypatch.setattr(loop, "_train_epoch", cut)
        with pytest.raises(KeyboardInterrupt):
            train(config.replace(runs_dir=str(tmp_path / "cut")), dataset=stripes)
        monkeypatch.undo()
        (stopped,) = RunStore(tmp_path / "cut").runs()
        resumed = train(resume=stopped.path, dataset=stripes)
    finally:
        torch.backends.cudnn.deterministic = False
    assert torch.cuda.get_device_name() in json.dumps(resumed.info)
    for (key, one), other in zip(
        whole.load_model().state_dict().items(), resumed.load_model().state_dict().values(), strict=True
    ):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-4, msg=lambda text, key=key: f"{key}: {text}")


def test_a_loop_of_ones_own_on_the_device() -> None:
    network = make_model("resnet8", "eelu", num_classes=3, in_channels=1, generator=torch.Generator().manual_seed(0)).cuda()
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3)
    images, labels = torch.randn(12, 1, 16, 16, device="cuda"), torch.arange(12, device="cuda") % 3
    losses = []
    for number in range(30):
        with alternation(network, step=number), compiled():
            loss = nn.functional.cross_entropy(network.train()(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.3 * losses[0]
