"""snapshots/epoch_0003_step_000237.safetensors: activation parameters and input statistics of all sites at one moment.

The epoch in the name counts finished epochs: the snapshots inside the first epoch have epoch 0, told apart by the step. Arrays
of all sites are joined, so that a file stays small; the metadata says which part belongs to which site. Reading needs NumPy
only.
"""

import json
import math
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import RunError
from ..probes import ProbeStatistics
from ..progress import ProgressCallback
from .files import write_bytes
from .layout import SNAPSHOTS, snapshot_moment, snapshot_name

if TYPE_CHECKING:
    import pandas as pd
    from torch import Tensor, nn

PARAMETER = "parameter."
STATISTIC = "statistic."


@dataclass(frozen=True)
class Snapshot:
    """One moment: `parameters[site][name]` as stored, shape () or (C, …); `statistics` None if there was no probe set.

    Shared by all readers of a process: do not change the arrays.
    """

    epoch: int
    step: int
    sites: list[str]
    parameters: dict[str, dict[str, np.ndarray]]
    per_channel: dict[str, bool]
    """Whether axis 0 of a parameter, named `site.parameter`, is the channel."""
    statistics: ProbeStatistics | None
    components: dict[str, list[str]] = field(default_factory=dict)
    """What the last axis of a parameter holds, where it holds several numbers: {"w": ["relu", "sigmoid", …]}."""


class Snapshots:
    """All snapshots of a run, read when asked for."""

    def __init__(self, run_folder: Path) -> None:
        self.folder = run_folder / SNAPSHOTS
        moments = (snapshot_moment(path.name) for path in self.folder.glob("*.safetensors"))
        self.epochs: list[tuple[int, int]] = sorted(moment for moment in moments if moment is not None)

    @property
    def sites(self) -> list[str]:
        """Paths of the sites in forward order; empty if there are no snapshots."""
        return self._read(self.epochs[0]).sites if self.epochs else []

    def at(self, epoch: int | None = None, *, step: int | None = None) -> Snapshot:
        """Return the snapshot after `epoch` finished epochs (0: before training), or the one at optimizer step `step`."""
        found = [m for m in self.epochs if epoch in (None, m[0]) and step in (None, m[1])]
        if not found:
            asked = f"epoch {epoch}" if step is None else f"step {step}"
            kept = ", ".join(str(e) for e in sorted({e for e, _ in self.epochs})) or "none"
            raise RunError(f"Run {self.folder.parent.name} has no snapshot of {asked}; it has those of epochs {kept}.")
        return self._read(found[0] if epoch == 0 else found[-1])

    def parameters(self) -> "pd.DataFrame":
        """Return epoch, step, site, parameter, channel (-1: one value for all channels), value; one row per value."""
        import pandas as pd

        columns = ["epoch", "step", "site", "parameter", "channel", "value"]
        rows = [row for moment in self.epochs for row in _parameter_rows(self._read(moment))]
        return pd.DataFrame(rows, columns=columns)

    def densities(self) -> "pd.DataFrame":
        """Return epoch, step, site, x (centre of a bin), density (integrates to 1 over x); one row per bin."""
        import pandas as pd

        columns = ["epoch", "step", "site", "x", "density"]
        parts = [_density_table(self._read(moment)) for moment in self.epochs]
        parts = [part for part in parts if len(part)]
        return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)

    def _read(self, moment: tuple[int, int]) -> Snapshot:
        path = self.folder / snapshot_name(*moment)
        try:
            return _cached(path, path.stat().st_mtime_ns)
        except OSError as error:
            raise RunError(f"{path} cannot be read: {error.strerror}.") from None


def write_snapshot(
    run_folder: Path,
    model: "nn.Module",
    probe: "Tensor | None",
    epoch: int,
    step: int,
    *,
    units: bool = False,
    progress: ProgressCallback | None = None,
) -> Path:
    """Write the activation parameters of `model`, and the statistics of its sites on `probe` (N, C, H, W), normalised.

    `units`: also a bit per unit, whether it is dead; 10 to 70 kB for a CIFAR ResNet.
    """
    from ..models import sites
    from ..probes import probe_statistics

    statistics = probe_statistics(model, probe, units=units, progress=progress) if probe is not None else None
    measured = statistics.sites if statistics is not None else ()
    modules = {site.path: site.module for site in sites(model)}
    paths = [*measured, *(path for path in modules if path not in measured)]
    arrays, described = _parameter_arrays([modules[path] for path in paths])
    if statistics is not None:
        arrays |= {STATISTIC + name: _smallest(array) for name, array in statistics.to_arrays().items()}
    metadata = {
        "epoch": epoch, "step": step, "sites": paths, "measured_sites": len(measured), "parameters": described,
    }  # fmt: skip
    path = run_folder / SNAPSHOTS / snapshot_name(epoch, step)
    path.parent.mkdir(exist_ok=True)
    write_bytes(path, _save(arrays, {key: json.dumps(value, separators=(",", ":")) for key, value in metadata.items()}))
    return path


