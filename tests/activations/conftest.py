"""Modules made from the registry, so that a new activation is tested without touching the tests."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from core.activations import Activation, activation_names, make_activation

from .reference import REFERENCES, Reference

#: Every branch of every formula, the kinks at 0, 1 and 2.3, and the places where exponentials overflow.
POINTS = [
    -1e4,
    -120.0,
    -88.5,
    -88.0,
    -20.0,
    -3.0,
    -1.0,
    -0.3,
    -1e-30,
    -0.0,
    0.0,
    1e-30,
    0.4,
    1.0,
    1.7,
    2.3,
    5.0,
    20.0,
    88.0,
    88.5,
    120.0,
    1e4,
]


@pytest.fixture(params=activation_names())
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(params=activation_names())
def module(request: pytest.FixtureRequest) -> Activation:
    """One of each activation, one parameter set, double precision, noise off."""
    return make_activation(request.param).double().eval()


@pytest.fixture(autouse=True)
def plain_global_state() -> Iterator[None]:
    """Every test leaves torch's threads and default dtype as they were."""
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def parameter_sets(module: Activation) -> list[dict[str, Any]]:
    """Return values for all parameters: those of the start, then others; several numbers for a parameter with components."""
    start = {k: (v,) * len(module.components.get(k, "x")) for k, v in module.start_values().items()}
    return [{k: v if k in module.components else v[0] for k, v in start.items()}, *REFERENCES[module.name].elsewhere]


def set_parameters(module: Activation, values: dict[str, Any]) -> None:
    with torch.no_grad():
        for key, value in values.items():
            getattr(module, key).copy_(torch.tensor(value, dtype=torch.float64))


def reference_of(module: Activation) -> Reference:
    return REFERENCES[module.name]


def as_arrays(values: dict[str, Any]) -> dict[str, np.ndarray]:
    return {key: np.asarray(value, dtype=np.float64) for key, value in values.items()}
