"""Mean and spread of feature maps under noise as a table: one number per image and position."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ..errors import ExplorerError
from .noise_record import NoiseLens

QUANTITIES = ("mean", "spread")


def map_table(lens: NoiseLens, *, channel: int | None = None, labels: Mapping[int, str] | None = None) -> pd.DataFrame:
    """Return the maps of the first images at the lens's site: image, label, quantity, row, column, value.

    mean: the mean over passes, spread: the sd over passes. `channel` None: over all channels, the mean of the means, and the
    root of the mean variance. `labels` maps images to what they are called; else their class number stands there.

    Raises:
        ExplorerError: the site has no such channel.
    """
    count = lens.maps.mean.shape[1]
    if channel is not None and not 0 <= channel < count:
        raise ExplorerError(f"Site {lens.site} has channels 0 to {count - 1}; received {channel}.")
    mean, spread = lens.maps.mean, lens.maps.spread
    found = {
        "mean": mean.mean(1) if channel is None else mean[:, channel],
        "spread": np.sqrt(np.square(spread).mean(1)) if channel is None else spread[:, channel],
    }
    known = dict(zip(lens.decisions["image"], lens.decisions["label"], strict=True))
    names = [(labels or {}).get(i, str(known.get(i, ""))) for i in lens.map_ids]
    return pd.concat([_rows(q, found[q], lens.map_ids, names) for q in QUANTITIES], ignore_index=True)


def _rows(quantity: str, values: np.ndarray, ids: tuple[int, ...], names: list[str]) -> pd.DataFrame:
    """Return the rows of one quantity, values (M, H, W)."""
    images, height, width = values.shape
    return pd.DataFrame(
        {
            "image": np.repeat(ids, height * width),
            "label": np.repeat(names, height * width),
            "quantity": quantity,
            "row": np.tile(np.repeat(np.arange(height), width), images),
            "column": np.tile(np.arange(width), images * height),
            "value": values.ravel(),
        }
    )
