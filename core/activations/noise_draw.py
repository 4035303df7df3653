"""Drawing the noise of a stochastic activation, from torch's default generator, a given one, or a `NoiseStream`."""

import torch
from torch import Tensor

from ..errors import ExplorerError
from .layout import like
from .noise_rows import SPLIT, fill_rows
from .noise_stream import NoiseStream

NoiseSource = torch.Generator | NoiseStream | None


def draw_normal(x: Tensor, eps: float, source: NoiseSource, site: str) -> tuple[Tensor, Tensor]:
    """Return (z, sigma): standard normals in the shape, dtype and layout of `x`, and one float32 sigma ~ U(0, eps), shape ().

    The multiplier of an element is clip(1 + sigma z, 0, 2). None: torch's default generator of x's device.
    """
    if isinstance(source, NoiseStream):
        z, share = source.draw(x, site)
        return z, share * eps
    check_device(source, x)
    share = torch.rand((), generator=source, device=x.device, dtype=torch.float32)
    return _draw(x, source, uniform=False), share * eps


def draw_uniform(x: Tensor, spread: float, source: NoiseSource, site: str) -> tuple[Tensor, Tensor]:
    """Return (z, spread): z ~ U(-1, 1) in the shape, dtype and layout of `x`, and `spread` as a float32 tensor, shape ()."""
    factor = torch.full((), spread, device=x.device, dtype=torch.float32)
    if isinstance(source, NoiseStream):
        return source.draw(x, site, uniform=True)[0], factor
    check_device(source, x)
    return _draw(x, source, uniform=True), factor


def check_device(generator: torch.Generator | None, x: Tensor) -> None:
    """Raise if `generator` cannot draw on the device of `x`."""
    if generator is not None and generator.device.type != x.device.type:
        raise ExplorerError(
            f"The noise generator is on {generator.device}, the input on {x.device}; "
            f"make the generator with torch.Generator(device='{x.device.type}')."
        )


def _draw(x: Tensor, generator: torch.Generator | None, *, uniform: bool) -> Tensor:
    """Return noise like `x`; much of it on a CPU by several threads, a few images at a time, from one number drawn here."""
    if x.device.type == "cpu" and x.numel() >= SPLIT and x.ndim > 1 and not _traced(x):
        seed = torch.randint(2**63 - 1, (), generator=generator).item()
        return fill_rows(x, int(seed), first=0, uniform=uniform)
    z = torch.empty(x.shape, device=x.device, dtype=torch.float32)
    z = z.uniform_(-1, 1, generator=generator) if uniform else z.normal_(generator=generator)
    return like(z.to(x.dtype), x)


def _traced(x: Tensor) -> bool:
    """Tell whether the numbers of `x` are not there to be read: fake tensors, transforms, compilers."""
    inside = torch.compiler.is_compiling() or torch._C._are_functorch_transforms_active()
    return inside or torch._C._len_torch_dispatch_stack() > 0
