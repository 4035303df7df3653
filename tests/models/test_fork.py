"""Forks: the same weights, everything else one's own."""

import threading

import torch
from torch import nn

from core.activations import noise, true_gradients
from core.models import activation_parameters, fork, make_model, sites
from core.streams import stream


def build(activation="eelu", **options):
    return make_model("resnet8", activation, generator=stream(0, "init"), **options).eval()


def batch(seed=0):
    return torch.randn(4, 3, 32, 32, generator=stream(seed, "x"))


def test_weights_and_buffers_lie_in_the_same_memory_under_other_modules():
    model = build()
    twin = fork(model)
    mine, theirs = model.state_dict(), twin.state_dict()
    assert list(mine) == list(theirs)
    assert all(mine[name].data_ptr() == theirs[name].data_ptr() for name in mine)
    assert not {id(m) for m in model.modules()} & {id(m) for m in twin.modules()}
    with torch.no_grad():
        model.fc.bias.fill_(3)
    assert torch.equal(twin.fc.bias, torch.full((10,), 3.0))


def test_hooks_stay_with_the_original():
    model = build()
    calls = []
    model.act.register_forward_hook(lambda *_: calls.append("forward"))
    model.act.register_forward_pre_hook(lambda *_: calls.append("before"))
    model.act.register_full_backward_hook(lambda *_: calls.append("backward"))
    fork(model)(batch()).sum().backward()
    assert calls == []
    model(batch())
    assert calls == ["before", "forward"]


def test_hook_on_a_fork_does_not_reach_the_original():
    model = build()
    fork(model).act.register_forward_hook(lambda *_: 1 / 0)
    model(batch())


def test_flags_and_switches_are_the_forks_own():
    model = build()
    with noise(model, generator=stream(0, "noise")), true_gradients(model):
        twin = fork(model)
        assert model.act.noise_on and not twin.act.noise_on
        assert twin.act.noise_generator is None and not twin.act.true_gradients
    twin.train()
    assert not model.training and not model.act.training


def test_gradients_and_moves_of_a_fork_do_not_reach_the_original():
    model = build()
    twin = fork(model)
    twin(batch()).sum().backward()
    twin.requires_grad_(False)
    twin.to(torch.float64)
    assert all(p.grad is None and p.requires_grad and p.dtype == torch.float32 for p in model.parameters())


def test_shared_parameters_stay_shared():
    twin = fork(build("coslu", sharing="network"))
    assert len({id(s.module.a) for s in sites(twin)}) == 1
    assert [name for name, _ in activation_parameters(twin)] == ["act.a", "act.b"]


def test_fork_of_a_network_with_state_that_cannot_be_copied_works():
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    model.source = torch.Generator()
    lock = threading.Lock()
    model[1].register_forward_hook(lambda *_, lock=lock: None)
    x = torch.randn(3, 2, generator=stream(0, "x"))
    assert torch.equal(fork(model)(x), model(x))


def test_two_threads_with_forks_do_not_disturb_each_other():
    model = build()
    x = batch()
    with torch.no_grad():
        clean = model(x)
        noisy = fork(model)
        with noise(noisy, generator=stream(0, "noise")):
            expected = noisy(x)
    assert not torch.equal(clean, expected)
    start, results = threading.Barrier(2), {"clean": [], "noisy": []}

    def work(kind):
        twin = fork(model)
        start.wait()
        for _ in range(10):
            with torch.no_grad(), noise(twin, on=kind == "noisy", generator=stream(0, "noise")):
                results[kind].append(twin(x))

    threads = [threading.Thread(target=work, args=(kind,)) for kind in results]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(torch.allclose(y, clean, atol=1e-6) for y in results["clean"])
    assert all(torch.allclose(y, expected, atol=1e-6) for y in results["noisy"])
    assert len(results["clean"]) == len(results["noisy"]) == 10
