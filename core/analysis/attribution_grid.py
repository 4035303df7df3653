"""Many maps: one method on several networks, several methods on one network, and the tables that figures are drawn from."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from ..progress import ProgressCallback
from .attribution import attribute
from .attribution_record import TINY, Attribution, method_title

if TYPE_CHECKING:
    from torch import Tensor, nn


_Work = Callable[[ProgressCallback], Attribution]


def by_network(
    models: "Mapping[str, nn.Module]",
    images: "Tensor",
    method: str,
    *,
    progress: ProgressCallback | None = None,
    **options: Any,
) -> dict[str, Attribution]:
    """Return one attribution per network, by its name: the grid images × runs. `options` as in `attribute`."""

    def work(model: "nn.Module") -> _Work:
        return lambda tell: attribute(model, images, method, progress=tell, **options)

    return _each({name: work(model) for name, model in models.items()}, progress)


def by_method(
    model: "nn.Module",
    images: "Tensor",
    methods: Sequence[str],
    *,
    smooth: int = 0,
    progress: ProgressCallback | None = None,
    **options: Any,
) -> dict[str, Attribution]:
    """Return one attribution per method, by its title. `smooth` passes by Occlusion, which has no gradient."""
    copies = {m: 0 if m == "occlusion" else smooth for m in methods}

    def work(method: str) -> _Work:
        return lambda tell: attribute(model, images, method, smooth=copies[method], progress=tell, **options)

    return _each({method_title(m, n): work(m) for m, n in copies.items()}, progress)


def map_table(found: Mapping[str, Attribution], scale: Literal["gap", "own"] = "gap") -> pd.DataFrame:
    """Return the maps, one row per panel, image and pixel: panel, image, row, column, value.

    scale: "gap": in % of the gap between image and baseline of the same network (where that is tiny, of a tenth of the median
    |gap|), so that networks with large and small logits can be compared; "own": in % of the map's own 99th percentile of sizes,
    for methods whose maps have different units.
    """
    parts = []
    for panel, each in found.items():
        number, height, width = each.map.shape
        pixels = np.indices((height, width)).reshape(2, -1)
        parts.append(
            pd.DataFrame(
                {
                    "panel": panel,
                    "image": np.repeat(each.ids, height * width),
                    "row": np.tile(pixels[0], number),
                    "column": np.tile(pixels[1], number),
                    "value": (100 * each.map / _scale(each, scale)[:, None, None]).ravel().astype(np.float32),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def error_table(found: Mapping[str, Attribution], classes: Sequence[str] = ()) -> pd.DataFrame:
    """Return one row per panel and image: panel, explained (the class or the two classes), and the columns of the record."""
    parts = [each.table().assign(panel=panel, explained=_explained(each, classes)) for panel, each in found.items()]
    return pd.concat(parts, ignore_index=True)


def picture_table(ids: Sequence[int], pixels: np.ndarray, labels: Sequence[str] | None = None) -> pd.DataFrame:
    """Return the pixels of uint8 images (N, C, H, W): image, label, row, column, red, green, blue (0 to 255)."""
    number, channels, height, width = pixels.shape
    colours = pixels[:, :3] if channels >= 3 else np.repeat(pixels[:, :1], 3, axis=1)
    where = np.indices((height, width)).reshape(2, -1)
    columns = {name: colours[:, i].ravel() for i, name in enumerate(("red", "green", "blue"))}
    return pd.DataFrame(
        {
            "image": np.repeat(list(ids), height * width),
            "label": np.repeat(list(labels) if labels is not None else [""] * number, height * width),
            "row": np.tile(where[0], number),
            "column": np.tile(where[1], number),
            **columns,
        }
    )


def _each(work: Mapping[str, _Work], progress: ProgressCallback | None) -> dict[str, Attribution]:
    """Run each piece of work; the progress counts the images of all."""
    found = {}
    for i, (name, make) in enumerate(work.items()):

        def tell(done: int, total: int, text: str, i: int = i, name: str = name) -> None:
            if progress is not None:
                progress(i * total + done, len(work) * total, text if name in text else f"{name}: {text}")

        found[name] = make(tell)
    return found


def _scale(found: Attribution, scale: str) -> np.ndarray:
    """Return what each map is divided by, (N,), never 0."""
    if scale == "gap":
        sizes = np.maximum(np.abs(found.gap), TINY * found.median_gap)
    else:
        sizes = np.quantile(np.abs(found.map), 0.99, axis=(1, 2))
    return np.where(sizes > 0, sizes, 1.0)


def _explained(found: Attribution, classes: Sequence[str]) -> list[str]:
    def name(index: int) -> str:
        return classes[index] if index < len(classes) else f"class {index}"

    pairs = zip(found.positive.tolist(), found.negative.tolist(), strict=True)
    return [name(p) if n < 0 else f"{name(p)} − {name(n)}" for p, n in pairs]
