"""Noise drawn row by row, each row from a seed of its own: the same numbers on any number of threads, in any memory format."""

import torch
from torch import Tensor

from .parallel import run_pieces

#: Numbers above which a draw on a CPU is split over threads.
SPLIT = 1 << 16


def fill_rows(x: Tensor, seed: int, first: int, *, uniform: bool) -> Tensor:
    """Return noise like `x` (N, …), in its dtype and layout: N(0, 1), or U(-1, 1); row i belongs to (`seed`, `first` + i)."""
    out = torch.empty_like(x)
    if not out.numel():
        return out
    rows = out.shape[0] if out.ndim else 1
    images = out if out.ndim else out[None]
    plain = x.dtype == torch.float32 and images[0].is_contiguous()

    def fill(start: int, stop: int) -> None:
        generator = torch.Generator(device=x.device)
        numbers = None if plain else torch.empty(images.shape[1:], dtype=torch.float32, device=x.device)
        for i in range(start, stop):
            # torch's CPU generator uses 32 bits of a seed, which differ between rows
            generator.manual_seed((seed + (first + i) * 0x9E3779B97F4A7C15) & (2**63 - 1))
            row = images[i] if numbers is None else numbers
            row.uniform_(-1, 1, generator=generator) if uniform else row.normal_(generator=generator)
            if numbers is not None:
                images[i].copy_(numbers)

    if x.device.type == "cpu" and out.numel() >= SPLIT:
        each = max(1, rows // 16)
        run_pieces(fill, [(i, min(i + each, rows)) for i in range(0, rows, each)])
    else:
        fill(0, rows)
    return out
