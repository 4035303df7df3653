"""The part of a network before its noise is computed once, whatever the network's code does with it."""

import torch
from torch import Tensor, nn

from core.analysis.replay import find_prefix
from core.models import make_model

IMAGES = torch.randn(3, 3, 12, 12, generator=torch.Generator().manual_seed(0))


def replayed_twice(model: nn.Module, noisy: list[str], images: Tensor = IMAGES) -> tuple[Tensor, Tensor, Tensor]:
    """Return the outputs of a plain pass and of two replayed ones."""
    model = model.eval()
    prefix = find_prefix(model, noisy, images[:1])
    with torch.no_grad():
        with prefix.recorded():
            plain = model(images)
        with prefix.replayed():
            again = model(images), model(images)
    assert not any("forward" in vars(m) for m in model.modules())
    return plain, *again


def test_a_replayed_pass_gives_what_a_plain_pass_gives():
    model = make_model("resnet14", "coslu", generator=torch.Generator().manual_seed(0))
    for noisy in (["act"], ["layer2.1.act2"], ["layer3.0.act2", "layer3.1.act1", "layer3.1.act2"]):
        plain, once, twice = replayed_twice(model, noisy)
        torch.testing.assert_close(once, plain, rtol=0, atol=0)
        torch.testing.assert_close(twice, plain, rtol=0, atol=0)


def test_the_outermost_modules_before_the_first_noisy_one_are_kept():
    model = make_model("resnet14", "relu", generator=torch.Generator().manual_seed(0)).eval()
    prefix = find_prefix(model, ["layer2.1.act2", "layer3.1.act2"], IMAGES[:1])
    assert set(prefix.paths) == {
        "conv1", "bn1", "act", "layer1", "layer2.0",
        *(f"layer2.1.{n}" for n in ("conv1", "bn1", "act1", "conv2", "bn2", "shortcut")),
    }  # fmt: skip
    assert prefix.covers("layer1.0.act2") and prefix.covers("layer1") and not prefix.covers("layer2.1.act2")


class InPlace(nn.Module):
    """Overwrites the output of its first layer before and after the noisy activation."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.relu, self.noisy = nn.Conv2d(3, 3, 1), nn.ReLU(inplace=True), nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        kept = self.first(x)
        kept += 1
        return self.noisy(self.relu(kept)).mul_(2)


def test_outputs_that_are_overwritten_in_place_are_copied():
    model = InPlace()
    assert find_prefix(model.eval(), ["noisy"], IMAGES[:1]).copied == {"first"}
    plain, once, twice = replayed_twice(model, ["noisy"])
    torch.testing.assert_close(once, plain)
    torch.testing.assert_close(twice, plain)


class Twice(nn.Module):
    """Calls one layer before the noisy activation and behind it."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.noisy = nn.Conv2d(3, 3, 1), nn.Sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(self.noisy(self.layer(x)))


def test_a_module_that_runs_twice_is_not_replayed():
    assert find_prefix(Twice().eval(), ["noisy"], IMAGES[:1]).paths == ()
    plain, once, _ = replayed_twice(Twice(), ["noisy"])
    torch.testing.assert_close(once, plain)
