"""The slow, obvious formulas, written a second time in NumPy (float64), with both derivatives and those of the parameters."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.special import ndtr

Array = np.ndarray


def sigmoid(x: Array) -> Array:
    return np.where(x >= 0, 1 / (1 + np.exp(-np.abs(x))), np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))))


def softplus(x: Array) -> Array:
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def below(x: Array) -> Array:
    return np.minimum(x, 0)


@dataclass(frozen=True)
class Reference:
    """f, its true derivative, the derivatives in the parameters, and the derivative of training where it is another one."""

    value: Callable[..., Array]
    derivative: Callable[..., Array]
    parameters: dict[str, Callable[..., Array]] = field(default_factory=dict)
    backward: Callable[..., Array] | None = None
    start: dict[str, Any] = field(default_factory=dict)
    """Initial values as published."""
    elsewhere: tuple[dict[str, Any], ...] = ()
    """Parameter values away from the start, negative ones among them where the formula allows it."""
    infinite: tuple[float, float] = (0.0, math.inf)
    """f at minus and plus infinity, at the start: the limit, or NaN where the formula or torch's own function has none."""


DOWN = (-math.inf, math.inf)
#: A product of infinity and 0, in torch's own function too.
TORCH = (math.nan, math.inf)
#: The sine of infinity.
NOWHERE = (math.nan, math.nan)


def _normal_density(x: Array) -> Array:
    return np.exp(-x * x / 2) / np.sqrt(2 * np.pi)


def _elu(c: float, scale: float = 1.0, steep: float = 1.0) -> Reference:
    return Reference(
        lambda x: scale * np.where(x > 0, x, c * np.expm1(steep * below(x))),
        lambda x: scale * np.where(x > 0, 1.0, c * steep * np.exp(steep * below(x))),
        infinite=(-scale * c, math.inf),
    )


def _coslu_slope(x: Array, a: Array, b: Array) -> Array:
    s = sigmoid(x)
    return (1 - a * b * np.sin(b * x)) * s + (x + a * np.cos(b * x)) * s * (1 - s)


def _sinlu_slope(x: Array, a: Array, b: Array) -> Array:
    s = sigmoid(x)
    return (1 + a * b * np.cos(b * x)) * s + (x + a * np.sin(b * x)) * s * (1 - s)


def _delu(x: Array, n: Array) -> Array:
    return np.where(x <= 0, x * sigmoid(x), (n + 0.5) * x + np.abs(np.expm1(-np.maximum(x, 0))))


def _delu_slope(x: Array, n: Array) -> Array:
    return np.where(x <= 0, sigmoid(x) * (1 + x * (1 - sigmoid(x))), n + 0.5 + np.exp(-np.maximum(x, 0)))


def _apalu_right(x: Array) -> Array:
    return 1 + sigmoid(1.702 * x) + 1.702 * x * sigmoid(1.702 * x) * (1 - sigmoid(1.702 * x))


def _positive(p: Array) -> Array:
    return np.maximum(p, 0)


def _floored(p: Array) -> Array:
    return np.maximum(p, 0.1)


def _parts(x: Array) -> list[Array]:
    return [np.maximum(x, 0), sigmoid(x), np.tanh(x), x / (1 + np.abs(x))]


def _part_slopes(x: Array) -> list[Array]:
    cosh = np.cosh(np.clip(x, -300, 300))
    return [np.where(x > 0, 1.0, 0.0), sigmoid(x) * sigmoid(-x), 1 / cosh**2, 1 / (1 + np.abs(x)) ** 2]


def _weighted(functions: list[Array], w: Array) -> Array:
    """Return the sum of w[..., i] times function i."""
    return sum((w[..., i] * f for i, f in enumerate(functions)), np.float64(0))


def _stacked(values: list[Array]) -> Array:
    return np.stack(np.broadcast_arrays(*values), axis=-1)


def _total(w: Array) -> Array:
    return w.sum(-1) + 1e-8


WAVES: tuple[dict[str, Any], ...] = ({"a": -0.4, "b": 2.5}, {"a": 0.0, "b": 0.0})

