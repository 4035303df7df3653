"""One process of `benchmarks.activations`: measures a group of figures and prints them as one line of JSON."""

import argparse
import json
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from benchmarks.kept_memory import kept_by_hooks, kept_by_peak
from benchmarks.naive import NAIVE
from core.activations import Activation, activation_names, alternation, compiled, describe, make_activation, noise
from core.models import make_model, sites

SHAPE = (128, 16, 32, 32)
SITES = ((7, 16, 32), (6, 32, 16), (6, 64, 8))  # of resnet20: how many, channels, pixels on a side
ELEMENTS = SHAPE[0] * sum(count * channels * side * side for count, channels, side in SITES)  # of all its sites in a step
LIGHT, HEAVY, CHANNEL = 1.8, 3.2, 4.0  # times torch.nn.SiLU
BOUNDS = {
    **dict.fromkeys(("relun", "shilu", "scaled_softsign", "pdrelu"), LIGHT),
    **dict.fromkeys(("delu", "apalu", "eelu", "sinlu", "coslu"), HEAVY),
}
NORMALS = 0.6  # of one serial normal_, for the noise of EELU
FASTER = 3.0  # times the naive formula
STEP = 1.15  # of the step with torch.nn.ReLU
EAGER = 1.0  # of the naive formula
MOVES = "shilu"  # reads, keeps and writes what every activation with parameters does, and computes next to nothing

Step = Callable[[], Any]


def timed(step: Step, device: str) -> float:
    """Return the seconds of one call."""
    started = time.perf_counter()
    step()
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - started


def in_turn(steps: list[Step], device: str, rounds: int, warm: int = 3) -> list[float]:
    """Return the median seconds of each step; in every round each runs once."""
    for step in steps * warm:
        timed(step, device)
    times = [[timed(step, device) for step in steps] for _ in range(rounds)]
    return [median(column) for column in zip(*times, strict=True)]


def passes(module: nn.Module, x: Tensor, grad: Tensor, on: bool = True) -> Step:
    """Return forward and backward of `module`, compiled or not."""

    def step() -> None:
        leaf = x.detach().requires_grad_()
        with compiled(on):
            y = module(leaf)
        y.backward(grad)

    return step


def clean(name: str, sharing: str, device: str) -> Activation:
    return make_activation(name, sharing=sharing, num_channels=SHAPE[1]).to(device).eval()


def row(group: str, name: str, value: float, unit: str, **rest: Any) -> dict[str, Any]:
    return {"group": group, "name": name, "value": value, "unit": unit, **rest}


def elementwise(names: list[str], device: str) -> list[dict[str, Any]]:
    """Compiled forward and backward beside torch.nn.SiLU; noise steps of EELU beside drawing as many normals."""
    x, grad = torch.randn(SHAPE, device=device), torch.randn(SHAPE, device=device)
    silu, rows = passes(nn.SiLU(), x, grad), []
    for name in names:
        for sharing in ("layer", "channel") if describe(name).trainable else ("layer",):
            ours, theirs = in_turn([passes(clean(name, sharing, device), x, grad), silu], device, rounds=11)
            bound = BOUNDS.get(name) if sharing == "layer" else CHANNEL if name in BOUNDS else None
            note = bandwidth(x, ours, device) if device == "cuda" else ""
            rows.append(row("elementwise", f"{name}, {sharing}", ours / theirs, "x SiLU", bound=bound, note=note))
    return rows + ([noise_step(sharing, x, grad, device) for sharing in ("layer", "channel")] if "eelu" in names else [])


def noise_step(sharing: str, x: Tensor, grad: Tensor, device: str) -> dict[str, Any]:
    """EELU's noise step as our loop runs it: it may cost as much as a clean step and a share of one serial normal_."""
    module, serial = clean("eelu", sharing, device), torch.empty_like(x)

    def step() -> None:
        with alternation(module, step=0):
            passes(module, x, grad)()

    def draw() -> None:
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        serial.normal_()
        torch.set_num_threads(threads)

    ours, silu, normals = in_turn([step, passes(nn.SiLU(), x, grad), draw], device, rounds=11)
    most = HEAVY if sharing == "layer" else CHANNEL
    share = ours / (most * silu + NORMALS * normals)
    told = f"{ours / silu:.2f} x SiLU; one normal_ is {normals / silu:.2f} x SiLU"
    return row("elementwise", f"eelu, {sharing}, noise step", share, "of its limit", bound=1.0, note=told)


