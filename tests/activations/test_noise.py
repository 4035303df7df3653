"""The law of EELU's noise, the switches for noise and hold, and streams whose numbers belong to images."""

import copy
import math
import threading

import numpy as np
import pytest
import torch
from scipy.stats import kstest, norm, truncnorm, uniform
from torch import Tensor, nn

from core.activations import Activation, NoiseStream, alternation, eelu, hold, make_activation, noise
from core.errors import ExplorerError


def multipliers(module: Activation, shape: tuple[int, ...], generator: torch.Generator | NoiseStream | None) -> Tensor:
    """Return k, as the output for an input of ones."""
    with noise(module, on=True, generator=generator), torch.no_grad():
        return module(torch.ones(shape))


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def network() -> nn.Sequential:
    """Two sites of different sizes; the second gives its input back multiplied."""
    return nn.Sequential(make_activation("eelu", eps=0.4), nn.MaxPool2d(2), make_activation("eelu", eps=0.4))


@pytest.mark.parametrize(("eps", "published"), [(0.1, 0.058), (0.2, 0.116), (0.7, 0.38), (1.0, 0.484)])
def test_multipliers_follow_the_clipped_normal_over_many_passes(eps: float, published: float) -> None:
    module = make_activation("eelu", eps=eps)
    with noise(module, on=True, generator=seeded(1)), torch.no_grad():
        k = torch.stack([module(torch.ones(200)) for _ in range(1500)]).double().numpy()
    sigmas = (np.arange(2000) + 0.5) / 2000 * eps
    at_zero = norm.cdf(-1 / sigmas).mean()
    clip = 1 / sigmas  # in units of sigma, on both sides
    inside = 1 - 2 * norm.cdf(-clip) - 2 * clip * norm.pdf(clip)
    spread = math.sqrt((sigmas**2 * inside + 2 * norm.cdf(-clip)).mean())
    assert spread == pytest.approx(published, rel=0.01)
    assert k.min() >= 0 and k.max() <= 2
    assert k.mean() == pytest.approx(1, abs=0.005)
    assert k.std() == pytest.approx(spread, rel=0.03)
    assert (k == 0).mean() == pytest.approx(at_zero, abs=0.004)
    assert (k == 2).mean() == pytest.approx(at_zero, abs=0.004)


@pytest.mark.parametrize("sigma", [0.05, 0.4, 1.0, 2.5])
def test_rejection_follows_the_truncated_normal(sigma: float) -> None:
    z = torch.randn(200_000, generator=seeded(3), dtype=torch.float64)
    k = 1 + sigma * eelu.truncate(z, torch.tensor(sigma)).numpy()
    law = truncnorm(-1 / sigma, 1 / sigma, loc=1, scale=sigma)
    assert k.min() >= 0 and k.max() <= 2 and (k == 0).sum() == 0
    assert kstest(k, law.cdf).pvalue > 0.001
    assert k.std() == pytest.approx(law.std(), rel=0.01)


def test_the_option_reject_draws_without_point_masses_and_clip_with_them() -> None:
    masses = {}
    for truncation in ("clip", "reject"):
        module, generator = make_activation("eelu", eps=3.0, truncation=truncation), seeded(5)
        k = torch.stack([multipliers(module, (64,), generator) for _ in range(200)])
        assert k.min() >= 0 and k.max() <= 2
        masses[truncation] = ((k == 0) | (k == 2)).float().mean().item()
    assert masses["clip"] > 0.2 and masses["reject"] == 0


def test_rejection_leaves_small_noise_as_it_is() -> None:
    z = torch.tensor([-4.0, -0.3, 0.0, 0.7, 5.0], dtype=torch.float64)
    torch.testing.assert_close(eelu.truncate(z, torch.tensor(0.05)), z)
    torch.testing.assert_close(eelu.truncate(z, torch.tensor(0.0)), z)


