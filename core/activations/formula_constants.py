"""The constant parts of a formula as Python numbers: no tensor is made, so that devices and fake tensors play no part."""

import math
import operator
from collections.abc import Callable, Sequence


def _sigmoid(u: float) -> float:
    return 1 / (1 + math.exp(-u)) if u >= 0 else math.exp(u) / (1 + math.exp(u))


_FUNCTIONS: dict[str, Callable[..., float]] = {
    **{name: getattr(math, name) for name in ("exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan", "sinh", "cosh")},
    **{name: getattr(math, name) for name in ("tanh", "atan", "erf")},
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": math.pow,
    "neg": operator.neg,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "abs": abs,
    "sign": lambda u: float((u > 0) - (u < 0)),
    "sigmoid": _sigmoid,
    "softplus": lambda u: max(u, 0.0) + math.log1p(math.exp(-abs(u))),
    "softsign": lambda u: u / (1 + abs(u)),
    "relu": lambda u: max(u, 0.0),
    "silu": lambda u: u * _sigmoid(u),
    "min": min,
    "max": max,
    "clamp": lambda u, low, high: min(max(u, low), high),
}


def fold(function: str, arguments: Sequence[float]) -> float | None:
    """Return the value of an operator or a function, 0 or 1 for a comparison; None if it is not a finite number."""
    try:
        result = float(_FUNCTIONS[function](*arguments))
    except (ValueError, OverflowError, ZeroDivisionError):
        return None
    return result if math.isfinite(result) else None
