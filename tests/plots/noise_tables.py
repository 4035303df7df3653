"""Small tables of the noise lens made by hand, in the form that core.analysis gives them."""

import numpy as np
import pandas as pd

from .tables import RESNET8


def map_table(images: int = 3, height: int = 8, width: int = 8, quiet: bool = False) -> pd.DataFrame:
    """Return maps that grow along the rows; the spread is a tenth of the mean, or 0."""
    parts = []
    for quantity, factor in (("mean", 1.0), ("spread", 0.0 if quiet else 0.1)):
        for k in range(images):
            row, column = np.divmod(np.arange(height * width), width)
            value = factor * (row + 0.5 * column + k)
            parts.append(
                pd.DataFrame(
                    {
                        "image": 100 + k,
                        "label": f"class {k}",
                        "quantity": quantity,
                        "row": row,
                        "column": column,
                        "value": value,
                    }
                )
            )
    return pd.concat(parts, ignore_index=True)


def depth_table(networks: tuple[str, ...] = ("EELU", "RReLU"), sites: list[str] | None = None) -> pd.DataFrame:
    """Return strengths that grow with depth; the first site makes no noise."""
    sites = RESNET8 if sites is None else sites
    rows = []
    for k, network in enumerate(networks):
        for i, site in enumerate(sites):
            strength = 0.02 * i * (k + 1)
            stage = site.split(".")[0] if "." in site else "stem"
            snr = np.inf if i == 0 else 200 / i
            rows.append((network, site, stage, i, i != 0, strength, 1.0, strength, snr))
    columns = ["network", "site", "stage", "position", "noisy", "within", "between", "strength", "snr"]
    return pd.DataFrame(rows, columns=columns)


def flip_table(networks: tuple[str, ...] = ("EELU", "RReLU")) -> pd.DataFrame:
    """Return flips of three images in 64 passes."""
    rows = []
    for k, network in enumerate(networks):
        for i, flips in enumerate((0, 3, 16 + 8 * k)):
            rows.append((network, 100 + i, f"class {i}", f"class {i}", flips, 64, flips / 64, "class 9" if flips else "", 1.0))
    columns = ["network", "image", "label", "clean", "flips", "passes", "share", "other", "right"]
    return pd.DataFrame(rows, columns=columns)


def comparison_table() -> pd.DataFrame:
    """Return own noise, Gaussian noise and dropout on two networks; the last could not be made equal."""
    rows = [
        ("EELU", "own", np.nan, 0.100, 0.0, True, 23.0, 0.90, 0.88, 0.05),
        ("EELU", "gaussian", 0.21, 0.103, 0.03, True, 31.0, 0.90, 0.87, 0.06),
        ("EELU", "dropout", 0.042, 0.098, -0.02, True, 35.0, 0.90, 0.87, 0.06),
        ("ReLU", "gaussian", 0.25, 0.101, 0.01, True, 40.0, 0.89, 0.85, 0.08),
        ("ReLU", "dropout", 0.99, 0.080, -0.2, False, 44.0, 0.89, 0.30, 0.60),
    ]
    names = ["network", "kind", "scale", "strength", "deviation", "matched", "rank", "clean_accuracy", "accuracy", "flips"]
    table = pd.DataFrame(rows, columns=names)
    return table.assign(loss=table["clean_accuracy"] - table["accuracy"], images=128, passes=16)


def point_table(panels: tuple[str, ...] = ("EELU", "ReLU"), images: int = 60) -> pd.DataFrame:
    """Return points of ten classes on a circle."""
    rng = np.random.default_rng(0)
    parts = []
    for panel in panels:
        angle = 2 * np.pi * (np.arange(images) % 10) / 10
        points = np.stack([np.cos(angle), np.sin(angle)], 1) + 0.1 * rng.normal(size=(images, 2))
        labels = [f"class {i % 10}" for i in range(images)]
        columns = {
            "panel": panel,
            "image": np.arange(images),
            "label": labels,
            "pass": -1,
            "x": points[:, 0],
            "y": points[:, 1],
        }
        parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True)
