"""Drawing the noise of a stochastic activation, from torch's default generator, a given one, or a `NoiseStream`."""

import torch
from torch import Tensor

from ..errors import ExplorerError
from .layout import like
from .noise_stream import NoiseStream

NoiseSource = torch.Generator | NoiseStream | None


def draw(x: Tensor, eps: float, source: NoiseSource, site: str) -> tuple[Tensor, Tensor]:
    """Return (z, sigma): standard normals in the shape, dtype and layout of `x`, and one float32 sigma ~ U(0, eps), shape ().

    The multiplier of an element is clip(1 + sigma z, 0, 2). None: torch's default generator of x's device.
    """
    if isinstance(source, NoiseStream):
        z, share = source.draw(x, site)
    else:
        check_device(source, x)
        share = torch.rand((), generator=source, device=x.device, dtype=torch.float32)
        z = torch.randn(x.shape, generator=source, device=x.device, dtype=torch.float32)
    return like(z.to(x.dtype), x), share * eps


def check_device(generator: torch.Generator | None, x: Tensor) -> None:
    """Raise if `generator` cannot draw on the device of `x`."""
    if generator is not None and generator.device.type != x.device.type:
        raise ExplorerError(
            f"The noise generator is on {generator.device}, the input on {x.device}; "
            f"make the generator with torch.Generator(device='{x.device.type}')."
        )
