"""A checkpoint of another program becomes a run folder like any other: its sites measured once, its accuracy taken once."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ..data import ImageDataset
from ..data.fit import fit_dataset
from ..data.folder import folder_conversions
from ..data.image_choice import ImageChoice
from ..data.splits import stratified_rows
from ..errors import RunError
from ..models.build import activation_config
from ..progress import ProgressCallback
from ..runs import Run, RunWriter
from ..runs.environment import release
from ..runs.opening import OpenedNetwork
from ..tasks import Classification
from .evaluate import predict

#: Bytes of the normalised probe images, at most; larger images are measured on fewer of them.
_PROBE_BYTES = 200_000_000


@dataclass(frozen=True, kw_only=True, eq=False)
class FittedImages:
    """The images as the network takes them, and sentences: `said` what was converted, `assumed` what nobody has said."""

    chosen: ImageChoice
    data: ImageDataset
    said: tuple[str, ...]
    assumed: tuple[str, ...]
    labelled: bool
    """Whether the classes are as many as the network's outputs, so that there is an accuracy."""


def fit_images(opened: OpenedNetwork, images: ImageChoice, *, progress: bool = False) -> FittedImages:
    """Return the images as `opened.network` takes them. Raises DataError where they cannot be read or converted."""
    from ..data import load_dataset

    own = load_dataset(images.dataset, images.data_dir, image_size=images.image_size, progress=progress)
    data, said = fit_dataset(
        own, channels=opened.in_channels, size=images.input_size, mean=images.mean, sd=images.sd
    )  # fmt: skip
    _check_size(opened.network, data)
    if own.name == "folder":
        side = images.image_size
        cut = f"The images of the folder were cut to squares and scaled to {side}×{side} pixels."
        said = (cut, *filter(None, [folder_conversions(Path(images.data_dir or "").expanduser())]), *said)
    assumed = []
    if images.mean is None and opened.config.get("dataset") != own.name:
        numbers = f"mean {_numbers(data.mean)}, sd {_numbers(data.sd)}"
        assumed.append(f"No normalisation was given; that of {own.title} is assumed ({numbers}).")
    return FittedImages(
        chosen=images,
        data=data,
        said=said,
        assumed=tuple(assumed),
        labelled=data.num_classes == opened.num_classes,
    )


def import_network(
    opened: OpenedNetwork,
    runs_dir: str | Path,
    images: FittedImages | None = None,
    *,
    progress: ProgressCallback | None = None,
) -> Run:
    """Write the run folder of an opened file and return the run.

    Its one snapshot is measured on the probe set of `images`, its validation accuracy taken once; test data are not looked at.
    Without images it holds the network alone. The run of a stopped or failed import is removed.
    """
    config = import_config(opened, images)
    data = images.data if images is not None and images.labelled else None
    probe, probe_ids = _probe(images.data) if images is not None else (None, ())
    described = {**data.describe(), "probe_ids": list(probe_ids)} if data is not None else None
    writer = RunWriter(runs_dir, config, opened.network, probe, dataset=described, made_with=_origin(opened, images))
    try:
        with writer:
            _write(writer, opened, data, progress)
    except BaseException:
        _remove(writer.path)
        raise
    return writer.run


def import_config(opened: OpenedNetwork, images: FittedImages | None) -> dict[str, Any]:
    """Return the config of the run: the network, the images and the file; nothing about a training that nobody saw here."""
    build = {k: v for k, v in opened.build.items() if k not in ("num_classes", "in_channels") and v is not None}
    if "library" in build:
        build |= activation_config(opened.network)
    config: dict[str, Any] = {
        **build,
        "task": "classification",
        "imported_from": opened.contents.name,
        "file": opened.contents.sha256[:12],
    }
    if images is not None and images.labelled:
        chosen = images.chosen
        config |= {"dataset": images.data.name, "mean": list(images.data.mean), "sd": list(images.data.sd)}
        config |= {"data_dir": _absolute(chosen.data_dir)} if chosen.data_dir else {}
        config |= {"image_size": chosen.image_size} if images.data.name == "folder" else {}
        config |= {"input_size": chosen.input_size} if chosen.input_size else {}
    return config


