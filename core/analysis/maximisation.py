"""Which image drives a channel most? Activation maximisation, made for small inputs.

Olah et al., Feature Visualization, Distill 2017: gradient ascent on the Fourier coefficients of an image, with jitter. Ours
differs: no rotation, scaling and colour decorrelation, which need more than 32 × 32 pixels and statistics of ImageNet; pixels
stay within what an image can hold; and the value reached stands beside those of real images, so that it can be judged.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from ..errors import ExplorerError
from ..progress import ProgressCallback
from .feature_maps import channel_axis, channel_means, with_positions
from .fourier_images import image_of, start_coefficients, total_variation
from .passes import until

if TYPE_CHECKING:
    from torch import Tensor, nn

What = Literal["input", "output"]
#: Pixels an image is rolled by at most, in each direction and step, for every 32 pixels of its side.
JITTER = 2
#: Weight of the total variation (mean absolute difference of neighbours, of pixels from 0 to 1), relative to the spread that
#: the probe images give to the channel.
SMOOTHNESS = 0.5
STEPS, STARTS, LEARNING_RATE = 192, 4, 0.05


@dataclass(frozen=True, eq=False, kw_only=True)
class MaximisedChannel:
    """Images made for one channel, the best first, and what real images reach.

    pixels: (S, C, H, W) float32 from 0 to 1, one per start; reached: (S,) mean over positions of the channel for them;
    before: (S,) the same at the starts; probe: (N,) the same for the probe images; probe_ids: their ids. `what`: "input" is the
    pre-activation, "output" the value after the function.
    """

    site: str
    channel: int
    what: What
    pixels: np.ndarray
    reached: np.ndarray
    before: np.ndarray
    probe: np.ndarray
    probe_ids: tuple[int, ...]
    steps: int
    seed: int

    @property
    def best_probe(self) -> int:
        """The id of the probe image that drives the channel most."""
        return self.probe_ids[int(self.probe.argmax())]

    def to_table(self) -> pd.DataFrame:
        """Return one row per image: kind ("made" or "probe"), image (number of the start, or id), value."""
        kinds = ["made"] * len(self.reached) + ["probe"] * len(self.probe)
        numbers = [*range(len(self.reached)), *self.probe_ids]
        return pd.DataFrame({"kind": kinds, "image": numbers, "value": np.concatenate([self.reached, self.probe])})


def maximise_channel(
    model: "nn.Module",
    site: str,
    channel: int,
    probe: "Tensor",
    *,
    mean: Sequence[float] = (0.0,),
    sd: Sequence[float] = (1.0,),
    probe_ids: Sequence[int] | None = None,
    what: What = "input",
    steps: int = STEPS,
    starts: int = STARTS,
    jitter: int | None = None,
    smoothness: float = SMOOTHNESS,
    seed: int = 0,
    progress: ProgressCallback | None = None,
) -> MaximisedChannel:
    """Return images that drive the mean of a channel as high as gradient ascent gets, beside what probe images reach.

    Runs on a fork of `model` in evaluation mode, noise off, with the derivatives of the forward functions. Start s draws its
    image from the stream (seed, "maximisation", site, channel, s), the jitter of a step from one that all starts share.

    Args:
        probe: normalised real images (N, C, H, W); the images made have their size.
        mean, sd: (C,) or (1,), how pixels from 0 to 1 are normalised for the network: (pixel − mean) / sd.
        what: "input": the pre-activation, which has a gradient also where the function is flat; "output".
        jitter: pixels; None: `JITTER` for every 32 pixels of the image's side.
        smoothness: weight of the total variation, see `SMOOTHNESS`; 0: none.
        progress: called before every step.

    Raises:
        ExplorerError: an unknown site or channel, no probe image, or numbers of steps and starts below 1.
    """
    from ..activations import noise, true_gradients
    from ..models import device_of, fork
    from ..streams import stream

    _check(what, steps, starts, len(probe), probe_ids)
    real = channel_means(model, probe, site, channel, what=what)
    twin = fork(model).eval().requires_grad_(False)
    drive = _Drive(twin, site, channel, what, channel_axis(model, site), mean, sd)
    size, most = (probe.shape[1], *probe.shape[2:]), round(JITTER * min(probe.shape[2:]) / 32) if jitter is None else jitter
    generators = [stream(seed, "maximisation", site, channel, s) for s in range(starts)]
    spectrum = start_coefficients(size, generators, device_of(twin))
    moves = _Jitter(most, (seed, "maximisation-jitter", site, channel))
    with noise(twin, on=False), true_gradients(twin):
        before = _value(drive, image_of(spectrum, size))
        _ascend(spectrum, size, drive, moves, steps, smoothness * (float(real.std()) or 1.0), progress)
        pixels = image_of(spectrum, size).detach()
        reached = _value(drive, pixels)
    order = np.argsort(-reached, kind="stable")
    return MaximisedChannel(
        site=site, channel=channel, what=what, steps=steps, seed=seed,
        pixels=pixels.cpu().numpy()[order], reached=reached[order], before=before[order], probe=real,
        probe_ids=tuple(range(len(probe))) if probe_ids is None else tuple(int(i) for i in probe_ids),
    )  # fmt: skip


@dataclass(frozen=True)
class _Drive:
    """The mean over positions of one channel of `network`, for images with pixels from 0 to 1."""

    network: "nn.Module"
    site: str
    channel: int
    what: What
    axis: int
    mean: Sequence[float]
    sd: Sequence[float]

    def __call__(self, pixels: "Tensor") -> "Tensor":
        """Return (S,) for images (S, C, H, W)."""
        shift, scale = (pixels.new_tensor(v).view(1, -1, 1, 1) for v in (self.mean, self.sd))
        found = until(self.network, (pixels - shift) / scale, self.site, self.what)
        return with_positions(found, self.axis, self.site)[:, self.channel].mean((1, 2))


@dataclass(frozen=True)
class _Jitter:
    """How far the images are rolled in a step, (down, across): at most `most` pixels, drawn from the step's own stream."""

    most: int
    path: tuple[int, str, str, int]

    def __call__(self, step: int) -> tuple[int, int]:
        import torch

        from ..streams import stream

        down, across = torch.randint(-self.most, self.most + 1, (2,), generator=stream(*self.path, step)).tolist()
        return down, across


