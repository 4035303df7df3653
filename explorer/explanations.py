"""The tables of the page Explanations from run folders; the page and its notebook cells call the same functions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from core.analysis.attribution_choices import Target
from core.errors import ExplorerError
from core.runs import Run
from explorer import tables

if TYPE_CHECKING:
    from torch import nn

    from core.analysis.attribution_record import Attribution
    from core.data import ImageDataset
    from core.progress import ProgressCallback

#: Probe images whose median gap says which gaps are tiny.
PROBE_IMAGES = 64
#: Noisy copies of SmoothGrad.
SMOOTH_COPIES = 16


@dataclass(frozen=True, kw_only=True, eq=False)
class Explanations:
    """What a figure of attributions is drawn from: `table`, `pictures` and `errors` of `attribution_figure`."""

    table: pd.DataFrame
    pictures: pd.DataFrame
    errors: pd.DataFrame


@dataclass(frozen=True, kw_only=True)
class Request:
    """What the page asks for: baseline, the class that counts and the one that is subtracted, noisy copies."""

    baseline: str = "black"
    positive: int | None = None
    negative: int | str | None = None
    smooth: int = 0

    @property
    def target(self) -> Target:
        """The target as `core.analysis` takes it. ExplorerError: twice the same class."""
        negative: Any = self.negative
        return Target(positive=self.positive, negative=negative)


def read_request(baseline: str, target: str, minus: str, smooth: str) -> Request:
    """Return the request that the words of a link stand for. ExplorerError: a class that is no number, or twice the same."""
    positive = None if target == "predicted" else _number("target", target, "predicted")
    negative: int | str | None = None
    if minus == "second":
        negative = "second"
    elif minus != "nothing":
        negative = _number("minus", minus, "nothing, second")
    Target(positive=positive, negative=negative)  # type: ignore[arg-type]
    return Request(baseline=baseline, positive=positive, negative=negative, smooth=SMOOTH_COPIES if smooth == "on" else 0)


def explained_by_method(
    run: Run,
    epoch: int,
    image: int,
    methods: Sequence[str],
    *,
    progress: "ProgressCallback | None" = None,
    network: "nn.Module | None" = None,
    data: "ImageDataset | None" = None,
    **request: Any,
) -> Explanations:
    """Return the maps of several methods for one image, by its data-set index; `request` are the fields of `Request`.

    Each map is in % of its own 99th percentile. Network and data are loaded unless given.
    """
    from core.analysis.attribution_grid import by_method

    network, data = network or run.load_model(epoch), data or tables.load_data(run)
    images, options = _inputs(data, [image], Request(**request))
    found = by_method(network, images, methods, progress=progress, **options)
    return _explanations(found, data, [image], "own")


def explained_by_run(
    runs: Sequence[tuple[Run, int, str]],
    ids: Sequence[int],
    method: str,
    *,
    progress: "ProgressCallback | None" = None,
    networks: "Sequence[nn.Module] | None" = None,
    data: "ImageDataset | None" = None,
    **request: Any,
) -> Explanations:
    """Return the maps of one method for some images in several networks; `runs` holds (run, epoch of its checkpoint, name).

    Each map is in % of the gap of its own network. All runs are on the data set of the first one.
    """
    from core.analysis.attribution_grid import by_network

    data = data or tables.load_data(runs[0][0])
    networks = networks or [run.load_model(epoch) for run, epoch, _ in runs]
    images, options = _inputs(data, ids, Request(**request))
    models = {name: network for (_, _, name), network in zip(runs, networks, strict=True)}
    return _explanations(by_network(models, images, method, progress=progress, **options), data, ids, "gap")


def randomised(
    run: Run,
    epoch: int,
    ids: Sequence[int],
    method: str,
    *,
    baseline: str = "black",
    progress: "ProgressCallback | None" = None,
    network: "nn.Module | None" = None,
    data: "ImageDataset | None" = None,
) -> pd.DataFrame:
    """Return how the maps of one method change while the weights are drawn anew from the top down (`randomisation_table`)."""
    from core.analysis.attribution_randomisation import randomisation_table

    network, data = network or run.load_model(epoch), data or tables.load_data(run)
    images = data.normalise(data.by_ids(ids).images)
    return randomisation_table(
        network, images, method, baseline=baseline, mean=data.mean, sd=data.sd, ids=list(ids), progress=progress
    )


def _inputs(data: "ImageDataset", ids: Sequence[int], request: Request) -> "tuple[Any, dict[str, Any]]":
    """Return the normalised images, and the options of `attribute`."""
    probe = data.by_ids(data.probe_ids[:PROBE_IMAGES]).images
    options = {
        "baseline": request.baseline, "mean": data.mean, "sd": data.sd, "target": request.target, "classes": data.classes,
        "ids": list(ids), "probe": data.normalise(probe), "smooth": request.smooth,
    }  # fmt: skip
    return data.normalise(data.by_ids(ids).images), options


def _explanations(found: "dict[str, Attribution]", data: "ImageDataset", ids: Sequence[int], scale: Any) -> Explanations:
    from core.analysis.attribution_grid import error_table, map_table, picture_table

    part = data.by_ids(ids)
    labels = [data.classes[i] for i in part.labels.tolist()]
    return Explanations(
        table=map_table(found, scale),
        pictures=picture_table(ids, part.images.numpy(), labels),
        errors=error_table(found, data.classes),
    )


def _number(key: str, text: str, words: str) -> int:
    if not text.isdecimal():
        raise ExplorerError(f"{key} must be one of {words}, or the number of a class; received {text!r}.")
    return int(text)
