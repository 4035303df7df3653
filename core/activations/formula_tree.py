"""What a user's own formula can say: its functions, operators and constants, and the tree it is read into."""

import math
from dataclasses import dataclass, field

#: Functions, and how each is written.
FUNCTIONS = {
    **{name: f"{name}(u)" for name in ("exp", "expm1", "log", "log1p", "sqrt", "abs", "sign", "sin", "cos", "tan", "sinh")},
    **{name: f"{name}(u)" for name in ("cosh", "tanh", "atan", "erf", "sigmoid", "softplus", "softsign", "relu", "silu")},
    "min": "min(u, v)",
    "max": "max(u, v)",
    "clamp": "clamp(u, low, high)",
    "where": "where(u < v, then, else)",
}
CONSTANTS = {"pi": math.pi, "e": math.e}
COMPARISONS = ("<", "<=", ">", ">=", "==")
OPERATORS = ("+", "-", "*", "/", "^", "**")
#: The input of the activation.
INPUT = "x"


@dataclass(frozen=True)
class Number:
    """A constant."""

    value: float


@dataclass(frozen=True)
class Name:
    """The input, a parameter, or one of `CONSTANTS`."""

    name: str


@dataclass(frozen=True)
class Apply:
    """An operator, a comparison or a function with its arguments; "neg" is the unary minus, and ** is "^"."""

    name: str
    arguments: tuple["Node", ...]
    position: int = field(default=0, compare=False)
    """Where the operator or the function's name stands in the text, from 1."""


Node = Number | Name | Apply


@dataclass(frozen=True)
class Parsed:
    """A formula that was read: its text with single blanks, its tree, and where each parameter first stands."""

    text: str
    tree: Node
    parameters: dict[str, int]

    def place(self, position: int) -> str:
        """Return "at position 5 of the formula '…'" for an error."""
        return place(self.text, position)


def place(text: str, position: int) -> str:
    """Return "at position 5 of the formula '…'" for an error."""
    return f"at position {position} of the formula '{text}'"