@pytest.mark.parametrize("source", [None, "generator", "stream"])
@pytest.mark.parametrize(
    ("name", "options", "sign", "low", "high"),
    [
        ("erelu", {}, 1, 0.6, 1.4),
        ("eprelu", {"eps": 0.2}, 1, 0.8, 1.2),
        ("rrelu", {}, -1, 1 / 8, 1 / 3),
        ("rrelu", {"lower": 0.0, "upper": 1.0}, -1, 0.0, 1.0),
    ],
)
def test_uniform_noise_follows_its_law_on_its_side_and_leaves_the_other(
    name: str, options: dict, sign: int, low: float, high: float, source: str | None
) -> None:
    module = make_activation(name, **options)
    generator = {None: None, "generator": seeded(4), "stream": NoiseStream(0, "noise")}[source]
    x = sign * torch.ones(8, 3000)
    with torch.random.fork_rng(), noise(module, on=True, generator=generator), torch.no_grad():
        torch.manual_seed(11)
        k, other = module(x) * sign, module(-x)
    assert kstest(k.flatten().double().numpy(), uniform(low, high - low).cdf).pvalue > 0.001
    assert len(other.unique()) == 1
    assert len(make_activation(name, **options).eval()(x).unique()) == 1


def test_a_generator_gives_the_same_noise_in_every_layout_and_on_any_number_of_threads() -> None:
    x = torch.ones(64, 16, 20, 20)
    for name in ("eelu", "erelu"):
        module, results = make_activation(name, eps=1.0), []
        for threads, form in ((1, torch.contiguous_format), (3, torch.contiguous_format), (2, torch.channels_last)):
            torch.set_num_threads(threads)
            with noise(module, on=True, generator=seeded(7)), torch.no_grad():
                results.append(module(x.contiguous(memory_format=form)))
        assert torch.equal(results[0], results[1]) and torch.equal(results[0], results[2])
        assert not torch.equal(results[0][0], results[0][1])


def test_noise_moves_the_generator_that_it_is_drawn_from() -> None:
    module, generator = make_activation("eelu", eps=1.0), seeded(7)
    first, second = (multipliers(module, (64, 4096), generator) for _ in range(2))
    assert not torch.equal(first, second)


def test_one_pass_has_one_sigma_between_zero_and_eps() -> None:
    module, generator = make_activation("eelu", eps=0.3), seeded(2)
    spreads = [multipliers(module, (8, 4, 20, 20), generator) for _ in range(40)]
    for k in spreads:
        assert k[0].std().item() == pytest.approx(k[-1].std().item(), rel=0.15)
    sizes = torch.tensor([k.std().item() for k in spreads])
    assert 0 < sizes.min() < 0.06 and 0.24 < sizes.max() < 0.31


def test_eps_zero_is_the_clean_function() -> None:
    assert torch.equal(multipliers(make_activation("eelu", eps=0), (50,), seeded()), torch.ones(50))


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_the_slope_of_a_noise_step_is_the_multiplier_and_the_negative_side_is_untouched(dtype: torch.dtype) -> None:
    module = make_activation("eelu", eps=1.0)
    x = torch.tensor([-2.0, -0.5, 0.5, 1.0, 4.0] * 20, dtype=dtype, requires_grad=True)
    with noise(module, on=True, generator=seeded()):
        y = module(x)
        y.sum().backward()
    assert x.grad is not None
    positive = x.detach() > 0
    torch.testing.assert_close(y.detach()[positive], (x.grad * x.detach())[positive])
    assert x.grad[positive].unique().numel() > 10
    torch.testing.assert_close(y.detach()[~positive], module.curve(x.detach())[~positive])
    torch.testing.assert_close(x.grad[~positive], module.derivative(x.detach())[~positive])


def test_noise_follows_train_and_eval_unless_it_is_switched() -> None:
    module, x = make_activation("eelu", eps=1.0), torch.ones(100)
    assert not torch.equal(module(x), x)
    with noise(module, on=False):
        assert torch.equal(module(x), x)
    module.eval()
    assert torch.equal(module(x), x)
    with noise(module, on=True):
        assert not torch.equal(module(x), x)
        with noise(module, on=False):
            assert torch.equal(module(x), x)
        assert not torch.equal(module(x), module(x))
    assert torch.equal(module(x), x)


def test_switches_are_set_back_after_an_error() -> None:
    module = make_activation("eelu").eval()
    with pytest.raises(RuntimeError), noise(module, on=True, generator=seeded()), hold(module):
        raise RuntimeError
    assert (module.noise_on, module.noise_generator, module.held) == (None, None, False)


