"""A formula as a kernel: its tree laid out as a list of steps, which give the value and, in forward mode, all derivatives.

The steps are run one after another, so that depth costs no recursion and the compiler sees a straight line. Constants are
folded, equal parts are computed once, and inside the branches of `where(x < c, …)` the input is kept on the branch's side of c
where the branch could overflow: a second differentiation multiplies what is not taken by 0, and 0 times infinity is NaN.
"""

import math
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from ..errors import FormulaError
from .formula_constants import fold
from .formula_rules import RULES, Choice, Operand, Tangent, added, filled, scaled
from .formula_tree import CONSTANTS, INPUT, Apply, Name, Node, Number, Parsed
from .kernel import Kernel

#: An earlier result by its index, or a constant.
Slot = int | Number

#: What can leave the range of numbers, or its domain, where its branch is not taken.
_RISKY = ("exp", "expm1", "log", "log1p", "sqrt", "sinh", "cosh", "tan", "/", "^")
#: Comparisons as seen from the other side.
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
#: Whether the comparison holds in the first and in the second branch.
_SIDES = (True, False)


@dataclass(frozen=True)
class Step:
    """One function of `RULES` and where its arguments come from."""

    function: str
    arguments: tuple[Slot, ...]


@dataclass(frozen=True)
class Program:
    """The steps of one formula. Result 0 is x, then come the parameters, then the steps; `result` is the formula's value."""

    text: str
    parameters: tuple[str, ...]
    steps: tuple[Step, ...] = field(compare=False, repr=False)
    result: Slot = field(compare=False, repr=False)
    varies: bool = field(compare=False, repr=False)
    """Whether the value is a result of its own for every element of x."""


def formula_kernel(parsed: Parsed) -> Kernel:
    """Return the kernel of a formula; its parameters come in the order in which the formula names them.

    Raises FormulaError for a constant part that is not a finite number, such as 1/0.
    """
    builder = _Builder(parsed)
    result = builder.add(parsed.tree, x=0)
    program = Program(parsed.text, tuple(parsed.parameters), tuple(builder.steps), result, builder.varies(result))
    return Kernel("formula", value, gradients, constants=(("program", program),))


def value(x: Tensor, *parameters: Tensor, program: Program) -> Tensor:
    """Return f(x), of the shape of x; the parameters broadcast to it."""
    results: list[Operand] = [x, *parameters]
    for step in program.steps:
        results.append(RULES[step.function].value(*_arguments(step, results, x)))
    result = _spread(_read(program.result, results), x)
    return result if program.varies else result.clone()  # so that the output shares memory with nothing


def gradients(grad: Tensor, x: Tensor, *parameters: Tensor, program: Program) -> tuple[Tensor, ...]:
    """Return the gradient in x and the terms of that in every parameter, each of the shape of x."""
    return tuple(grad * derivative for derivative in derivatives(x, *parameters, program=program))


def derivatives(x: Tensor, *parameters: Tensor, program: Program) -> tuple[Tensor, ...]:
    """Return the derivatives in x and in every parameter, each of the shape of x."""
    seeds = range(1 + len(parameters))
    results: list[Operand] = [x, *parameters]
    tangents: list[tuple[Tangent, ...]] = [tuple(1.0 if row == seed else None for seed in seeds) for row in seeds]
    for step in program.steps:
        rule = RULES[step.function]
        arguments = _arguments(step, results, x)
        y = rule.value(*arguments)
        rows = [tangents[a] if isinstance(a, int) else (None,) * len(seeds) for a in step.arguments]
        found: list[Tangent] = [None for _ in seeds]
        if isinstance(rule, Choice):
            found = [rule.choose(*arguments, tuple(row[seed] for row in rows)) for seed in seeds]
        else:
            for row, partial in zip(rows, rule.partials, strict=True):
                if any(t is not None for t in row):
                    slope = partial(*arguments, y)
                    found = [added(f, scaled(slope, t)) for f, t in zip(found, row, strict=True)]
        results.append(y)
        tangents.append(tuple(found))
    last = tangents[program.result] if isinstance(program.result, int) else (None,) * len(seeds)
    return tuple(_spread(0.0 if t is None else t, x) for t in last)


