"""Curve evidence of resnet56 on 1,000 images beside one plain forward pass of the same images.

    python -m benchmarks.evidence [--n 3] [--activation coslu] [--device cuda]

Curve evidence is all that the Curves page shows of a network: inputs, densities, saturated shares, mean gradients, dead and
constant units, learned curves with both derivatives, and the nearest classic functions. Both are timed in turns, in one
process, without a compiler; densities come from a seeded sample of the inputs, counts from all of them.
Exit code 1 if the ratio of the medians is above 2.5.
"""

import argparse
import sys
from statistics import median

import torch

from benchmarks.numbers import machine, seconds, told
from core.activations import compiled
from core.analysis.curves import curve_table, site_table
from core.analysis.nearest_tables import nearest_table
from core.models import make_model
from core.probes import ProbeStatistics, probe_statistics
from core.streams import stream

BUDGET = 2.5
IMAGES, BATCH = 1000, 250


def forward(model: torch.nn.Module, images: torch.Tensor) -> None:
    """Pass the images through the network once."""
    with torch.no_grad():
        for batch in images.split(BATCH):
            model(batch)


def evidence(model: torch.nn.Module, images: torch.Tensor) -> ProbeStatistics:
    """Compute everything that is said of the curves."""
    statistics = probe_statistics(model, images, batch_size=BATCH)
    curve_table(model, statistics=statistics)
    site_table(model, statistics)
    nearest_table(model, statistics)
    return statistics


def main() -> int:
    """Measure, tell, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=3, help="rounds")
    parser.add_argument("--activation", default="coslu")
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()
    model = make_model("resnet56", arguments.activation, generator=stream(0, "init")).eval()
    model = model.to(arguments.device).to(memory_format=torch.channels_last)
    images = (
        torch.randn(IMAGES, 3, 32, 32, generator=stream(0, "images")).to(arguments.device).to(memory_format=torch.channels_last)
    )
    plain: list[float] = []
    whole: list[float] = []
    with compiled(False):
        statistics = evidence(model, images[:BATCH])  # what the first call loads is no part of either
        forward(model, images[:BATCH])
        for _ in range(arguments.n):
            plain.append(seconds(lambda: forward(model, images)))
            whole.append(seconds(lambda: evidence(model, images)))
    print(machine())
    print(told(f"Forward pass of resnet56 with {arguments.activation}, {IMAGES:,} images", plain))
    print(told(f"Curve evidence, densities from {int(statistics.sample.max()):,} inputs a site", whole))
    ratio = median(whole) / median(plain)
    print(f"{ratio:.2f} times the forward pass; the budget is {BUDGET:g} times.")
    return int(ratio > BUDGET)


if __name__ == "__main__":
    sys.exit(main())