def _value(drive: _Drive, pixels: "Tensor") -> np.ndarray:
    """Return what the images reach, (S,) float64."""
    import torch

    with torch.no_grad():
        found: np.ndarray = drive(pixels).cpu().numpy().astype(np.float64)
    return found


def _ascend(
    spectrum: "Tensor",
    size: tuple[int, ...],
    drive: _Drive,
    moves: _Jitter,
    steps: int,
    smoothness: float,
    progress: ProgressCallback | None,
) -> None:
    """Change the Fourier coefficients in place, step by step, so that their images drive the channel more."""
    import torch

    optimizer = torch.optim.Adam([spectrum], lr=LEARNING_RATE)
    for step in range(steps):
        if progress is not None:
            progress(step, steps, f"Maximising channel {drive.channel} of {drive.site}, step {step + 1} of {steps}")
        pixels = image_of(spectrum, size)
        value = drive(pixels.roll(moves(step), (2, 3)))
        loss = (smoothness * total_variation(pixels) - value).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def _check(what: str, steps: int, starts: int, probe: int, probe_ids: Sequence[int] | None) -> None:
    if what not in ("input", "output"):
        raise ExplorerError(f"what must be one of input, output; received '{what}'.")
    if steps < 1 or starts < 1:
        raise ExplorerError(f"steps and starts must be at least 1; received {steps} and {starts}.")
    if probe < 1:
        raise ExplorerError("Maximisation needs at least 1 probe image to compare with; received 0.")
    if probe_ids is not None and len(probe_ids) != probe:
        raise ExplorerError(f"probe_ids must hold one number per image; received {len(probe_ids)} for {probe} images.")
