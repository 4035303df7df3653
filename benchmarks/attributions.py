"""Attributions: what they cost beside captum called directly, and how well their maps sum to the gap.

    python -m benchmarks.attributions [--rounds 7] [--only ratio|completeness] [--names coslu pdrelu …] [--device cuda]

Ratio: the same images, batches and steps; captum's caller also asks for the predicted classes and, where captum offers it, the
convergence delta. Both are run in turn; the figure is the median of the rounds' ratios. Completeness: resnet8, one epoch on the
bundled sample, the 95th percentile over 64 fixed probe images. Exit code 1 if a bound is missed.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks.numbers import machine, seconds

#: Bounds: time beside captum, and the error as a share of the gap.
MOST_RATIO, MOST_ERROR = 1.1, 0.01
IMAGES, STEPS, ROWS = 64, 64, 64


@dataclass(frozen=True, kw_only=True)
class Completeness:
    """One method on one network: the 95th percentile of the error, its largest value, and the steps (0: no path)."""

    name: str
    method: str
    error: float
    largest: float
    median_steps: int
    most_steps: int
    missed: int


def completeness(name: str, folder: str, device: str = "cpu") -> list[Completeness]:
    """Train resnet8 with the activation `name` for one epoch in `folder`; return one row per method that sums to the gap."""
    from core.analysis.attribution import COMPLETE, attribute
    from core.config import TrainConfig
    from core.data import load_dataset
    from core.training import train

    config = TrainConfig(activation=name, epochs=1, compile=False, progress=False, device=device, runs_dir=folder)
    network, data = train(config).load_model().to(device), load_dataset("fashion-sample")
    probe = data.normalise(data.by_ids(data.probe_ids[:IMAGES]).images)
    rows = []
    for method in COMPLETE:
        found = attribute(network, probe, method, mean=data.mean, sd=data.sd)
        rows.append(
            Completeness(
                name=name,
                method=method,
                error=found.percentile_error(),
                largest=float(found.error.max()),
                median_steps=int(median(found.steps.tolist())),
                most_steps=int(found.steps.max()),
                missed=int(found.missed.sum()),
            )
        )
    return rows


def ratios(rounds: int, device: str = "cpu") -> dict[str, list[float]]:
    """Return by method the time of ours over that of captum called directly, one value per round.

    The network is resnet8 with torch's own ReLU, as captum's DeepLift knows no other.
    """
    import torch
    from torch import nn

    from core.analysis.attribution import attribute
    from core.data import load_dataset
    from core.models import make_model, sites

    data = load_dataset("fashion-sample")
    images = data.normalise(data.by_ids(data.probe_ids[:IMAGES]).images).to(device)
    network = make_model(
        "resnet8", activation="relu", num_classes=10, in_channels=1, generator=torch.Generator().manual_seed(0)
    )
    for site in sites(network):
        parent, _, name = site.path.rpartition(".")
        setattr(network.get_submodule(parent), name, nn.ReLU())
    network.eval().to(device)
    black = torch.as_tensor(-data.mean[0] / data.sd[0], device=device).expand_as(images[:1])
    found: dict[str, list[float]] = {}
    for method, direct in _direct(network, black).items():
        options: dict[str, Any] = {"mean": data.mean, "sd": data.sd, "batch_size": ROWS}
        options |= {"first_steps": STEPS, "most_steps": STEPS} if method == "integrated_gradients" else {}

        def ours(method: str = method, options: dict[str, Any] = options) -> None:
            attribute(network, images, method, **options)

        def theirs(direct: Callable[[Any], None] = direct, method: str = method) -> None:
            for part in images.split(8 if method in ("integrated_gradients", "occlusion") else 32):
                direct(part)

        ours(), theirs()  # warm
        pairs = [(seconds(ours), seconds(theirs)) for _ in range(rounds)]
        found[method] = [a / b for a, b in pairs]
    return found


def _direct(network: Any, black: Any) -> dict[str, Callable[[Any], None]]:
    """Return what somebody writes who calls captum for a batch of images: prediction, attributions, delta."""
    import torch
    from captum.attr import DeepLift, InputXGradient, IntegratedGradients, LayerAttribution, LayerGradCam, Occlusion, Saliency

    def predicted(images: Any) -> Any:
        with torch.no_grad():
            return network(images).argmax(1)

    def leaf(images: Any) -> Any:
        return images.clone().requires_grad_()

    def integrated(images: Any) -> None:
        IntegratedGradients(network).attribute(
            leaf(images), black.expand_as(images), target=predicted(images), n_steps=STEPS, internal_batch_size=ROWS,
            return_convergence_delta=True,
        )  # fmt: skip

    def deep_lift(images: Any) -> None:
        baselines = black.expand_as(images)
        DeepLift(network).attribute(leaf(images), baselines, target=predicted(images), return_convergence_delta=True)

    def grad_cam(images: Any) -> None:
        coarse = LayerGradCam(network, network.layer3[0].act2).attribute(leaf(images), target=predicted(images))
        LayerAttribution.interpolate(coarse, tuple(images.shape[-2:]), "bilinear")

    def occlusion(images: Any) -> None:
        Occlusion(network).attribute(
            images, baselines=black.expand_as(images), target=predicted(images), sliding_window_shapes=(1, 6, 6),
            strides=(1, 3, 3), perturbations_per_eval=ROWS // len(images),
        )  # fmt: skip

    return {
        "integrated_gradients": integrated,
        "deep_lift": deep_lift,
        "saliency": lambda x: Saliency(network).attribute(leaf(x), target=predicted(x), abs=False),
        "input_x_gradient": lambda x: InputXGradient(network).attribute(leaf(x), target=predicted(x)),
        "grad_cam": grad_cam,
        "occlusion": occlusion,
    }


def main() -> int:
    """Print both tables; return 1 if a bound is missed."""
    from core.activations import activation_names

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", choices=("ratio", "completeness"))
    parser.add_argument("--names", nargs="*", default=list(activation_names()))
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    asked = parser.parse_args()
    print(machine())
    missed = False
    if asked.only != "completeness":
        print(f"\nTime beside captum called directly: resnet8, {IMAGES} images, n = {asked.rounds}, median, bound {MOST_RATIO}")
        for method, values in ratios(asked.rounds, asked.device).items():
            missed |= median(values) > MOST_RATIO
            print(f"{method:22} {median(values):.2f}   {min(values):.2f} to {max(values):.2f}")
    if asked.only != "ratio":
        print(
            f"\nCompleteness error: resnet8 after one epoch, 95th percentile over {IMAGES} probe images, bound {MOST_ERROR:.0%}"
        )
        for name in asked.names:
            with tempfile.TemporaryDirectory() as folder:
                for row in completeness(name, folder, asked.device):
                    missed |= row.error > MOST_ERROR
                    steps = f"steps {row.median_steps}, at most {row.most_steps}, {row.missed} missed" if row.most_steps else ""
                    print(f"{name:17} {row.method:21} {row.error:8.4%}   largest {row.largest:8.4%}   {steps}", flush=True)
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