def _read(slot: Slot, results: list[Operand]) -> Operand:
    return results[slot] if isinstance(slot, int) else slot.value


def _arguments(step: Step, results: list[Operand], x: Tensor) -> list[Any]:
    arguments = [_read(slot, results) for slot in step.arguments]
    return [filled(a, x) for a in arguments] if isinstance(RULES[step.function], Choice) else arguments


def _spread(result: Operand, x: Tensor) -> Tensor:
    if isinstance(result, float):
        return torch.full_like(x, result)
    return result.expand_as(x)


class _Builder:
    """Lays a tree out as steps."""

    def __init__(self, parsed: Parsed) -> None:
        self.parsed = parsed
        self.slots: dict[str, int] = {name: i for i, name in enumerate((INPUT, *parsed.parameters))}
        self.steps: list[Step] = []
        self.known: dict[Step, int] = {}
        self.with_input: set[Slot] = {0}

    def add(self, node: Node, x: Slot) -> Slot:
        """Return the slot of a node's value; `x` is the slot of the input in this branch."""
        if isinstance(node, Number):
            return node
        if isinstance(node, Name):
            constant = CONSTANTS.get(node.name)
            return x if node.name == INPUT else self.slots[node.name] if constant is None else Number(constant)
        if node.name == "where":
            return self._where(node.arguments, x, node.position)
        arguments: list[Slot] = []
        for argument in node.arguments:
            arguments.append(self.add(argument, x))
        if node.name == "^" and arguments[0] == Number(math.e):
            return self._step("exp", arguments[1:], node.position)
        return self._step(node.name, arguments, node.position)

    def varies(self, slot: Slot) -> bool:
        """Return whether a slot holds a result of its own for every element of x: neither x itself nor less than its shape."""
        return slot != 0 and slot in self.with_input

    def _where(self, parts: tuple[Node, ...], x: Slot, position: int) -> Slot:
        comparison, *branches = parts
        condition = self.add(comparison, x)
        if isinstance(condition, Number):  # two constants were compared
            return self.add(branches[0] if condition.value else branches[1], x)
        step = self.steps[condition - len(self.slots)]
        sides = [self._guarded(step, x, holds) if _is_risky(b) else x for b, holds in zip(branches, _SIDES, strict=True)]
        taken = [self.add(branch, side) for branch, side in zip(branches, sides, strict=True)]
        return self._step("where", [condition, *taken], position)

    def _guarded(self, comparison: Step, x: Slot, holds: bool) -> Slot:
        """Return the slot of the input kept where the comparison holds, or does not; `x` if x is not on one side alone."""
        function, (left, right) = comparison.function, comparison.arguments
        if right == x:
            function, left, right = _MIRRORED.get(function, function), right, left
        if function not in _MIRRORED or left != x or right in self.with_input:
            return x
        above = (function in (">", ">=")) == holds
        return self._step("floor" if above else "ceiling", [x, right])

    def _step(self, function: str, arguments: list[Slot], position: int = 0) -> Slot:
        constants = [a.value for a in arguments if isinstance(a, Number)]
        if len(constants) == len(arguments):
            return self._folded(function, constants, position)
        step = Step(function, tuple(arguments))
        if step not in self.known:
            self.steps.append(step)
            self.known[step] = len(self.slots) + len(self.steps) - 1
            if self.with_input.intersection(arguments):
                self.with_input.add(self.known[step])
        return self.known[step]

    def _folded(self, function: str, arguments: list[float], position: int) -> Number:
        result = fold(function, arguments)
        if result is None:
            raise FormulaError(f"The constant part {self.parsed.place(position)} is not a finite number.")
        return Number(result)


def _is_risky(branch: Node) -> bool:
    """Return whether a part of a formula can overflow or leave the domain of a function; powers like x^2 are let pass."""
    waiting = [branch]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Apply):
            last = node.arguments[-1]
            harmless = isinstance(last, Number) and (node.name == "/" or (last.value > 0 and last.value == int(last.value)))
            if node.name in _RISKY and not (node.name in ("/", "^") and harmless):
                return True
            waiting += node.arguments
    return False
