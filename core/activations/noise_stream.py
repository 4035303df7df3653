"""A named stream of activation noise whose numbers belong to images, not to batches."""

import threading

import torch
from torch import Tensor

from ..errors import ExplorerError
from ..streams import stream, stream_seed
from .noise_rows import fill_rows


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

    def draw(self, x: Tensor, site: str, *, uniform: bool = False) -> tuple[Tensor, Tensor]:
        """Return noise for the site and its share of eps, a float32 of shape ().

        The noise, N(0, 1) or U(-1, 1), has the shape, dtype and layout of `x` and is drawn image after image.
        """
        first = self._advance(site, x.shape[0] if x.ndim else 1)
        base = stream_seed(self.seed, self.name, *self.counters, site, "k")
        noise = fill_rows(x, base, first, uniform=uniform)
        return noise, torch.tensor(self._share(site), dtype=torch.float32, device=x.device)

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
