"""Statistics of one site, gathered batch by batch: per unit a few numbers, never the images' tensors."""

import math

import torch
from torch import Tensor, nn

from ..streams import stream
from .derivatives import true_derivative
from .statistics import CONSTANT, SATURATED

#: Inputs kept per site for range, density and quantiles.
SAMPLE = 1 << 15
#: Elements worked on at a time: what fits a processor's cache. At most 255 images, so that a byte can count them.
CHUNK = 1 << 18


class SiteStream:
    """Gathers what a probe wants to know of the site `path` over `images` images, shape (N, C, …) each batch."""

    def __init__(self, path: str, module: nn.Module, shape: torch.Size, images: int, seed: int, device: torch.device):
        self.path = path
        self.module = module
        self.shape = shape
        self.images = images
        self.done = 0
        self.first = torch.empty(0)
        self.shift_sum = torch.zeros(shape, device=device)
        self.shift_square = torch.zeros(shape, device=device)
        self.flat = torch.zeros(shape, dtype=torch.int32, device=device)
        self.gradient = torch.zeros((), dtype=torch.float64, device=device)
        self.index = _sample_index(images * shape.numel(), stream(seed, "probe", path))
        self.sample = torch.empty(len(self.index), device=device)

    def add(self, x: Tensor, y: Tensor) -> None:
        """Take the inputs `x` and outputs `y` of the next images, shape (n, C, …)."""
        self._add_sample(x)
        size = min(max(CHUNK // self.shape.numel(), 1), 255)
        if self.done == 0:
            self.first = y[:1].clone()
        for x_part, y_part in zip(x.split(size), y.split(size), strict=True):
            self._add_derivative(x_part)
            self._add_output(y_part)
        self.done += len(x)

    def _add_sample(self, x: Tensor) -> None:
        units = self.shape.numel()
        bounds = torch.tensor([self.done * units, (self.done + len(x)) * units])
        low, high = torch.searchsorted(self.index, bounds).tolist()
        here = (self.index[low:high] - self.done * units).to(x.device)
        self.sample[low:high] = x.take(here).to(self.sample.dtype)

    def _add_derivative(self, x: Tensor) -> None:
        derivative = true_derivative(self.module, x)
        self.gradient += derivative.sum()
        flat = derivative.abs() < SATURATED
        self.flat += flat.view(torch.uint8).sum(0, dtype=torch.uint8)

    def _add_output(self, y: Tensor) -> None:
        shift = y - self.first  # of the first image: keeps the variance of nearly constant units exact
        self.shift_sum += shift.sum(0)
        self.shift_square += shift.square_().sum(0)

    def dead_units(self) -> Tensor:
        """Return (C,) the units of each channel that are flat for every image."""
        return _per_channel(self.flat == self.images)

    def constant_units(self) -> Tensor:
        """Return (C,) the units of each channel whose output hardly varies over the images."""
        mean = self.shift_sum.double() / self.images
        variance = (self.shift_square.double() / self.images - mean.square()).clamp_min(0)
        level = self.first[0].double() + mean
        everywhere = variance.mean() + level.var(correction=0)
        return _per_channel(variance.sqrt() < CONSTANT * everywhere.sqrt())

    def saturated(self) -> float:
        """Return the share of all inputs at which the activation is flat."""
        return self.flat.sum(dtype=torch.int64).item() / (self.images * self.shape.numel())

    def mean_gradient(self) -> float:
        """Return the mean of the derivative over all inputs."""
        return self.gradient.item() / (self.images * self.shape.numel())

    def units_per_channel(self) -> int:
        """Return the units of one channel."""
        return math.prod(self.shape[1:])


def _sample_index(total: int, generator: torch.Generator) -> Tensor:
    """Return sorted positions among `total` inputs, counted image after image: all, or `SAMPLE` drawn with replacement."""
    if total <= SAMPLE:
        return torch.arange(total)
    return torch.randint(total, (SAMPLE,), generator=generator).sort().values


def _per_channel(units: Tensor) -> Tensor:
    return units.flatten(1).sum(1) if units.ndim > 1 else units.long()
