"""The slow, obvious formulas, written a second time in NumPy (float64), with both derivatives and those of the parameters."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy.special import ndtr

Array = np.ndarray


def sigmoid(x: Array) -> Array:
    return np.where(x >= 0, 1 / (1 + np.exp(-np.abs(x))), np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))))


def below(x: Array) -> Array:
    return np.minimum(x, 0)


@dataclass(frozen=True)
class Reference:
    """f, its true derivative, the derivatives in the parameters, and the derivative of training where it is another one."""

    value: Callable[..., Array]
    derivative: Callable[..., Array]
    parameters: dict[str, Callable[..., Array]] = field(default_factory=dict)
    backward: Callable[..., Array] | None = None
    elsewhere: tuple[dict[str, float], ...] = ()
    """Parameter values away from the start, negative ones among them where the formula allows it."""


def _normal_density(x: Array) -> Array:
    return np.exp(-x * x / 2) / np.sqrt(2 * np.pi)


def _elu(c: float, scale: float = 1.0) -> Reference:
    return Reference(
        lambda x: scale * np.where(x > 0, x, c * np.expm1(below(x))),
        lambda x: scale * np.where(x > 0, 1.0, c * np.exp(below(x))),
    )


def _coslu_slope(x: Array, a: Array, b: Array) -> Array:
    s = sigmoid(x)
    return (1 - a * b * np.sin(b * x)) * s + (x + a * np.cos(b * x)) * s * (1 - s)


def _delu(x: Array, n: Array) -> Array:
    return np.where(x <= 0, x * sigmoid(x), (n + 0.5) * x + np.abs(np.expm1(-np.maximum(x, 0))))


def _delu_slope(x: Array, n: Array) -> Array:
    return np.where(x <= 0, sigmoid(x) * (1 + x * (1 - sigmoid(x))), n + 0.5 + np.exp(-np.maximum(x, 0)))


def _apalu_right(x: Array) -> Array:
    return 1 + sigmoid(1.702 * x) + 1.702 * x * sigmoid(1.702 * x) * (1 - sigmoid(1.702 * x))


def _positive(p: Array) -> Array:
    return np.maximum(p, 0)


REFERENCES: dict[str, Reference] = {
    "relu": Reference(lambda x: np.maximum(x, 0), lambda x: np.where(x > 0, 1.0, 0.0)),
    "leaky_relu": Reference(lambda x: np.where(x > 0, x, 0.01 * x), lambda x: np.where(x > 0, 1.0, 0.01)),
    "prelu": Reference(
        lambda x, a: np.where(x > 0, x, a * x),
        lambda x, a: np.where(x > 0, 1.0, a),
        {"a": lambda x, a: below(x)},
        elsewhere=({"a": -0.7}, {"a": 1.5}),
    ),
    "elu": _elu(1.0),
    "selu": _elu(1.6732632423543772, 1.0507009873554805),
    "silu": Reference(lambda x: x * sigmoid(x), lambda x: sigmoid(x) * (1 + x * (1 - sigmoid(x)))),
    "gelu": Reference(lambda x: x * ndtr(x), lambda x: ndtr(x) + x * _normal_density(x)),
    "coslu": Reference(
        lambda x, a, b: (x + a * np.cos(b * x)) * sigmoid(x),
        _coslu_slope,
        {
            "a": lambda x, a, b: np.cos(b * x) * sigmoid(x),
            "b": lambda x, a, b: -a * x * np.sin(b * x) * sigmoid(x),
        },
        elsewhere=({"a": -0.4, "b": 2.5}, {"a": 0.0, "b": 0.0}),
    ),
    "delu": Reference(_delu, _delu_slope, {"n": lambda x, n: np.maximum(x, 0)}, elsewhere=({"n": -0.8}, {"n": 0.6})),
    "relun": Reference(
        lambda x, n: np.minimum(np.maximum(0, x), n),
        lambda x, n: np.where((x > 0) & (x < n), 1.0, 0.0),
        {"n": lambda x, n: np.where(np.maximum(x, 0) > n, 1.0, 0.0)},
        elsewhere=({"n": 2.3}, {"n": -0.3}),
    ),
    "apalu": Reference(
        lambda x, a, b: np.where(x >= 0, _positive(a) * x * (1 + sigmoid(1.702 * x)), _positive(b) * np.expm1(below(x))),
        lambda x, a, b: np.where(x >= 0, _positive(a) * _apalu_right(x), _positive(b) * np.exp(below(x))),
        {
            "a": lambda x, a, b: np.where(x >= 0, x * (1 + sigmoid(1.702 * x)), 0.0),
            "b": lambda x, a, b: np.expm1(below(x)),
        },
        elsewhere=({"a": 0.9, "b": 0.4}, {"a": -0.2, "b": 0.3}, {"a": 0.5, "b": -1.0}),
    ),
    "eelu": Reference(
        lambda x, alpha, beta: np.where(x >= 0, x, _positive(alpha) * np.expm1(_positive(beta) * below(x))),
        lambda x, alpha, beta: np.where(x >= 0, 1.0, _positive(alpha) * _positive(beta) * np.exp(_positive(beta) * below(x))),
        {
            "alpha": lambda x, alpha, beta: np.expm1(_positive(beta) * below(x)),
            "beta": lambda x, alpha, beta: _positive(alpha) * below(x) * np.exp(_positive(beta) * below(x)),
        },
        elsewhere=({"alpha": 1.2, "beta": 0.6}, {"alpha": -0.1, "beta": 1.1}, {"alpha": 0.3, "beta": -0.5}),
    ),
    "pdrelu": Reference(lambda x: np.maximum(x, 0), lambda x: np.where(x > 0, 1.0, 0.0), backward=lambda x: np.exp(below(x))),
}
