"""A named stream of activation noise whose numbers belong to images, not to batches."""

import threading
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor

from ..errors import ExplorerError
from ..streams import stream, stream_seed

#: Numbers above which a draw on a CPU is split over threads.
SPLIT = 1 << 18


class NoiseStream:
    """Accepted wherever a generator is, by `noise(model, generator=...)`.

    Every site (the path of an activation in its network) has a stream of its own: one sigma for the life of this object, and
    standard normals image after image. Image i at a site always gets the same numbers: however the images are cut into batches,
    in whatever memory format, on any number of threads. Make a new object for each pass or step.

    `rows=(first, total)`: every batch is rows `first`, `first + 1`, … of a batch of `total` images that processes share.
    """

    def __init__(self, seed: int, name: str, *counters: int | str, rows: tuple[int, int] | None = None) -> None:
        if rows is not None and not 0 <= rows[0] < rows[1]:
            raise ExplorerError(f"rows must be (first, total) with 0 <= first < total; received {rows}.")
        self.seed, self.name, self.counters, self.rows = seed, name, counters, rows
        self._drawn: dict[str, int] = {}
        self._shares: dict[str, float] = {}
        self._lock = threading.Lock()

    def draw(self, x: Tensor, site: str) -> tuple[Tensor, Tensor]:
        """Return float32 normals of the shape of `x`, drawn image after image, and the site's share of eps, shape ()."""
        images = x.shape[0] if x.ndim else 1
        first = self._advance(site, images)
        z = torch.empty(x.shape, dtype=torch.float32, device=x.device)
        if z.numel():
            self._fill(z.view(images, -1), first, site)
        return z, torch.tensor(self._share(site), dtype=torch.float32, device=x.device)

    def _advance(self, site: str, images: int) -> int:
        """Return the index of the batch's first image at `site`, and move on to the next batch."""
        start, total = self.rows if self.rows is not None else (0, images)
        if start + images > total:
            raise ExplorerError(
                f"A batch of {images} images does not fit into rows {start} to {total - 1} of a shared batch of {total}."
            )
        with self._lock:
            done = self._drawn.get(site, 0)
            self._drawn[site] = done + total
        return done + start

    def _share(self, site: str) -> float:
        if site not in self._shares:
            generator = stream(self.seed, self.name, *self.counters, site, "sigma")
            self._shares[site] = torch.rand((), generator=generator).item()
        return self._shares[site]

    def _fill(self, z: Tensor, first: int, site: str) -> None:
        base = stream_seed(self.seed, self.name, *self.counters, site, "k")
        threads = min(torch.get_num_threads(), len(z)) if z.device.type == "cpu" and z.numel() >= SPLIT else 1
        if threads == 1:
            return _fill_rows(z, first, base)
        parts = torch.tensor_split(z, threads)
        starts = [first + sum(len(p) for p in parts[:i]) for i in range(threads)]
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(_fill_rows, parts, starts, [base] * threads))
        return None


def _fill_rows(z: Tensor, first: int, base: int) -> None:
    """Fill each row with the normals of its image; torch's CPU generator uses 32 bits of a seed, which differ within a site."""
    generator = torch.Generator(device=z.device)
    for i, row in enumerate(z, start=first):
        generator.manual_seed((base + i * 0x9E3779B97F4A7C15) & (2**63 - 1))
        row.normal_(generator=generator)