REFERENCES: dict[str, Reference] = {
    "relu": Reference(lambda x: np.maximum(x, 0), lambda x: np.where(x > 0, 1.0, 0.0)),
    "leaky_relu": Reference(lambda x: np.where(x > 0, x, 0.01 * x), lambda x: np.where(x > 0, 1.0, 0.01), infinite=DOWN),
    "prelu": Reference(
        lambda x, a: np.where(x > 0, x, a * x),
        lambda x, a: np.where(x > 0, 1.0, a),
        {"a": lambda x, a: below(x)},
        start={"a": 0.25},
        elsewhere=({"a": -0.7}, {"a": 1.5}),
        infinite=DOWN,
    ),
    "rrelu": Reference(lambda x: np.where(x > 0, x, 11 / 48 * x), lambda x: np.where(x > 0, 1.0, 11 / 48), infinite=DOWN),
    "elu": _elu(1.0),
    "celu": _elu(1.0),
    "selu": _elu(1.6732632423543772, 1.0507009873554805),
    "silu": Reference(lambda x: x * sigmoid(x), lambda x: sigmoid(x) * (1 + x * (1 - sigmoid(x))), infinite=TORCH),
    "swish": Reference(
        lambda x, beta: x * sigmoid(beta * x),
        lambda x, beta: sigmoid(beta * x) * (1 + beta * x * (1 - sigmoid(beta * x))),
        {"beta": lambda x, beta: x * x * sigmoid(beta * x) * (1 - sigmoid(beta * x))},
        start={"beta": 1.0},
        elsewhere=({"beta": 1.6}, {"beta": -0.4}),
        infinite=TORCH,
    ),
    "gelu": Reference(lambda x: x * ndtr(x), lambda x: ndtr(x) + x * _normal_density(x), infinite=TORCH),
    "mish": Reference(
        lambda x: x * np.tanh(softplus(x)),
        lambda x: np.tanh(softplus(x)) + x * sigmoid(x) / np.cosh(np.minimum(softplus(x), 300)) ** 2,
        infinite=TORCH,
    ),
    "softplus": Reference(softplus, sigmoid),
    "pelu": Reference(
        lambda x, a, b: _floored(a) * np.where(x >= 0, x / _floored(b), np.expm1(below(x) / _floored(b))),
        lambda x, a, b: _floored(a) / _floored(b) * np.exp(below(x) / _floored(b)),
        {
            "a": lambda x, a, b: np.where(x >= 0, x / _floored(b), np.expm1(below(x) / _floored(b))),
            "b": lambda x, a, b: -_floored(a) * x / _floored(b) ** 2 * np.exp(below(x) / _floored(b)),
        },
        start={"a": 1.0, "b": 1.0},
        elsewhere=({"a": 0.7, "b": 1.4}, {"a": -0.3, "b": 0.6}, {"a": 0.8, "b": 0.02}),
        infinite=(-1.0, math.inf),
    ),
    "identity": Reference(lambda x: x, lambda x: np.ones_like(x), infinite=DOWN),
    "coslu": Reference(
        lambda x, a, b: (x + a * np.cos(b * x)) * sigmoid(x),
        _coslu_slope,
        {
            "a": lambda x, a, b: np.cos(b * x) * sigmoid(x),
            "b": lambda x, a, b: -a * x * np.sin(b * x) * sigmoid(x),
        },
        start={"a": 1.0, "b": 1.0},
        elsewhere=WAVES,
        infinite=NOWHERE,
    ),
    "sinlu": Reference(
        lambda x, a, b: (x + a * np.sin(b * x)) * sigmoid(x),
        _sinlu_slope,
        {
            "a": lambda x, a, b: np.sin(b * x) * sigmoid(x),
            "b": lambda x, a, b: a * x * np.cos(b * x) * sigmoid(x),
        },
        start={"a": 1.0, "b": 1.0},
        elsewhere=WAVES,
        infinite=NOWHERE,
    ),
    "delu": Reference(
        _delu,
        _delu_slope,
        {"n": lambda x, n: np.maximum(x, 0)},
        start={"n": 0.0},
        elsewhere=({"n": -0.8}, {"n": 0.6}),
    ),
    "helu": Reference(lambda x: _delu(x, np.float64(0)), lambda x: _delu_slope(x, np.float64(0))),
    "relun": Reference(
        lambda x, n: np.minimum(np.maximum(0, x), n),
        lambda x, n: np.where((x > 0) & (x < n), 1.0, 0.0),
        {"n": lambda x, n: np.where(np.maximum(x, 0) > n, 1.0, 0.0)},
        start={"n": 1.0},
        elsewhere=({"n": 2.3}, {"n": -0.3}),
        infinite=(0.0, 1.0),
    ),
    "shilu": Reference(
        lambda x, a, b: a * np.maximum(x, 0) + b,
        lambda x, a, b: np.where(x > 0, a, 0.0),
        {"a": lambda x, a, b: np.maximum(x, 0), "b": lambda x, a, b: np.ones_like(x)},
        start={"a": 1.0, "b": 1.0},
        elsewhere=({"a": 0.4, "b": -0.6}, {"a": -0.3, "b": 0.2}),
        infinite=(1.0, math.inf),
    ),
    "scaled_softsign": Reference(
        lambda x, a, b: a * x / (b + np.abs(x) + 1e-8),
        lambda x, a, b: a * (b + 1e-8) / (b + np.abs(x) + 1e-8) ** 2,
        {
            "a": lambda x, a, b: x / (b + np.abs(x) + 1e-8),
            "b": lambda x, a, b: -a * x / (b + np.abs(x) + 1e-8) ** 2,
        },
        start={"a": 1.0, "b": 1.0},
        elsewhere=({"a": 0.4, "b": 2.0}, {"a": -1.3, "b": -0.5}),
        infinite=(-1.0, 1.0),
    ),
    "lincomb": Reference(
        lambda x, w: _weighted(_parts(x), w),
        lambda x, w: _weighted(_part_slopes(x), w),
        {"w": lambda x, w: _stacked(_parts(x))},
        start={"w": 0.25},
        elsewhere=({"w": (0.9, -0.3, 0.2, 0.5)}, {"w": (-0.4, 0.0, 1.1, -0.6)}),
        infinite=(-0.5, math.inf),
    ),
    "norm_lincomb": Reference(
        lambda x, w: _weighted(_parts(x), w) / _total(w),
        lambda x, w: _weighted(_part_slopes(x), w) / _total(w),
        {"w": lambda x, w: _stacked([f / _total(w) - _weighted(_parts(x), w) / _total(w) ** 2 for f in _parts(x)])},
        start={"w": 0.25},
        elsewhere=({"w": (0.9, -0.3, 0.2, 0.5)}, {"w": (-0.4, 0.0, 1.1, 0.3)}),
        infinite=(-0.5, math.inf),
    ),
    "apalu": Reference(
        lambda x, a, b: np.where(x >= 0, _positive(a) * x * (1 + sigmoid(1.702 * x)), _positive(b) * np.expm1(below(x))),
        lambda x, a, b: np.where(x >= 0, _positive(a) * _apalu_right(x), _positive(b) * np.exp(below(x))),
        {
            "a": lambda x, a, b: np.where(x >= 0, x * (1 + sigmoid(1.702 * x)), 0.0),
            "b": lambda x, a, b: np.expm1(below(x)),
        },
        start={"a": 0.55, "b": 0.065},
        elsewhere=({"a": 0.9, "b": 0.4}, {"a": -0.2, "b": 0.3}, {"a": 0.5, "b": -1.0}),
        infinite=(-0.065, math.inf),
    ),
    "eelu": Reference(
        lambda x, alpha, beta: np.where(x >= 0, x, _positive(alpha) * np.expm1(_positive(beta) * below(x))),
        lambda x, alpha, beta: np.where(x >= 0, 1.0, _positive(alpha) * _positive(beta) * np.exp(_positive(beta) * below(x))),
        {
            "alpha": lambda x, alpha, beta: np.expm1(_positive(beta) * below(x)),
            "beta": lambda x, alpha, beta: _positive(alpha) * below(x) * np.exp(_positive(beta) * below(x)),
        },
        start={"alpha": 0.25, "beta": 1.0},
        elsewhere=({"alpha": 1.2, "beta": 0.6}, {"alpha": -0.1, "beta": 1.1}, {"alpha": 0.3, "beta": -0.5}),
        infinite=(-0.25, math.inf),
    ),
    "erelu": Reference(lambda x: np.maximum(x, 0), lambda x: np.where(x >= 0, 1.0, 0.0)),
    "eprelu": Reference(
        lambda x, a: np.where(x >= 0, x, a * x),
        lambda x, a: np.where(x >= 0, 1.0, a),
        {"a": lambda x, a: below(x)},
        start={"a": 0.1},
        elsewhere=({"a": -0.7}, {"a": 1.5}),
        infinite=DOWN,
    ),
    "mpelu": Reference(
        lambda x, alpha, beta: np.where(x >= 0, x, alpha * np.expm1(beta * below(x))),
        lambda x, alpha, beta: np.where(x >= 0, 1.0, alpha * beta * np.exp(beta * below(x))),
        {
            "alpha": lambda x, alpha, beta: np.expm1(beta * below(x)),
            "beta": lambda x, alpha, beta: alpha * below(x) * np.exp(beta * below(x)),
        },
        start={"alpha": 0.25, "beta": 1.0},
        elsewhere=({"alpha": 1.2, "beta": 0.6}, {"alpha": -0.4, "beta": 1.1}, {"alpha": 0.3, "beta": 0.0}),
        infinite=(-0.25, math.inf),
    ),
    "pdrelu": Reference(lambda x: np.maximum(x, 0), lambda x: np.where(x > 0, 1.0, 0.0), backward=lambda x: np.exp(below(x))),
}