def bandwidth(x: Tensor, seconds: float, device: str) -> str:
    """Return the share of the device's copy bandwidth that five input-sized reads and writes in `seconds` make."""
    copy = in_turn([lambda: x.clone()], device, rounds=11)[0]
    return f"{5 / 2 * copy / seconds:.0%} of the copy bandwidth"


def naive(names: list[str], device: str) -> list[dict[str, Any]]:
    """The naive formula in eager autograd, as a multiple of our compiled code."""
    return [
        row(
            "naive",
            f"{name}, naive over ours",
            theirs / ours,
            "x",
            bound=FASTER if name in ("coslu", "delu") else None,
            at_least=True,
        )
        for name in names
        if name in NAIVE
        for ours, theirs, _ in [beside_naive(name, "layer", device, on=True)]
    ]


def eager(names: list[str], device: str) -> list[dict[str, Any]]:
    """Our code without a compiler, as a multiple of the naive formula in eager autograd."""
    rows = []
    for name in filter(NAIVE.__contains__, names):
        for sharing in ("layer", "channel") if describe(name).trainable else ("layer",):
            ours, theirs, one_kept = beside_naive(name, sharing, device, on=False)
            told = f"the naive formula with one tensor kept, the rest computed again: {one_kept / theirs:.2f}"
            rows.append(row("eager", f"{name}, {sharing}, ours over naive", ours / theirs, "x", bound=EAGER, note=told))
    return rows


def beside_naive(name: str, sharing: str, device: str, *, on: bool) -> tuple[float, float, float]:
    """Return the seconds of our module, of the naive formula with the same parameters, and of that under checkpointing."""
    x, grad = torch.randn(SHAPE, device=device), torch.randn(SHAPE, device=device)
    module = clean(name, sharing, device)
    shape = (-1, 1, 1) if module.per_channel else ()
    function = NAIVE[name]

    def plain() -> None:
        leaf = x.detach().requires_grad_()
        function(leaf, *(p.reshape(shape) for p in module.scalars())).backward(grad)

    def one_kept() -> None:
        leaf = x.detach().requires_grad_()
        checkpoint(function, leaf, *(p.reshape(shape) for p in module.scalars()), use_reentrant=False).backward(grad)

    ours, theirs, again = in_turn([passes(module, x, grad, on=on), plain, one_kept], device, rounds=11)
    return ours, theirs, again


def memory(names: list[str], device: str) -> list[dict[str, Any]]:
    """Input-sized tensors that one activation keeps for backward: by hooks, and by the peak of a process."""
    rows = []
    for name in names:
        for noisy in (False, True) if describe(name).stochastic else (False,):
            label, bound = f"{name}{', noise step' if noisy else ''}", 2.0 if noisy else 1.0
            rows.append(row("memory", f"{label}, kept by hooks", kept_by_hooks(name, noisy), "tensors", bound=bound))
            if device == "cpu":
                peak = kept_by_peak(name, noisy)
                rows.append(row("memory", f"{label}, kept by peak", peak, "tensors", bound=bound + 0.25))  # less than one more
    return rows


def step(names: list[str], device: str) -> list[dict[str, Any]]:
    """A training step of resnet20, batch 128, 3x32x32, channels_last, beside the same with torch.nn.ReLU."""
    images = torch.randn(128, 3, 32, 32, device=device).contiguous(memory_format=torch.channels_last)
    labels = torch.randint(10, (128,), device=device)
    relu = training_step(with_torch_relu(device), images, labels, None)
    in_turn([relu], device, rounds=5)  # the first steps of a process are slow, whoever takes them
    memory_alone, theirs = in_turn([training_step(network(MOVES, device), images, labels, 1), relu], device, rounds=7)
    moves = memory_alone / theirs
    rows = []
    for name in names:
        stochastic, rounds = describe(name).stochastic, 9
        model = network(name, device)
        ours, theirs = in_turn([training_step(model, images, labels, 1), relu], device, rounds, warm=1)
        if not stochastic or describe(name).trainable:  # the others are noisy in every step
            alone, least = (sum(times) / theirs for times in alone_in_a_step(name, device))
            told = f"its activations alone take {alone:.2f} of the ReLU step, torch.nn.ReLU's {least:.2f}"
            rows.append(row("step", f"resnet20, {name}", ours / theirs, "x ReLU step", bound=STEP, note=told))
            if device == "cpu":
                bare, full = (arithmetic_in_a_step(name, trained=trained) / theirs for trained in (False, True))
                floor = moves + full
                told = f"the step with {MOVES}, which moves the same memory, is {moves:.2f}; arithmetic in the cache {full:.2f}"
                told += f", of which formula and slope {bare:.2f}"
                rows.append(row("step", f"resnet20, {name}, floor", floor, "x ReLU step", note=told))
        if stochastic:
            numbers = drawn_in_a_step(model, images)
            draw = lambda numbers=numbers: [n.normal_() for n in numbers]  # noqa: E731
            ours, theirs, normals = in_turn([training_step(model, images, labels, 0), relu, draw], device, rounds, warm=1)
            bound = STEP if name == "eelu" else None
            told = f"{ours / theirs:.2f} x ReLU step; drawing as many normals is {normals / theirs:.2f} x"
            share = ours / (theirs + normals)
            rows.append(row("step", f"resnet20, {name}, noise step", share, "x (ReLU step + drawing)", bound=bound, note=told))
    return rows