def numpy_array(tensor: "Tensor") -> np.ndarray:
    """Return a contiguous array; bfloat16, which NumPy lacks, becomes float32."""
    tensor = tensor.detach().cpu()
    if str(tensor.dtype) == "torch.bfloat16":
        tensor = tensor.float()
    return np.ascontiguousarray(tensor.numpy())


def read_snapshot(path: Path) -> Snapshot:
    """Read one file; raise RunError if it is damaged."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            metadata = {key: json.loads(value) for key, value in (file.metadata() or {}).items()}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        return _snapshot(metadata, arrays)
    except (SafetensorError, ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise RunError(f"{path} is damaged: {error}.") from None


_cached = lru_cache(maxsize=512)(lambda path, changed: read_snapshot(path))


def _save(arrays: dict[str, np.ndarray], metadata: dict[str, str]) -> bytes:
    from safetensors.numpy import save

    return save(arrays, metadata)


def _smallest(array: np.ndarray) -> np.ndarray:
    """Return whole numbers that are not negative in the smallest type that holds them; anything else as it is."""
    if array.dtype.kind != "i" or not array.size or array.min() < 0:
        return np.ascontiguousarray(array)
    return np.ascontiguousarray(array.astype(np.min_scalar_type(int(array.max()))))


def _parameter_arrays(modules: list["nn.Module"]) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Return one flat array per parameter name, and which sites have it in which shape, tied to which other."""
    values: dict[str, list[np.ndarray]] = {}
    described: dict[str, dict[str, Any]] = {}
    numbers: dict[int, int] = {}
    for index, module in enumerate(modules):
        for name, parameter in module.named_parameters(recurse=False):
            entry = described.setdefault(name, {"sites": [], "shapes": [], "tied": [], "per_channel": []})
            entry["components"] = list(getattr(module, "components", {}).get(name, ()))
            entry["sites"].append(index)
            entry["shapes"].append(list(parameter.shape))
            entry["tied"].append(numbers.setdefault(id(parameter), index))  # the first site that holds it
            entry["per_channel"].append(int(_is_per_channel(module, parameter)))
            values.setdefault(name, []).append(numpy_array(parameter).ravel())
    return {PARAMETER + name: np.concatenate(parts) for name, parts in values.items()}, described


def _is_per_channel(module: "nn.Module", parameter: "Tensor") -> bool:
    return parameter.ndim > 0 and bool(getattr(module, "per_channel", True))  # torch's own PReLU: weight (C,)


def _snapshot(metadata: dict[str, Any], arrays: dict[str, np.ndarray]) -> Snapshot:
    paths: list[str] = metadata["sites"]
    parameters: dict[str, dict[str, np.ndarray]] = {path: {} for path in paths}
    per_channel: dict[str, bool] = {}
    for name, entry in metadata["parameters"].items():
        flat, start = arrays[PARAMETER + name], 0
        for index, shape, axis in zip(entry["sites"], entry["shapes"], entry["per_channel"], strict=True):
            size = math.prod(shape)
            parameters[paths[index]][name] = flat[start : start + size].reshape(shape)
            per_channel[f"{paths[index]}.{name}"] = bool(axis)
            start += size
    stored = {name.removeprefix(STATISTIC): _wide(a) for name, a in arrays.items() if name.startswith(STATISTIC)}
    measured = paths[: metadata["measured_sites"]]
    statistics = ProbeStatistics.from_arrays(stored, measured) if stored else None
    components = {name: entry["components"] for name, entry in metadata["parameters"].items() if entry.get("components")}
    return Snapshot(metadata["epoch"], metadata["step"], paths, parameters, per_channel, statistics, components)


def _wide(array: np.ndarray) -> np.ndarray:
    return array.astype(np.int32) if array.dtype.kind == "u" else array


def _parameter_rows(snapshot: Snapshot) -> list[tuple[int, int, str, str, int, float]]:
    rows = []
    for site, parameters in snapshot.parameters.items():
        for name, array in parameters.items():
            per_channel = snapshot.per_channel[f"{site}.{name}"]
            for index in np.ndindex(array.shape):
                channel = index[0] if per_channel else -1
                rest = index[1:] if per_channel else index
                parts = snapshot.components.get(name)
                label = ".".join([name, *(parts[i] if parts else str(i) for i in rest)])
                rows.append((snapshot.epoch, snapshot.step, site, label, channel, float(array[index])))
    return rows


def _density_table(snapshot: Snapshot) -> "pd.DataFrame":
    import pandas as pd

    statistics = snapshot.statistics
    if statistics is None:
        return pd.DataFrame()
    density = np.asarray(statistics.density, dtype=np.float64)  # (S, bins)
    bins = density.shape[1]
    low, high = (np.asarray(v, dtype=np.float64)[:, None] for v in (statistics.low, statistics.high))
    x = low + (high - low) * (np.arange(bins) + 0.5) / bins
    return pd.DataFrame(
        {
            "epoch": snapshot.epoch,
            "step": snapshot.step,
            "site": np.repeat(statistics.sites, bins),
            "x": x.ravel(),
            "density": density.ravel(),
        }
    )
