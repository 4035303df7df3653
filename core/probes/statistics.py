"""What a probe measured at every site, as NumPy arrays: needs no torch to be read."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import torch

#: Probabilities of the columns of `ProbeStatistics.quantiles`; 0 and 1 are the smallest and largest input of the sample.
QUANTILES = (0, 0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 1)
#: Bins of a density.
BINS = 64
#: A unit is saturated for an image where the true derivative is smaller than this.
SATURATED = 0.01
#: A unit is constant when its output's sd is below this share of the sd of all outputs of its site.
CONSTANT = 1e-3


@dataclass(frozen=True, kw_only=True, eq=False)
class ProbeStatistics:
    """Inputs and derivatives at S sites over `images` probe images, noise off; sites in forward order.

    A unit is one element (channel, row, column) of a site's output. Counts and shares are exact, over all images; range,
    density and quantiles are those of a seeded sample of the inputs.
    """

    sites: tuple[str, ...]
    images: int
    low: np.ndarray
    """(S,) lower end of the central 99.9 % of the inputs."""
    high: np.ndarray
    """(S,) upper end."""
    density: np.ndarray
    """(S, 64) float32: density of the inputs in equal bins over [low, high], integrates to 1."""
    sample: np.ndarray
    """(S,) int32: finite inputs in the sample."""
    quantiles: np.ndarray
    """(S, 9) inputs at the probabilities `QUANTILES`."""
    saturated: np.ndarray
    """(S,) share of all inputs with |f'| < 0.01, true derivative."""
    mean_gradient: np.ndarray
    """(S,) mean of the true derivative over all inputs."""
    channels: np.ndarray
    """(S,) int32."""
    units: np.ndarray
    """(S,) int32: units per channel."""
    dead_units: tuple[np.ndarray, ...]
    """Per site (C,) int32: units of each channel with |f'| < 0.01 for every image."""
    constant_units: tuple[np.ndarray, ...]
    """Per site (C,) int32: units of each channel whose output's sd is below 1e-3 of that of all outputs of the site."""
    dead_bits: tuple[np.ndarray, ...] | None = None
    """Where recorded, per site uint8, packed: a bit per unit in the order (channel, row, column), 1: dead; see `dead_mask`."""

    @property
    def dead_channels(self) -> np.ndarray:
        """(S,) channels of which every unit is dead."""
        return self._full(self.dead_units)

    @property
    def constant_channels(self) -> np.ndarray:
        """(S,) channels of which every unit is constant."""
        return self._full(self.constant_units)

    def _full(self, counts: Sequence[np.ndarray]) -> np.ndarray:
        return np.array([int((c == u).sum()) for c, u in zip(counts, self.units, strict=True)], dtype=np.int32)

    def dead_mask(self, site: int | str) -> np.ndarray | None:
        """Return which units of a site are dead, (channels, units per channel) bool; None where that was not recorded."""
        if self.dead_bits is None:
            return None
        i = self.sites.index(site) if isinstance(site, str) else site
        shape = int(self.channels[i]), int(self.units[i])
        return np.unpackbits(self.dead_bits[i], count=shape[0] * shape[1]).astype(bool).reshape(shape)

    def edges(self, site: int | str) -> np.ndarray:
        """Return the (65,) bin edges of the density of a site, given by its position or path."""
        i = self.sites.index(site) if isinstance(site, str) else site
        return np.linspace(self.low[i], self.high[i], BINS + 1)

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return plain arrays for a file: those per channel are joined over the sites; `sites` is stored elsewhere."""
        arrays = {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name not in _APART}
        for name in _PER_CHANNEL:
            arrays[name] = np.concatenate([np.zeros(0, np.int32), *arrays[name]])
        if self.dead_bits is not None:
            arrays["dead_bits"] = np.concatenate([np.zeros(0, np.uint8), *self.dead_bits])
        return {**arrays, "images": np.array([self.images], dtype=np.int32)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Any], sites: Sequence[str]) -> "ProbeStatistics":
        """Return the statistics that `to_arrays` (or `to_tensors`) gave; `sites` in the same order."""
        values: dict[str, Any] = {f.name: np.asarray(arrays[f.name]) for f in dataclasses.fields(cls) if f.name not in _APART}
        cuts = np.cumsum(values["channels"])[:-1]
        for name in _PER_CHANNEL:
            values[name] = tuple(np.split(values[name], cuts)) if len(sites) else ()
        if "dead_bits" in arrays:
            ends = np.cumsum(-(-values["channels"].astype(np.int64) * values["units"] // 8))[:-1]
            bits = np.asarray(arrays["dead_bits"]).astype(np.uint8)
            values["dead_bits"] = tuple(np.split(bits, ends)) if len(sites) else ()
        return cls(sites=tuple(sites), images=int(np.asarray(arrays["images"])[0]), **values)

    def to_tensors(self) -> "dict[str, torch.Tensor]":
        """Return `to_arrays` as tensors."""
        import torch

        return {name: torch.from_numpy(np.ascontiguousarray(a)) for name, a in self.to_arrays().items()}

    @classmethod
    def from_tensors(cls, tensors: "Mapping[str, torch.Tensor]", sites: Sequence[str]) -> "ProbeStatistics":
        """Return the statistics that `to_tensors` gave; `sites` in the same order."""
        return cls.from_arrays({name: t.numpy() for name, t in tensors.items()}, sites)


_PER_CHANNEL = ("dead_units", "constant_units")
_APART = ("sites", "images", "dead_bits")
