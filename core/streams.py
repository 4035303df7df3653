"""Named random streams: every random number in training and analysis comes from one of them.

The seed of a stream is a stable hash of (seed, name, counters), so that a stream needs no state to be resumed, and
nobody's use of one stream moves another. Torch's global generator is neither read nor moved.
"""

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch


def stream_seed(seed: int, name: str, *counters: int | str) -> int:
    """Return the 63-bit seed of the stream `name` of `seed` at `counters` (epoch, step, site …)."""
    text = "\x1f".join([str(seed), name, *map(str, counters)])
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


def stream(seed: int, name: str, *counters: int | str, device: "torch.device | str" = "cpu") -> "torch.Generator":
    """Return a fresh generator on `device`, seeded for the stream `name` of `seed` at `counters`."""
    import torch

    generator = torch.Generator(device=device)
    generator.manual_seed(stream_seed(seed, name, *counters))
    return generator


def hashed_order(ids: np.ndarray, name: str) -> np.ndarray:
    """Return `ids` (int, shape (n,)) in an order that depends only on `name` and the ids, on no library's generator.

    Splits and probe sets use it, so that they stay the same under every release of NumPy and torch.
    """
    keys = [hashlib.blake2b(f"{name}\x1f{i}".encode(), digest_size=8).digest() for i in ids.tolist()]
    return ids[sorted(range(len(keys)), key=keys.__getitem__)]
