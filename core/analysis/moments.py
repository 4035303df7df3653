"""Means and variances of features, batch after batch and pass after pass: memory does not grow with either."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


#: Numbers whose differences are taken at a time on a CPU: a megabyte.
TOGETHER = 1 << 18


@dataclass(eq=False)
class OverPasses:
    """Features of one batch at one site under noise, in sums of what differs from the noise-off features.

    `clean` has shape (N, …). Differences keep float32 exact where the noise is small. `maps`: also keep the squares of every
    element, for `spread`.
    """

    clean: "Tensor"
    maps: bool = False
    passes: int = 0
    total: "Tensor" = field(init=False)
    squares: "Tensor" = field(init=False)
    """Sum over passes of the squared length of the difference, float64 (N,)."""
    square: "Tensor | None" = field(init=False, default=None)

    def __post_init__(self) -> None:
        import torch

        self.clean = self.clean.float().clone()
        self.total = torch.zeros_like(self.clean)
        self.squares = torch.zeros(len(self.clean), dtype=torch.float64, device=self.clean.device)
        self.square = torch.zeros_like(self.clean) if self.maps else None
        together = max(1, TOGETHER // max(1, self.clean[0].numel())) if self.clean.device.type == "cpu" else len(self.clean)
        self._scratch = torch.empty_like(self.clean[:together])

    def add(self, features: "Tensor") -> None:
        """Take in one pass, shape (N, …), a few images at a time, so that their differences stay in the processor's cache."""
        import torch

        self.passes += 1
        x, step = features.float(), len(self._scratch)
        for first in range(0, len(x), step):
            rows = slice(first, first + step)
            clean = self.clean[rows]
            difference = torch.sub(x[rows], clean, out=self._scratch[: len(clean)])
            self.total[rows].add_(difference)
            self.squares[rows].add_(_length_squared(difference))
            if self.square is not None:
                self.square[rows].addcmul_(difference, difference)

    def within(self) -> "Tensor":
        """Return the variance over passes, summed over the features: float64 (N,)."""
        return ((self.squares - _length_squared(self.total) / self.passes) / (self.passes - 1)).clamp(min=0)

    def signal(self) -> "Tensor":
        """Return the squared length of the noise-off features: float64 (N,)."""
        return _length_squared(self.clean)

    def mean(self) -> "Tensor":
        """Return the mean over passes: (N, …) float32."""
        return self.clean + self.total / self.passes

    def spread(self) -> "Tensor":
        """Return the sd over passes of every feature: (N, …) float32. Needs `maps`."""
        assert self.square is not None, "spread needs maps=True"
        return ((self.square - self.total.square() / self.passes) / (self.passes - 1)).clamp(min=0).sqrt()


@dataclass(eq=False)
class OverImages:
    """The total variance of features between images: each batch around its own mean, merged by Chan's formula in float64."""

    count: int = 0
    mean: "Tensor | None" = None
    squares: float = 0.0

    def add(self, features: "Tensor") -> None:
        """Take in a batch, shape (N, …)."""
        import torch

        x = features.flatten(1).float()
        middle = x.mean(0)
        inside, mean = float(torch.linalg.vector_norm(x - middle, dim=1).double().square().sum()), middle.double()
        if self.mean is None:
            self.count, self.mean, self.squares = len(x), mean, inside
            return
        shift, count = mean - self.mean, self.count + len(x)
        self.squares += inside + float(shift.square().sum()) * self.count * len(x) / count
        self.mean = self.mean + shift * (len(x) / count)
        self.count = count

    def variance(self) -> float:
        """Return the variance between the images (divided by n − 1), summed over the features."""
        return self.squares / (self.count - 1) if self.count > 1 else float("nan")


def _length_squared(x: "Tensor") -> "Tensor":
    """Return the sum of squares of each row of `x` (N, …), float64 (N,)."""
    import torch

    return torch.linalg.vector_norm(x, dim=tuple(range(1, x.ndim))).double().square()
