"""Activation maximisation on networks whose best image is known."""

import numpy as np
import pytest
import torch
from torch import nn

from core.activations import make_activation
from core.analysis.feature_maps import channel_means
from core.analysis.maximisation import MaximisedChannel, maximise_channel
from core.analysis.maximisation_finding import maximisation_finding
from core.errors import ExplorerError
from core.models import make_model

SIDE = 8


def linear(activation: str = "identity") -> tuple[nn.Sequential, torch.Tensor]:
    """Return a network whose two channels are w · x and −w · x, and w: bright to the left, dark to the right."""
    model = nn.Sequential(nn.Conv2d(1, 2, SIDE, bias=False), make_activation(activation))
    w = torch.linspace(1, -1, SIDE).expand(SIDE, SIDE) / SIDE
    with torch.no_grad():
        model[0].weight.copy_(torch.stack([w, -w])[:, None])
    return model, w


PROBE = torch.rand(20, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("channel", [0, 1])
def test_the_best_image_of_a_linear_channel_has_the_signs_of_its_weights(channel):
    model, w = linear()
    w = w if channel == 0 else -w
    found = maximise_channel(model, "1", channel, PROBE, jitter=0, smoothness=0, steps=150)
    best = w.clamp_min(0).sum().item()  # pixels from 0 to 1: all of the bright side, none of the dark one
    assert found.reached[0] == pytest.approx(best, rel=0.1)
    assert found.reached[0] <= best
    image = torch.from_numpy(found.pixels[0, 0])
    assert ((image > 0.5) == (w > 0)).float().mean() > 0.95
    assert found.reached[0] > found.probe.max()


def test_the_value_reached_is_the_networks_own_for_the_image_made():
    model = make_model("resnet8", "coslu", in_channels=1, generator=torch.Generator().manual_seed(3)).eval()
    probe = torch.randn(6, 1, 16, 16, generator=torch.Generator().manual_seed(4))
    found = maximise_channel(
        model, "layer2.0.act1", 5, probe, mean=[0.3], sd=[0.4], steps=8, starts=2, probe_ids=[10, 11, 12, 13, 14, 15]
    )
    again = channel_means(model, (torch.from_numpy(found.pixels) - 0.3) / 0.4, "layer2.0.act1", 5, what="input")
    np.testing.assert_allclose(again, found.reached, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found.probe, channel_means(model, probe, "layer2.0.act1", 5, what="input"))
    assert found.best_probe == 10 + int(found.probe.argmax())
    assert (found.reached > found.before).all()
    assert (np.diff(found.reached) <= 0).all()
    table = found.to_table()
    assert table["kind"].value_counts().to_dict() == {"probe": 6, "made": 2}
    assert table["value"].tolist() == [*found.reached, *found.probe]


def test_pixels_stay_what_an_image_can_hold():
    found = maximise_channel(linear()[0], "1", 0, PROBE, steps=5, starts=3)
    assert found.pixels.shape == (3, 1, SIDE, SIDE)
    assert found.pixels.min() >= 0 and found.pixels.max() <= 1


def test_the_same_seed_gives_the_same_images_and_a_start_does_not_depend_on_the_others():
    model = linear()[0]
    one, two = (maximise_channel(model, "1", 0, PROBE, steps=4, starts=1, seed=s) for s in (0, 0))
    assert np.array_equal(one.pixels, two.pixels)
    other = maximise_channel(model, "1", 0, PROBE, steps=4, starts=1, seed=1)
    assert not np.allclose(one.pixels, other.pixels)
    both = maximise_channel(model, "1", 0, PROBE, steps=4, starts=2)
    assert min(np.abs(image - one.pixels[0]).max() for image in both.pixels) < 1e-5


def test_the_gradient_is_that_of_the_function_not_the_one_of_training():
    # PD-ReLU trains with a made-up derivative where its own is 0; w · x is negative at the start, so nothing can move.
    model, w = linear("pdrelu")
    with torch.no_grad():
        model[0].weight.copy_(-(w.abs() + 0.1).expand(2, 1, SIDE, SIDE))
    found = maximise_channel(model, "1", 0, PROBE, what="output", jitter=0, smoothness=0, steps=5)
    np.testing.assert_array_equal(found.reached, found.before)
    moved = maximise_channel(model, "1", 0, PROBE, what="input", jitter=0, smoothness=0, steps=5)
    assert (moved.reached > moved.before).all()


def test_smoothness_makes_smoother_images():
    model = nn.Sequential(nn.Conv2d(1, 1, 3, bias=False), make_activation("identity"))
    with torch.no_grad():
        model[0].weight.copy_(torch.tensor([[[[-1.0, 1, -1], [1, 0, 1], [-1, 1, -1]]]]))
    rough, smooth = (
        maximise_channel(model, "1", 0, PROBE, steps=60, starts=1, smoothness=s, jitter=0).pixels for s in (0.0, 50.0)
    )
    assert np.abs(np.diff(smooth)).mean() < 0.5 * np.abs(np.diff(rough)).mean()


def test_the_model_and_the_global_generator_stay_as_they_are():
    model = linear("eelu")[0].train()
    before = torch.get_rng_state()
    maximise_channel(model, "1", 0, PROBE, steps=2)
    assert model.training and model[1].noise_on is None and all(p.requires_grad for p in model.parameters())
    assert model[0].weight.grad is None
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())
    assert torch.equal(before, torch.get_rng_state())


