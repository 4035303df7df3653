"""What the noise lens costs beside the passes that it is made of.

    python -m benchmarks.noise_lens [--rounds 5] [--passes 64] [--images 256] [--device cuda] [--cpu-time] [--json FILE]

resnet20 with EELU, images of 3 × 32 × 32, the lens with everything that it measures. Each round runs both things compared one
after the other; the figures are medians over the rounds. Exit code 1 if a bound is missed. Run it on a computer that does
nothing else.

1. Noise at the last three sites, beside the layers before them once and the layers behind them in every pass, noise on, called
   by hand: at most 1.2 times.
2. Noise at every site, beside as many passes with the noise off and the drawing of the noise by itself: at most 1.15 times.
   Also beside a plain loop of noisy passes that keeps nothing, which has no bound.
"""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

from core.threads import let_threads_rest

let_threads_rest()  # as in the app: before torch

import torch  # noqa: E402
from torch import Tensor  # noqa: E402

from benchmarks.numbers import machine, seconds, told  # noqa: E402
from core.activations import NoiseStream, noise  # noqa: E402
from core.analysis.noise_lens import noise_lens  # noqa: E402
from core.analysis.noise_record import NoiseLens  # noqa: E402
from core.models import make_model, sites  # noqa: E402
from core.probes import capture  # noqa: E402
from core.streams import stream  # noqa: E402

BATCH = 64
LAST = ("layer3.1.act2", "layer3.2.act1", "layer3.2.act2")


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """One claim: seconds of the lens and of what it is compared with, round by round."""

    name: str
    lens: tuple[float, ...]
    beside: tuple[float, ...]
    bound: float | None

    @property
    def value(self) -> float:
        return median(a / b for a, b in zip(self.lens, self.beside, strict=True))

    @property
    def missed(self) -> bool:
        return self.bound is not None and self.value > self.bound


def prefix(network: Any, x: Tensor) -> Tensor:
    """Return what the activation layer3.1.act2 of resnet20 gets."""
    x = network.layer2(network.layer1(network.act(network.bn1(network.conv1(x)))))
    x, block = network.layer3[0](x), network.layer3[1]
    branch = block.bn2(block.conv2(block.act1(block.bn1(block.conv1(x)))))
    return branch + block.shortcut(x)


def suffix(network: Any, x: Tensor) -> Tensor:
    """Return the logits from what layer3.1.act2 gets."""
    x = network.layer3[2](network.layer3[1].act2(x))
    return network.fc(network.pool(x).flatten(1))


def last_sites(network: Any, images: Tensor, passes: int) -> None:
    """Run the layers before the last three sites once, and those behind in every pass, noise on."""
    for batch in images.split(BATCH):
        before = prefix(network, batch)
        for p in range(passes):
            with noise(network, on=True, generator=NoiseStream(0, "noise-lens", p), only=LAST):
                suffix(network, before)


def plain(network: Any, images: Tensor, passes: int) -> None:
    """Run passes with the noise off."""
    for batch in images.split(BATCH):
        for _ in range(passes):
            network(batch)


def noisy(network: Any, images: Tensor, passes: int) -> None:
    """Run passes with the noise on and keep nothing."""
    for batch in images.split(BATCH):
        for p in range(passes):
            with noise(network, on=True, generator=NoiseStream(0, "noise-lens", p)):
                network(batch)


def lens(network: Any, images: Tensor, passes: int, noisy: tuple[str, ...] | None) -> NoiseLens:
    """Return all that the lens measures."""
    return noise_lens(network, images, LAST[-1], noisy=noisy, passes=passes, batch_size=BATCH)


def drawing(network: Any, images: Tensor, passes: int) -> Callable[[], None]:
    """Return what draws the noise of all sites in so many passes, as a pass would."""
    paths = [site.path for site in sites(network)]
    batches = images.split(BATCH)
    with capture(network, paths) as seen:
        network(batches[0])
    inputs = [(path, seen[path]) for path in paths]

    def draw() -> None:
        for _ in batches:
            for p in range(passes):
                source = NoiseStream(0, "noise-lens", p)
                for path, x in inputs:
                    source.draw(x, path)

    return draw


@torch.no_grad()
def measure(rounds: int, passes: int, images: int, device: str, clock: Callable[[], float]) -> list[Ratio]:
    """Return the ratios of the lens to what it is made of."""
    network = make_model("resnet20", "eelu", generator=stream(0, "init")).eval().to(device)
    x = torch.randn(images, 3, 32, 32, generator=stream(0, "benchmark")).to(device)
    draw = drawing(network, x, passes)
    times: dict[str, list[float]] = {key: [] for key in ("last", "last beside", "all", "plain", "drawing", "noisy")}
    for work in (plain, noisy, last_sites):
        work(network, x[:BATCH], 2)  # warm up
    lens(network, x[:BATCH], 2, None)
    for number in range(rounds):
        print(f"\rround {number + 1} of {rounds} …", end="", file=sys.stderr, flush=True)
        times["last"].append(seconds(lambda: lens(network, x, passes, LAST), clock))
        times["last beside"].append(seconds(lambda: last_sites(network, x, passes), clock))
        times["all"].append(seconds(lambda: lens(network, x, passes, None), clock))
        times["plain"].append(seconds(lambda: plain(network, x, passes), clock))
        times["drawing"].append(seconds(draw, clock))
        times["noisy"].append(seconds(lambda: noisy(network, x, passes), clock))
    print("\r" + " " * 40 + "\r", end="", file=sys.stderr, flush=True)
    for key, found in times.items():
        print(told(key, found))
    both = tuple(a + b for a, b in zip(times["plain"], times["drawing"], strict=True))
    everywhere = tuple(times["all"])
    return [
        Ratio(name="last 3 sites / (prefix once + passes × suffix)", lens=tuple(times["last"]),
              beside=tuple(times["last beside"]), bound=1.2),
        Ratio(name="everywhere / (plain passes + drawing)", lens=everywhere, beside=both, bound=1.15),
        Ratio(name="everywhere / plain loop of noisy passes", lens=everywhere, beside=tuple(times["noisy"]), bound=None),
    ]  # fmt: skip


def main() -> int:
    """Measure, tell, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--passes", type=int, default=64)
    parser.add_argument("--images", type=int, default=256)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--cpu-time", action="store_true", help="count processor time: for a computer that is not idle")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to FILE")
    arguments = parser.parse_args()
    print(machine(), flush=True)
    clock = process_time if arguments.cpu_time else perf_counter
    ratios = measure(arguments.rounds, arguments.passes, arguments.images, arguments.device, clock)
    for ratio in ratios:
        bound = "" if ratio.bound is None else f", bound {ratio.bound:g}{' MISSED' if ratio.missed else ''}"
        spread = [a / b for a, b in zip(ratio.lens, ratio.beside, strict=True)]
        print(f"{ratio.name}: {ratio.value:.3f} ({min(spread):.3f} to {max(spread):.3f}, n = {len(spread)}){bound}")
    if arguments.json:
        rows = [{**asdict(ratio), "value": ratio.value, "missed": ratio.missed} for ratio in ratios]
        arguments.json.write_text(json.dumps({"machine": machine(), **vars(arguments), "json": None, "rows": rows}, indent=1))
    return int(any(ratio.missed for ratio in ratios))


if __name__ == "__main__":
    sys.exit(main())