def check_labelled(opened: OpenedNetwork, images: FittedImages) -> None:
    """Raise RunError if the network tells apart another number of classes than the images have."""
    if not images.labelled:
        raise RunError(
            f"{opened.contents.name} tells {opened.num_classes} classes apart and {images.data.title} has "
            f"{images.data.num_classes}; an accuracy needs a data set with {opened.num_classes} classes."
        )


def _write(writer: RunWriter, opened: OpenedNetwork, data: ImageDataset | None, progress: ProgressCallback | None) -> None:
    epoch = opened.epoch or 1
    writer.checkpoint(epoch)
    writer.snapshot(epoch=epoch, step=0, progress=progress)
    if data is None:
        return

    def report(done: int, total: int) -> None:
        if progress is not None:
            progress(done, total, f"Validation images, {done:,} of {total:,}")

    report(0, len(data.validation))
    logits = predict(opened.network, data, data.validation, report)
    metrics = Classification(num_classes=data.num_classes).metrics(logits, data.validation.labels)
    writer.epoch(epoch=epoch, wall_time_s=math.nan, val_loss=metrics["loss"], val_accuracy=metrics["accuracy"])
    writer.predictions("validation", data.validation.ids, data.validation.labels, logits)
    writer.results({"validation": {"n": len(data.validation), **metrics}})


def _origin(opened: OpenedNetwork, images: FittedImages | None) -> dict[str, Any]:
    """Return how the run was made: which file, and what of it was assumed or converted."""
    contents = opened.contents
    said = [*opened.said, *(images.said if images is not None else ())]
    assumed = [*opened.assumed, *(images.assumed if images is not None else ())]
    if opened.epoch is None:
        assumed.append("The file does not say after how many epochs it was saved; here it stands as epoch 1.")
    if images is None:
        assumed.append("No images were chosen: nothing is known of the inputs of the activations.")
    elif not images.labelled:
        assumed.append(
            f"{images.data.title} has {images.data.num_classes} classes and the network {opened.num_classes} outputs: its "
            "images served to measure the activations; there is no accuracy."
        )
    return {
        "command": f"activation-explorer import {contents.name}",
        "release": release(),
        "file": contents.name,
        "sha256": contents.sha256,
        "bytes": contents.size,
        "format": contents.kind,
        "network": opened.title,
        "at_start": list(opened.at_start),
        "said": said,
        "assumed": assumed,
    }


def _probe(data: ImageDataset) -> tuple[Tensor, tuple[int, ...]]:
    """Return the normalised probe images (N, C, H, W) and their ids: fewer, stratified, where they would take much memory."""
    probe = data.probe()
    most = max(10, _PROBE_BYTES // (4 * probe.images[0].numel()))
    if len(probe) > most:
        rows = stratified_rows(probe.labels.numpy(), int(most), f"{data.name}/small probe", keys=probe.ids.numpy())
        probe = probe[torch.from_numpy(rows)]
    return data.normalise(probe.images), tuple(probe.ids.tolist())


def _check_size(network: nn.Module, data: ImageDataset) -> None:
    """Raise RunError, with the sizes, if the network does not take images of this size."""
    example = data.normalise(data.validation.images[:1])
    try:
        with torch.no_grad():
            network(example)
    except (RuntimeError, ValueError, AssertionError) as error:
        height, width = example.shape[2:]
        reason = str(error).split("\n")[0]
        raise RunError(
            f"The network does not take images of {width}×{height} pixels ({reason}); give the size that it was trained on, "
            "as --input-size."
        ) from None


def _remove(folder: Path) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)


def _absolute(folder: str) -> str:
    return str(Path(folder).expanduser().resolve())


def _numbers(values: Sequence[float]) -> str:
    return ", ".join(f"{value:.3f}" for value in values)
