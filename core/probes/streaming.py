"""Statistics of one site, gathered batch by batch: per unit a few numbers, never the images' tensors."""

import math

import torch
from torch import Tensor, nn

from ..streams import stream
from .derivatives import true_derivative
from .statistics import CONSTANT, SATURATED

#: Inputs kept per site for range, density and quantiles.
SAMPLE = 1 << 15
#: Elements worked on at a time: few enough for the cache, many enough for torch's threads and for Python between two functions.
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
        if self.done == 0:
            self.first = y[:1].clone(memory_format=torch.preserve_format)
        size = max(CHUNK // self.shape.numel(), 1)
        with torch.autocast(x.device.type, enabled=False):
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
        # In place, as floats: a mask of another type and its conversion cost five times as much. NaN is not flat.
        flat = derivative.abs_().lt_(SATURATED)
        self.flat += _sum_over_images(flat).to(self.flat.dtype)  # exact: fewer images than 2 ** 24

    def _add_output(self, y: Tensor) -> None:
        shift = y.float() - self.first.float()  # of the first image: keeps the variance of nearly constant units exact
        self.shift_sum += _sum_over_images(shift)
        self.shift_square += _sum_over_images(shift.square_())

    def dead(self) -> Tensor:
        """Return which units are flat for every image: (C, …) bool."""
        return self.flat == self.images

    def dead_units(self) -> Tensor:
        """Return (C,) the units of each channel that are flat for every image."""
        return _per_channel(self.dead())

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


def _sum_over_images(x: Tensor) -> Tensor:
    """Return `x.sum(0)` as a product of matrix and vector: on a CPU torch's own sum takes ten to fifty times as long."""
    ones = x.new_ones(len(x))
    if x.ndim == 4 and x.is_contiguous(memory_format=torch.channels_last):
        rows = x.permute(0, 2, 3, 1)
        return (ones @ rows.flatten(1)).view(rows.shape[1:]).permute(2, 0, 1)
    return (ones @ x.flatten(1)).view(x.shape[1:])


def _sample_index(total: int, generator: torch.Generator) -> Tensor:
    """Return sorted positions among `total` inputs, counted image after image: all, or `SAMPLE` drawn with replacement."""
    if total <= SAMPLE:
        return torch.arange(total)
    return torch.randint(total, (SAMPLE,), generator=generator).sort().values


def _per_channel(units: Tensor) -> Tensor:
    return units.flatten(1).sum(1) if units.ndim > 1 else units.long()
