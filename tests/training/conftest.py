"""A small learnable data set, so that whole runs take a second."""

import numpy as np
import pytest

from core.config import TrainConfig
from core.data import ImageDataset


def make_stripes(count: int = 320, side: int = 12, seed: int = 5) -> ImageDataset:
    """Return noisy stripes, horizontal (0), vertical (1) or none (2): uint8 (N, 1, side, side)."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 3
    rows = np.broadcast_to(((np.arange(side) // 2) % 2)[:, None] * 120, (side, side))
    patterns = np.stack([rows, rows.T, np.full((side, side), 60)])
    images = patterns[labels] + rng.integers(0, 100, (count, side, side))
    return ImageDataset.from_arrays("stripes", images.astype(np.uint8)[:, None], labels)


@pytest.fixture(scope="session")
def stripes() -> ImageDataset:
    return make_stripes()


@pytest.fixture
def config(tmp_path) -> TrainConfig:
    return TrainConfig(
        model="resnet8",
        activation="coslu",
        epochs=2,
        batch_size=32,
        compile=False,
        progress=False,
        runs_dir=str(tmp_path / "runs"),
    )
