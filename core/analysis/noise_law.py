"""Between which values the noise of an activation keeps its output: quantiles of the law itself, not of draws from it."""

import torch
from torch import Tensor

from ..activations import Activation, NoiseStream, noise

#: Equally likely slices of the law of one element, and of that of sigma over passes.
SLICES, PASSES = 2001, 101


class _EvenLevels(NoiseStream):
    """Gives, in place of random numbers, the middle of each of n equally likely slices of the law, and a fixed share of eps."""

    def __init__(self, share: float) -> None:
        super().__init__(0, "levels")
        self.share = share

    def draw(self, x: Tensor, site: str, *, uniform: bool = False) -> tuple[Tensor, Tensor]:
        """Return numbers (n,) for `x` (n,), and the share."""
        levels = (torch.arange(len(x), dtype=torch.float64) + 0.5) / len(x)
        numbers = 2 * levels - 1 if uniform else torch.special.ndtri(levels)
        return numbers, torch.tensor(self.share, dtype=torch.float64)


@torch.no_grad()
def noise_quantiles(module: Activation, shares: tuple[float, float]) -> tuple[float, float]:
    """Return the two quantiles of the noise of one element (z times sigma, with every pass's sigma as likely as it is).

    `shares` are from 0 to 1. The module draws as in training, from even slices of its law; (0, 0) for one without noise.
    """
    points = torch.zeros(SLICES, dtype=torch.float64)
    parts = []
    for number in range(PASSES):
        with noise(module, generator=_EvenLevels((number + 0.5) / PASSES)):
            drawn = module.draw_noise(points)
        if drawn is None:
            return 0.0, 0.0
        z, sigma = drawn
        parts.append(z.double() * sigma.double())
    low, high = torch.quantile(torch.cat(parts), torch.tensor(shares, dtype=torch.float64)).tolist()
    return low, high


@torch.no_grad()
def noisy_curve(module: Activation, x: Tensor, amount: float) -> Tensor:
    """Return f at `x` (P,) where the noise of every element (z times sigma) is `amount`; f rises or falls with it at any x."""
    arguments = effective_scalars(module)
    number = torch.tensor(amount, dtype=x.dtype)
    return module.kernel.evaluate(x, (*arguments, number, torch.ones_like(number))).expand_as(x)


def effective_scalars(module: Activation) -> list[Tensor]:
    """Return the numbers of the formula as it uses them: those with a floor at or above it."""
    floors = [module.floors.get(name.partition(".")[0]) for name in module.scalar_names]
    found = [scalar.detach() for scalar in module.scalars()]
    return [s if floor is None else s.clamp(min=floor) for s, floor in zip(found, floors, strict=True)]