def test_a_copy_starts_with_its_switches_at_rest() -> None:
    module = make_activation("eelu").eval()
    with noise(module, on=True, generator=seeded()), hold(module):
        twin = copy.deepcopy(module)
    assert (twin.noise_on, twin.noise_generator, twin.held) == (None, None, False)


@pytest.mark.parametrize("noisy", [False, True])
def test_held_parameters_are_in_the_graph_with_a_gradient_of_zero(noisy: bool) -> None:
    module = make_activation("eelu", sharing="channel", num_channels=3)
    with noise(module, on=noisy), hold(module):
        module(torch.randn(4, 3, 5, 5)).sum().backward()
    for parameter in module.parameters():
        assert parameter.grad is not None and torch.equal(parameter.grad, torch.zeros(3))


def test_plain_training_mode_holds_nothing() -> None:
    module = make_activation("eelu")
    module(torch.linspace(-3, 3, 50)).sum().backward()
    assert all(p.grad is not None and p.grad != 0 for p in module.parameters())


def test_hold_leaves_activations_without_noise_alone() -> None:
    module = make_activation("coslu")
    with hold(module):
        module(torch.ones(3)).sum().backward()
    assert module.a.grad != 0


def test_a_clamped_value_recovers_by_its_gradient() -> None:
    module = make_activation("eelu").eval()
    with torch.no_grad():
        module.alpha.fill_(-0.2)
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1)
    for _ in range(60):
        optimizer.zero_grad()
        (module(torch.tensor([-1.0])) + 0.3).square().sum().backward()
        optimizer.step()
    assert module.alpha.item() > 0.1


def test_alternation_is_noise_and_hold_on_even_steps_and_clean_on_odd_ones() -> None:
    module = make_activation("eelu")
    seen = []
    for step in range(4):
        with alternation(module, step, seeded()) as noisy:
            seen.append((noisy, module.noise_on, module.held))
    assert seen == [(True, True, True), (False, False, False)] * 2


@pytest.mark.parametrize("form", [torch.contiguous_format, torch.channels_last])
def test_a_stream_gives_an_image_the_same_noise_however_batches_are_cut(form: torch.memory_format) -> None:
    model = network().eval()
    images = torch.rand(256, 3, 6, 10, generator=seeded()).contiguous(memory_format=form)
    outputs = []
    for size in (256, 32, 7):
        with noise(model, on=True, generator=NoiseStream(0, "noise", 5)), torch.no_grad():
            outputs.append(torch.cat([model(part) for part in images.split(size)]))
    assert torch.equal(outputs[0], outputs[1]) and torch.equal(outputs[0], outputs[2])
    assert not torch.equal(outputs[0][0], outputs[0][1])


def test_a_stream_gives_the_same_noise_in_every_layout_and_on_any_number_of_threads() -> None:
    module, x = make_activation("eelu", eps=1.0), torch.ones(64, 16, 20, 20)
    results = []
    for threads, form in ((1, torch.contiguous_format), (3, torch.contiguous_format), (2, torch.channels_last)):
        torch.set_num_threads(threads)
        with noise(module, on=True, generator=NoiseStream(0, "noise")), torch.no_grad():
            results.append(module(x.contiguous(memory_format=form)))
    assert torch.equal(results[0], results[1]) and torch.equal(results[0], results[2])


def test_a_stream_has_one_sigma_for_each_site_for_its_life() -> None:
    model, ones = network(), torch.ones(50, 4, 20, 20)
    with noise(model, on=True, generator=NoiseStream(3, "noise")), torch.no_grad():
        first = [model[0](ones).std().item() for _ in range(3)]
        second = model[2](ones).std().item()
    assert first == pytest.approx([first[0]] * 3, rel=0.03)
    assert second != pytest.approx(first[0], rel=0.03)


