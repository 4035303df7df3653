"""The tables of What if, from a run: what its page computes in a job, and what its notebook cells call."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from core.analysis.findings import with_run
from core.runs import Run
from explorer import tables

if TYPE_CHECKING:
    import torch
    from torch import nn

    from core.data import ImageDataset
    from core.progress import ProgressCallback

    #: A network and its data set, where somebody has loaded them already.
    Loaded = tuple[nn.Module, ImageDataset]

#: Probe images on which every change is tried; fewer for a point of the surface, as a grid has many.
TABLE_IMAGES, SURFACE_IMAGES = 1000, 250
#: Training images on which the BN statistics are estimated again.
TRAIN_IMAGES = 1000


def stored(run: Run, kind: str, *arguments: object) -> pd.DataFrame | None:
    """Return the table of `kind` ("ablation", "path") stored with the run for these arguments, None if there is none."""
    return tables.read_stored(run, tables.stored_name(kind, *arguments))


def store_what_if(run: Run) -> list[Path]:
    """Write what the page shows first into the run folder, for the chosen epoch: ReLU at every site, and the path of all sites.

    Only for runs that keep their chosen checkpoint; minutes each. Return the files.
    """
    epoch = run.chosen_epoch
    if epoch is None or epoch not in run.checkpoints():
        return []
    instead = first_instead(run)
    found: dict[tuple[str, int, str | None], pd.DataFrame] = {("ablation", epoch, instead): ablation(run, epoch, instead)}
    if tables.learns(run):
        found["path", epoch, None] = path(run, epoch)
    return [tables.write_stored(run, tables.stored_name(*name), table) for name, table in found.items()]


def first_instead(run: Run) -> str:
    """Return what stands in place of the functions of a run first: ReLU, or nothing (the identity) in a network of ReLUs."""
    return "identity" if tables.activations(run) == ("relu",) else "relu"


def ablation(
    run: Run, epoch: int, instead: str, *, loaded: "Loaded | None" = None, progress: "ProgressCallback | None" = None
) -> pd.DataFrame:
    """Return `core.analysis.whatif.ablation_table` on the probe set, stored or computed, with the columns that findings name.

    `instead` is an activation as on the command line, or "start". ExplorerError: no such checkpoint, data set or function.
    """
    if (known := stored(run, "ablation", epoch, instead)) is not None:
        return known
    from core.analysis.whatif import ablation_table

    network, images = _material(run, epoch, TABLE_IMAGES, loaded, progress)
    return with_run(ablation_table(network, **images, by=instead, progress=progress), run, epoch)


def path(
    run: Run,
    epoch: int,
    site: str | None = None,
    *,
    loaded: "Loaded | None" = None,
    progress: "ProgressCallback | None" = None,
) -> pd.DataFrame:
    """Return `core.analysis.whatif.path_table` on the probe set, stored or computed; `site` None: all sites move. Errors as in
    `ablation`.
    """
    if (known := stored(run, "path", epoch, site)) is not None:
        return known
    from core.analysis.whatif import path_table

    network, images = _material(run, epoch, TABLE_IMAGES, loaded, progress)
    return with_run(path_table(network, **images, site=site, progress=progress), run, epoch)


def surface(
    run: Run,
    epoch: int,
    site: str | None = None,
    points: int = 5,
    *,
    loaded: "Loaded | None" = None,
    progress: "ProgressCallback | None" = None,
) -> pd.DataFrame:
    """Return `core.analysis.surface.surface_table` on a stratified part of the probe set; errors as in `ablation`.

    `points`: of the grid, on each side.
    """
    from core.analysis.surface import surface_table

    network, images = _material(run, epoch, SURFACE_IMAGES, loaded, progress)
    return with_run(surface_table(network, **images, site=site, points=points, progress=progress), run, epoch)


def training_sample(data: "ImageDataset", count: int) -> "torch.Tensor":
    """Return `count` training images, uint8 (N, C, H, W), a stratified part that is the same for every run on this data set."""
    import torch

    from core.data.splits import stratified_rows

    labels, ids = data.train.labels.cpu().numpy(), data.train.ids.cpu().numpy()
    rows = stratified_rows(labels, min(count, len(ids)), f"{data.name}/bn", keys=ids)
    return data.train[torch.as_tensor(rows)].images


def _material(
    run: Run, epoch: int, count: int, loaded: "Loaded | None", progress: "ProgressCallback | None"
) -> "tuple[nn.Module, dict[str, Any]]":
    """Return the network, and the images that tables are made with: `count` of the probe set, and training images."""
    import torch

    from core.data.splits import stratified_rows

    if progress is not None:
        progress(0, 1, "Loading network and images")
    network, data = loaded if loaded is not None else (run.load_model(epoch), tables.load_data(run))
    probe = data.probe()
    if count < len(probe):
        keys = probe.ids.numpy()
        probe = probe[torch.as_tensor(stratified_rows(probe.labels.numpy(), count, f"{data.name}/what-if", keys=keys))]
    train = data.normalise(training_sample(data, TRAIN_IMAGES))
    return network, {"images": data.normalise(probe.images), "labels": probe.labels, "train_images": train}
