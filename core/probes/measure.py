"""`probe_statistics`: one pass of the probe images through a network, with the noise off."""

import warnings

import numpy as np
import torch
from torch import Tensor, nn

from ..errors import ExplorerError
from ..models import fork, on_device
from ..models.sites import called_shapes
from ..progress import ProgressCallback
from .statistics import BINS, QUANTILES, ProbeStatistics
from .streaming import SiteStream

#: Probabilities between which a density lies: the central 99.9 %.
RANGE = (0.0005, 0.9995)


def probe_statistics(
    model: nn.Module,
    images: Tensor,
    batch_size: int = 250,
    seed: int = 0,
    *,
    units: bool = False,
    progress: ProgressCallback | None = None,
) -> ProbeStatistics:
    """Return the statistics of every activation site of `model` over `images` (N, C, H, W), normalised floats.

    The pass runs in evaluation mode on a fork: `model`, its hooks and its flags stay as they are. `seed` chooses the sample
    of inputs for densities and quantiles; neither it nor the counts depend on `batch_size`. `units`: also note which units are
    dead (`dead_bits`), not only how many. Activations called several times in a pass are left out with a warning.
    `progress` is told (done, total, text) before every batch; it may raise to stop. Raises
    `ExplorerError` if there are no images.
    """
    if len(images) == 0:
        raise ExplorerError("The probe needs at least one image; received 0.")
    twin = fork(model).eval()
    streams = _attach(twin, on_device(twin, images[:1]), len(images), seed)
    with torch.no_grad():
        for number, batch in enumerate(images.split(batch_size)):
            if progress is not None:
                progress(number * batch_size, len(images), f"Measuring activations on {len(images):,} images")
            twin(on_device(twin, batch))
    return _collect(streams, len(images), units)


def _attach(model: nn.Module, example: Tensor, images: int, seed: int) -> list[SiteStream]:
    """Hang a stream on every site of `model`, in forward order."""
    streams: list[SiteStream] = []
    for path, calls in called_shapes(model, example).items():
        if len(calls) > 1:
            warnings.warn(f"Site '{path}' is called several times in a pass and is left out.", stacklevel=3)
            continue
        module = model.get_submodule(path)
        if getattr(module, "inplace", False):
            module.inplace = False  # type: ignore[assignment]
        new = SiteStream(path, module, calls[0][1:], images, seed, example.device)
        module.register_forward_hook(lambda _, args, y, new=new: new.add(args[0].detach(), y.detach()))
        streams.append(new)
    return streams


def _collect(streams: list[SiteStream], images: int, units: bool) -> ProbeStatistics:
    shapes = [_shape_of_inputs(s.sample) for s in streams]
    column = {
        "low": [s[0] for s in shapes],
        "high": [s[1] for s in shapes],
        "density": [s[2] for s in shapes],
        "quantiles": [s[3] for s in shapes],
        "saturated": [s.saturated() for s in streams],
        "mean_gradient": [s.mean_gradient() for s in streams],
    }
    count = {
        "sample": [s[4] for s in shapes],
        "channels": [s.shape[0] for s in streams],
        "units": [s.units_per_channel() for s in streams],
    }
    return ProbeStatistics(
        sites=tuple(s.path for s in streams),
        images=images,
        dead_units=tuple(s.dead_units().cpu().numpy().astype(np.int32) for s in streams),
        constant_units=tuple(s.constant_units().cpu().numpy().astype(np.int32) for s in streams),
        dead_bits=tuple(np.packbits(s.dead().flatten().cpu().numpy()) for s in streams) if units else None,
        **{name: np.array(values, dtype=np.float32) for name, values in column.items()},
        **{name: np.array(values, dtype=np.int32) for name, values in count.items()},
    )


def _shape_of_inputs(sample: Tensor) -> tuple[float, float, np.ndarray, np.ndarray, int]:
    """Return (low, high, density (64,), quantiles (9,), number) of the finite inputs in a sample."""
    values = np.sort(sample.cpu().numpy())
    values = values[np.isfinite(values)]
    if len(values) == 0:
        return 0.0, 0.0, np.zeros(BINS), np.full(len(QUANTILES), np.nan), 0
    low, high = np.quantile(values, RANGE)
    if not high > low:  # all inputs equal: a narrow box around them
        low, high = low - 1e-3 * max(1.0, abs(low)), high + 1e-3 * max(1.0, abs(high))
    counts, edges = np.histogram(values, bins=BINS, range=(low, high))
    density = counts / (counts.sum() * (edges[1] - edges[0]))
    return float(low), float(high), density, np.quantile(values, QUANTILES), len(values)
