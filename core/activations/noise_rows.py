"""Noise drawn a few images at a time, each time from a seed of its own.

So an image gets the same numbers in every batch, on any number of threads and in any memory format.
"""

import torch
from torch import Tensor

from .parallel import run_pieces

#: Numbers above which a draw on a CPU is split over threads.
SPLIT = 1 << 16
#: Numbers drawn from one seed, as whole images: enough that a thread seldom waits for Python, and not so many that torch
#: would start threads of its own inside.
TOGETHER = 1 << 15
#: The same on a GPU, where every draw is a launch and a million numbers cost little more than a thousand.
TOGETHER_ELSEWHERE = 1 << 20


def fill_rows(x: Tensor, seed: int, first: int, *, uniform: bool) -> Tensor:
    """Return noise like `x` (N, …), in its dtype and layout: N(0, 1), or U(-1, 1); row i belongs to (`seed`, `first` + i)."""
    out = torch.empty_like(x)
    if not out.numel():
        return out
    images = out if out.ndim else out[None]
    rows, shape = images.shape[0], images.shape[1:]
    together = max(1, (TOGETHER if x.device.type == "cpu" else TOGETHER_ELSEWHERE) // shape.numel())
    plain = x.dtype == torch.float32 and images.is_contiguous()

    def fill(group: int) -> None:
        """Draw the rows of this batch that belong to the group."""
        generator = torch.Generator(device=x.device)
        # torch's CPU generator uses 32 bits of a seed, which differ between groups
        generator.manual_seed((seed + group * 0x9E3779B97F4A7C15) & (2**63 - 1))
        start = group * together - first  # the group's first row, which may lie before this batch
        inside = images[max(start, 0) : start + together]
        direct = plain and len(inside) == together
        numbers = inside if direct else torch.empty((together, *shape), dtype=torch.float32, device=x.device)
        numbers.uniform_(-1, 1, generator=generator) if uniform else numbers.normal_(generator=generator)
        if not direct:
            inside.copy_(numbers[max(-start, 0) :][: len(inside)])

    groups = [(group,) for group in range(first // together, (first + rows - 1) // together + 1)]
    if x.device.type == "cpu" and out.numel() >= SPLIT:
        run_pieces(fill, groups)
    else:
        for group in groups:
            fill(*group)
    return out
