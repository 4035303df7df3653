"""The curve of one activation module at given points: learned, at its start, and both derivatives."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True, eq=False)
class Shape:
    """Values at P points, each (C, P) float64; C is 1 unless every channel has parameters of its own.

    `y` the learned function, `start` the function with its initial parameters, `derivative` that of the forward function,
    `backward_derivative` the one that training uses; all with the noise off.
    """

    y: np.ndarray
    start: np.ndarray
    derivative: np.ndarray
    backward_derivative: np.ndarray


def evaluate_shape(module: "nn.Module", x: np.ndarray) -> Shape:
    """Return the shape of `module`, one of our activations or one of torch's, at the points `x` (P,).

    Torch's own modules know no start: it is taken as the function they are, but for PReLU, which torch starts at 0.25.
    """
    import torch

    from ..activations import Activation

    points = torch.as_tensor(np.asarray(x, dtype=np.float64))
    if not isinstance(module, Activation):
        return _torch_shape(module, points)
    return Shape(
        y=_rows(module.curve(points)),
        start=_rows(module.curve(points, at_start=True)),
        derivative=_rows(module.derivative(points)),
        backward_derivative=_rows(module.backward_derivative(points)),
    )


def _rows(values: "Tensor") -> np.ndarray:
    return np.atleast_2d(values.detach().cpu().numpy().astype(np.float64))


def _torch_shape(module: "nn.Module", points: "Tensor") -> Shape:
    import copy

    import torch
    from torch import nn

    twin = copy.deepcopy(module).to(points).eval()
    if hasattr(twin, "inplace"):
        setattr(twin, "inplace", False)  # noqa: B010, the type checker takes any attribute of a module for a tensor
    channels = twin.num_parameters if isinstance(twin, nn.PReLU) else 1
    x = points[:, None].repeat(1, channels).requires_grad_()  # (P, C)
    with torch.enable_grad():
        y = twin(x)
        (slope,) = torch.autograd.grad(y.sum(), x)
    start = torch.where(points > 0, points, 0.25 * points)[:, None].expand_as(y) if isinstance(twin, nn.PReLU) else y
    return Shape(_rows(y.T), _rows(start.T), _rows(slope.T), _rows(slope.T))
