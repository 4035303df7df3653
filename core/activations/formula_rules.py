"""The functions of the grammar as torch functions, each with its derivatives in closed form.

Values follow torch. So do derivatives at a kink: 0 at the kink of relu, abs and sign; at the ends of clamp, that of the end (0
for a number); of min and max of two equal numbers, half of each. A comparison has no derivative.

Operands are tensors or, where the formula has a constant, Python floats; at least one operand of a step is a tensor.
"""

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

Operand = Tensor | float
#: A derivative of a step in x or in a parameter; None where it is 0 everywhere.
Tangent = Tensor | float | None


@dataclass(frozen=True)
class Smooth:
    """A function with one partial derivative for each argument: `partials[i](*arguments, value)`.

    A number as partial derivative holds everywhere: no term is computed for 0, no product for 1.
    """

    value: Callable[..., Any]
    partials: tuple[Callable[..., Operand], ...]


@dataclass(frozen=True)
class Choice:
    """A function that takes one of its arguments, and that argument's derivative: a NaN of those not taken stays out.

    `choose(*arguments, tangents)` gets tensors only, but for tangents that are None.
    """

    value: Callable[..., Any]
    choose: Callable[..., Tangent]


def scaled(partial: Operand, tangent: Tangent) -> Tangent:
    """Return partial · tangent, without a product by 0 or 1."""
    if tangent is None or (isinstance(partial, float) and partial == 0):
        return None
    if isinstance(tangent, float) and tangent == 1:
        return partial
    return tangent if isinstance(partial, float) and partial == 1 else partial * tangent


def added(a: Tangent, b: Tangent) -> Tangent:
    """Return a + b, where None is 0."""
    if a is None or b is None:
        return b if a is None else a
    return a + b


def filled(value: Operand, like: Tensor) -> Tensor:
    """Return a number as a tensor of shape (), in the dtype and on the device of `like`."""
    return value if isinstance(value, Tensor) else torch.full((), value, dtype=like.dtype, device=like.device)


def select(condition: Tensor, then: Tangent, otherwise: Tangent, like: Tensor) -> Tangent:
    """Return `then` where the condition holds, else `otherwise`; nothing is multiplied."""
    if then is otherwise or (isinstance(then, float) and isinstance(otherwise, float) and then == otherwise):
        return then
    first, second = (filled(0.0 if t is None else t, like) for t in (then, otherwise))
    return torch.where(condition, first, second)


# ---- partial derivatives; `y` is the value


def _constant(number: float) -> Callable[..., float]:
    return lambda *arguments: number


def _power_base(u: Operand, v: Operand, y: Tensor) -> Operand:
    """Return v u^(v-1), 0 where v is 0."""
    if isinstance(v, float):
        return v if v in (0.0, 1.0) else 2.0 * u if v == 2 else v * u ** (v - 1.0)
    return torch.where(v == 0, filled(0.0, v), v * u ** (v - 1.0))


def _power_exponent(u: Operand, v: Operand, y: Tensor) -> Operand:
    """Return u^v log(u), 0 where u is 0 and v is not negative; NaN for negative u, whose power has no derivative in v."""
    if isinstance(u, float) and u > 0:
        return math.log(u) * y
    base = filled(u, y)
    zero = filled(0.0, y)
    return torch.where((base == 0) & (filled(v, y) >= 0), zero, y * torch.log(base))


def _relu(u: Tensor, y: Tensor) -> Tensor:
    return (u > 0).to(u.dtype)


def _silu(u: Tensor, y: Tensor) -> Tensor:
    s = torch.sigmoid(u)
    return torch.addcmul(s, y, 1 - s)


# ---- choices


def _where(condition: Tensor, then: Tensor, otherwise: Tensor, tangents: tuple[Tangent, ...]) -> Tangent:
    return select(condition, tangents[1], tangents[2], then)


def _min(u: Tensor, v: Tensor, tangents: tuple[Tangent, ...]) -> Tangent:
    return _extreme(u < v, u == v, u, tangents)