def alone_in_a_step(name: str, device: str) -> tuple[list[float], list[float]]:
    """Return the seconds of every site's forward and backward of resnet20, ours and torch.nn.ReLU's, outside of the network."""
    ours, theirs = [], []
    sharing = describe(name).default_sharing
    for count, channels, side in SITES:
        shape = (128, channels, side, side)
        x, grad = (torch.randn(shape, device=device).contiguous(memory_format=torch.channels_last) for _ in range(2))
        module = make_activation(name, sharing=sharing, num_channels=channels).to(device).eval()
        one, other = in_turn([passes(module, x, grad), passes(nn.ReLU(), x, grad)], device, rounds=7)
        ours.append(count * one)
        theirs.append(count * other)
    return ours, theirs


def arithmetic_in_a_step(name: str, *, trained: bool) -> float:
    """Return the seconds that every site's arithmetic takes on the threads at hand, if memory and calls cost nothing.

    Measured on one thread and a tensor that stays in the cache, beside ShiLU, which moves the same memory and computes nearly
    nothing: what it takes itself is not counted. Not `trained`: one set of parameters for all channels and no gradients for
    them, so that only the formula and its slope are left, two compiled loops.
    """
    shape = (4, 16, 32, 32)
    x, grad = (torch.randn(shape).contiguous(memory_format=torch.channels_last) for _ in range(2))
    sharing = describe(name).default_sharing if trained else "layer"
    modules = [make_activation(n, sharing=sharing, num_channels=shape[1]).eval() for n in (name, MOVES)]
    for module in modules:
        module.requires_grad_(trained)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    ours, least = in_turn([passes(module, x, grad) for module in modules], "cpu", rounds=51)
    torch.set_num_threads(threads)
    return max(0.0, ours - least) / x.numel() * ELEMENTS / threads


def network(name: str, device: str) -> nn.Module:
    generator = torch.Generator().manual_seed(0)
    model = make_model("resnet20", name, generator=generator)
    return model.to(device).to(memory_format=torch.channels_last).train()


def with_torch_relu(device: str) -> nn.Module:
    """Return resnet20 with torch's own ReLU modules at every site."""
    model = network("relu", device)
    for site in sites(model):
        parent, _, last = site.path.rpartition(".")
        setattr(model.get_submodule(parent), last, nn.ReLU())
    return model


def training_step(model: nn.Module, images: Tensor, labels: Tensor, number: int | None) -> Step:
    """Return one step of SGD; `number` 0 is one with noise, 1 a clean one, None: no activations of ours."""
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-4, momentum=0.9, weight_decay=1e-4)

    def run() -> None:
        optimizer.zero_grad(set_to_none=True)
        with alternation(model, number or 0), compiled():
            logits = model(images)
        nn.functional.cross_entropy(logits, labels).backward()
        optimizer.step()

    return run


def drawn_in_a_step(model: nn.Module, images: Tensor) -> list[Tensor]:
    """Return empty tensors of the sizes that a noise step draws."""
    sizes: list[Tensor] = []
    hooks = [
        m.register_forward_pre_hook(lambda _, inputs: sizes.append(torch.empty(inputs[0].shape, device=images.device)))
        for m in model.modules()
        if isinstance(m, Activation)
    ]
    with torch.no_grad(), noise(model, on=False):
        model(images)
    for hook in hooks:
        hook.remove()
    return sizes


def main() -> None:
    """Measure the group that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("group", choices=("elementwise", "naive", "eager", "memory", "step"))
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--names", nargs="*", default=[])
    arguments = parser.parse_args()
    names = arguments.names or list(activation_names())
    print(json.dumps(globals()[arguments.group](names, arguments.device)))


if __name__ == "__main__":
    main()
