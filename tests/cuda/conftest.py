"""Every test here needs a CUDA device and runs without TF32, so that its numbers can be held against those of the CPU."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.training.conftest import config as config
from tests.training.conftest import stripes as stripes


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.cuda)


@pytest.fixture(autouse=True)
def exact_products() -> Iterator[None]:
    """Leave out TF32, which rounds the factors of a product to 10 bits."""
    before = torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    yield
    torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32 = before