def test_progress_counts_steps_and_may_stop():
    told = []

    def stop(done, total, text):
        told.append((done, total, text))
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        maximise_channel(linear()[0], "1", 1, PROBE, steps=9, progress=stop)
    assert told[1] == (1, 9, "Maximising channel 1 of 1, step 2 of 9")
    assert len(told) == 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 0}, "steps and starts must be at least 1; received 0 and 4."),
        ({"what": "gradient"}, "what must be one of input, output; received 'gradient'."),
        ({"channel": 2}, "Site 1 has no channel 2; its channels are 0 to 1."),
        ({"probe": PROBE[:0]}, "Maximisation needs at least 1 probe image to compare with; received 0."),
        ({"probe_ids": [1]}, "probe_ids must hold one number per image; received 1 for 20 images."),
    ],
)
def test_bad_requests_are_answered_in_words(options, message):
    options = {"site": "1", "channel": 0, "probe": PROBE, **options}
    with pytest.raises(ExplorerError) as error:
        maximise_channel(linear()[0], **options)
    assert str(error.value) == message


def made(reached: list[float], before: list[float], probe: list[float]) -> MaximisedChannel:
    return MaximisedChannel(
        site="act", channel=3, what="output", pixels=np.zeros((len(reached), 1, 2, 2)), reached=np.array(reached),
        before=np.array(before), probe=np.array(probe), probe_ids=tuple(range(10, 10 + len(probe))), steps=1, seed=0,
    )  # fmt: skip


def test_the_sentence_compares_what_was_made_with_the_highest_probe_image():
    found = maximisation_finding(made([2.5, 1.0], [0.0, 0.1], [0.2, 1.25]))
    assert (found.kind, found.value) == ("found", 2.5)
    assert found.sentence == (
        "The best of 2 images made drives channel 3 of act to 2.50, the highest of 2 probe images (number 11) to 1.25."
    )


def test_ascent_that_fell_short_or_had_no_gradient_cannot_tell():
    short = maximisation_finding(made([1.0], [0.0], [0.2, 1.25]))
    assert short.kind == "cannot tell"
    assert short.sentence.endswith("so gradient ascent fell short of real images.")
    flat = maximisation_finding(made([0.0], [0.0], [0.0]))
    assert flat.kind == "cannot tell"
    assert "no start has a gradient" in flat.sentence
