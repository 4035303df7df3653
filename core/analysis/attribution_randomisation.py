"""Does a map depend on what was learned? Weights drawn anew from the top down (Adebayo et al. 2018, "cascading")."""

import copy
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..progress import ProgressCallback
from .attribution import attribute
from .attribution_choices import Target

if TYPE_CHECKING:
    from torch import Tensor, nn

#: Depths at which the maps are computed, besides the trained network; larger networks take several layers at a time.
DEPTHS = 9


def randomisation_table(
    model: "nn.Module",
    images: "Tensor",
    method: str,
    *,
    baseline: str = "black",
    mean: Sequence[float] | None = None,
    sd: Sequence[float] | None = None,
    ids: Sequence[int] | None = None,
    seed: int = 0,
    depths: int = DEPTHS,
    steps: int = 32,
    batch_size: int = 64,
    progress: ProgressCallback | None = None,
) -> pd.DataFrame:
    """Return how alike the maps of a network are before and after its upper layers are drawn anew.

    A copy of `model` gets the weights of a fresh network, layer after layer from the last to the first, each with its batch
    normalisation and activation at their start. The maps explain the class that the trained network predicted. The correlation
    is Spearman's, of |map| over the pixels of an image; near 1 at every depth, the method does not look at what was learned.

    Columns: depth (0: as trained), layer (the lowest one drawn anew; "" at depth 0), layers (how many), image, correlation (NaN
    where a map is the same everywhere). Arguments as in `attribute`; `steps` is the fixed number of Integrated Gradients.
    """
    cascade = _cascade(model, depths)
    numbers = list(range(len(images))) if ids is None else [int(i) for i in ids]
    total = (len(cascade) + 1) * len(images)
    options: dict[str, Any] = {
        "baseline": baseline, "mean": mean, "sd": sd, "ids": numbers, "batch_size": batch_size,
        "first_steps": steps, "most_steps": steps,
    }  # fmt: skip

    def at(depth: int) -> ProgressCallback:
        """Return what tells of the work at this depth as a part of all depths."""

        def tell(done: int, _total: int, text: str) -> None:
            if progress is not None:
                progress(depth * len(images) + done, total, f"Depth {depth} of {len(cascade)}: {text}")

        return tell

    found = attribute(model, images, method, **options, progress=at(0))
    target = Target(positive=tuple(int(c) for c in found.predicted))
    rows = [(0, "", 0, image, 1.0) for image in numbers]
    network = copy.deepcopy(model)
    fresh, layers = _fresh(model, seed), 0
    for depth, group in enumerate(cascade, start=1):
        _take(network, fresh, group)
        layers += sum(_is_layer(network.get_submodule(path)) for path in group)
        maps = attribute(network, images, method, target=target, check=False, **options, progress=at(depth)).map
        rows += [
            (depth, group[0], layers, image, rank_correlation(before, after))
            for image, before, after in zip(numbers, found.map, maps, strict=True)
        ]
    return pd.DataFrame(rows, columns=["depth", "layer", "layers", "image", "correlation"])


def rank_correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Return Spearman's rank correlation of |first| and |second|, any equal shapes; NaN where one of them is constant."""
    from scipy.stats import spearmanr

    a, b = np.abs(first).ravel(), np.abs(second).ravel()
    return float("nan") if np.ptp(a) == 0 or np.ptp(b) == 0 else float(spearmanr(a, b).statistic)


def _cascade(model: "nn.Module", depths: int) -> list[list[str]]:
    """Return the paths of the modules with weights in groups, the last layer's first; each begins with a layer.

    The order is that of registration: in our own networks the order of the pass.
    """
    groups: list[list[str]] = []
    for path, module in model.named_modules():
        if _is_layer(module) or not groups:
            groups.append([])
        groups[-1].append(path)
    groups = [group for group in groups if any(_is_layer(model.get_submodule(path)) for path in group)]
    cuts = np.linspace(0, len(groups), min(depths, len(groups)) + 1).round().astype(int)
    merged = [[path for group in groups[a:b] for path in group] for a, b in pairwise(cuts)]
    return merged[::-1]


def _is_layer(module: "nn.Module") -> bool:
    from torch import nn

    return isinstance(module, nn.Conv2d | nn.Linear)


def _fresh(model: "nn.Module", seed: int) -> "nn.Module":
    """Return a copy of `model` as it would start: weights from the stream (seed, "randomisation"), the rest at its start."""
    from torch import nn

    from ..activations import Activation
    from ..models import initialise
    from ..streams import stream

    network = copy.deepcopy(model)
    initialise(network, stream(seed, "randomisation"))
    for module in network.modules():
        if isinstance(module, nn.modules.batchnorm._NormBase | nn.GroupNorm | nn.LayerNorm | Activation):
            module.reset_parameters()  # fixed numbers, none of them random
    return network


def _take(network: "nn.Module", fresh: "nn.Module", paths: Sequence[str]) -> None:
    """Copy the weights and buffers of the modules at `paths` from `fresh`."""
    import torch

    with torch.no_grad():
        for path in paths:
            mine, other = network.get_submodule(path), fresh.get_submodule(path)
            for kind in ("_parameters", "_buffers"):
                for name, value in getattr(mine, kind).items():
                    if value is not None:
                        value.copy_(getattr(other, kind)[name])