def _max(u: Tensor, v: Tensor, tangents: tuple[Tangent, ...]) -> Tangent:
    return _extreme(u > v, u == v, u, tangents)


def _extreme(first: Tensor, tie: Tensor, like: Tensor, tangents: tuple[Tangent, ...]) -> Tangent:
    half = scaled(0.5, added(*tangents))
    return select(first, tangents[0], select(tie, half, tangents[1], like), like)


def _clamp(u: Tensor, low: Tensor, high: Tensor, tangents: tuple[Tangent, ...]) -> Tangent:
    below = select(u <= low, tangents[1], tangents[0], u)
    return select((u >= high) | (low >= high), tangents[2], below, u)


def _smooth(value: Callable[..., Any], *partials: Callable[..., Operand] | float) -> Smooth:
    return Smooth(value, tuple(p if callable(p) else _constant(p) for p in partials))


#: Every operator and function of the grammar. "floor" and "ceiling" keep x on the side where a branch of `where` is taken: they
#: have the derivative of x, since what lies beyond is never selected.
RULES: dict[str, Smooth | Choice] = {
    "+": _smooth(operator.add, 1.0, 1.0),
    "-": _smooth(operator.sub, 1.0, -1.0),
    "*": _smooth(operator.mul, lambda u, v, y: v, lambda u, v, y: u),
    "/": _smooth(operator.truediv, lambda u, v, y: 1.0 / v, lambda u, v, y: -y / v),
    "^": _smooth(operator.pow, _power_base, _power_exponent),
    "neg": _smooth(operator.neg, -1.0),
    "<": _smooth(operator.lt, 0.0, 0.0),
    "<=": _smooth(operator.le, 0.0, 0.0),
    ">": _smooth(operator.gt, 0.0, 0.0),
    ">=": _smooth(operator.ge, 0.0, 0.0),
    "==": _smooth(operator.eq, 0.0, 0.0),
    "floor": _smooth(lambda u, low: torch.clamp(u, min=low), 1.0, 0.0),
    "ceiling": _smooth(lambda u, high: torch.clamp(u, max=high), 1.0, 0.0),
    "exp": _smooth(torch.exp, lambda u, y: y),
    "expm1": _smooth(torch.expm1, lambda u, y: torch.exp(u)),
    "log": _smooth(torch.log, lambda u, y: 1.0 / u),
    "log1p": _smooth(torch.log1p, lambda u, y: 1.0 / (1.0 + u)),
    "sqrt": _smooth(torch.sqrt, lambda u, y: 0.5 / y),
    "abs": _smooth(torch.abs, lambda u, y: torch.sign(u)),
    "sign": _smooth(torch.sign, 0.0),
    "sin": _smooth(torch.sin, lambda u, y: torch.cos(u)),
    "cos": _smooth(torch.cos, lambda u, y: -torch.sin(u)),
    "tan": _smooth(torch.tan, lambda u, y: 1.0 + y * y),
    "sinh": _smooth(torch.sinh, lambda u, y: torch.cosh(u)),
    "cosh": _smooth(torch.cosh, lambda u, y: torch.sinh(u)),
    "tanh": _smooth(torch.tanh, lambda u, y: 1.0 - y * y),
    "atan": _smooth(torch.atan, lambda u, y: 1.0 / (1.0 + u * u)),
    "erf": _smooth(torch.erf, lambda u, y: (2 / math.sqrt(math.pi)) * torch.exp(-u * u)),
    "sigmoid": _smooth(torch.sigmoid, lambda u, y: y * (1.0 - y)),
    "softplus": _smooth(lambda u: -logsigmoid(-u), lambda u, y: torch.sigmoid(u)),
    "softsign": _smooth(lambda u: u / (1.0 + torch.abs(u)), lambda u, y: 1.0 / (1.0 + torch.abs(u)) ** 2),
    "relu": _smooth(torch.relu, _relu),
    "silu": _smooth(torch.nn.functional.silu, _silu),
    "min": Choice(torch.minimum, _min),
    "max": Choice(torch.maximum, _max),
    "clamp": Choice(torch.clamp, _clamp),
    "where": Choice(torch.where, _where),
}