def test_streams_differ_by_seed_name_and_counters_and_repeat_otherwise() -> None:
    module = make_activation("eelu")
    keys = [(0, "noise"), (1, "noise"), (0, "lens"), (0, "noise", 1), (0, "noise", 2), (0, "noise", 1, 2)]
    drawn = [multipliers(module, (4, 9), NoiseStream(*key)) for key in keys]  # type: ignore[arg-type]
    assert all(not torch.equal(drawn[i], drawn[j]) for i in range(len(keys)) for j in range(i))
    assert torch.equal(drawn[3], multipliers(module, (4, 9), NoiseStream(0, "noise", 1)))


def test_each_rank_draws_its_rows_of_the_shared_batch() -> None:
    model = network().eval()
    images = torch.rand(24, 3, 4, 4, generator=seeded())
    with noise(model, on=True, generator=NoiseStream(0, "noise")), torch.no_grad():
        whole = [model(part) for part in images.split(12)]
    for rank in range(3):
        stream = NoiseStream(0, "noise", rows=(4 * rank, 12))
        with noise(model, on=True, generator=stream), torch.no_grad():
            mine = [model(part[4 * rank : 4 * rank + 4]) for part in images.split(12)]
        assert all(torch.equal(a, b[4 * rank : 4 * rank + 4]) for a, b in zip(mine, whole, strict=True))


def test_a_batch_that_leaves_its_rows_is_refused() -> None:
    module = make_activation("eelu")
    with pytest.raises(ExplorerError, match=r"^A batch of 5 images does not fit into rows 8 to 11 of a shared batch of 12\.$"):
        multipliers(module, (5, 2), NoiseStream(0, "noise", rows=(8, 12)))
    with pytest.raises(ExplorerError, match=r"^rows must be \(first, total\) with 0 <= first < total; received \(3, 3\)\.$"):
        NoiseStream(0, "noise", rows=(3, 3))


def test_the_noise_of_neighbouring_images_and_sites_is_uncorrelated() -> None:
    model = nn.Sequential(make_activation("eelu"), make_activation("eelu"))
    with noise(model, on=True, generator=NoiseStream(0, "noise")), torch.no_grad():
        z = [(site(torch.ones(64, 4096)) - 1) for site in model]
    rows = torch.cat(z).double()
    correlation = torch.corrcoef(rows) - torch.eye(128)
    assert correlation.abs().max() < 5.5 / math.sqrt(4096)


def test_the_global_generator_is_left_alone_by_a_stream_and_by_a_generator() -> None:
    module, before = make_activation("eelu"), torch.get_rng_state()
    multipliers(module, (4, 4), NoiseStream(0, "noise"))
    multipliers(module, (4, 4), seeded())
    assert torch.equal(torch.get_rng_state(), before)


def test_without_a_generator_torch_default_one_is_used() -> None:
    module = make_activation("eelu")
    with torch.random.fork_rng():
        torch.manual_seed(4)
        first = multipliers(module, (30,), None)
        torch.manual_seed(4)
        assert torch.equal(multipliers(module, (30,), None), first)


def test_a_generator_on_another_device_is_refused() -> None:
    module = make_activation("eelu")
    with (
        pytest.raises(
            ExplorerError,
            match=r"^The noise generator is on cpu, the input on meta; "
            r"make the generator with torch.Generator\(device='meta'\)\.$",
        ),
        noise(module, on=True, generator=seeded()),
    ):
        module(torch.ones(3, device="meta"))


def test_two_threads_with_models_of_their_own_do_not_disturb_each_other() -> None:
    module = make_activation("eelu", eps=1.0).eval()
    fork, x, ready, failures = copy.deepcopy(module), torch.ones(20), threading.Barrier(2), []

    def work(mine: Activation, on: bool) -> None:
        ready.wait()
        for _ in range(200):
            with noise(mine, on=on):
                if torch.equal(mine(x), x) == on:
                    failures.append(on)

    threads = [threading.Thread(target=work, args=args) for args in ((module, True), (fork, False))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_noise_can_be_turned_on_at_some_sites_alone():
    model = nn.Sequential(make_activation("eelu"), nn.Sequential(make_activation("erelu"), make_activation("relu"))).eval()
    with noise(model, only=["1.0"]):
        assert [model[0].makes_noise, model[1][0].makes_noise] == [False, True]
    with noise(model, on=False, only=["1.0"]):
        assert not model[1][0].makes_noise
    assert model[0].noise_on is None
