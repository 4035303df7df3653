"""A formula that somebody is typing: its parameters, what it is like, and where it is wrong."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..config import FORMULA, join_activation

if TYPE_CHECKING:
    from ..activations import FormulaReport

#: What a parameter starts at if nothing is said.
START = 1.0
_POSITION = re.compile(r"\bat position (\d+)\b")


@dataclass(frozen=True, kw_only=True)
class OwnFormula:
    """A formula that can be trained with."""

    text: str
    """With single blanks."""
    starts: dict[str, float]
    """The start of every parameter, in the order of the formula."""
    latex: str
    """Without dollar signs."""
    report: "FormulaReport"

    @property
    def activation(self) -> str:
        """What the command line, a config and `shape_table` take: `formula:x * sigmoid(a*x),a=1.0`."""
        return join_activation(FORMULA, {FORMULA: self.text, **self.starts})


def read_formula(text: str, starts: Mapping[str, float] | None = None) -> OwnFormula:
    """Return the formula with its parameters; those that `starts` does not say start at 1, names it does not have are left out.

    Raises FormulaError for a text that is no formula and for a name that cannot be a parameter; nothing is ever evaluated as
    Python.
    """
    from ..activations import formula_report
    from ..activations.formula import Formula, checked_starts
    from ..activations.formula_grammar import parse

    parsed = parse(text)
    given = checked_starts(parsed, {name: float((starts or {}).get(name, START)) for name in parsed.parameters})
    options: dict[str, Any] = {FORMULA: parsed.text, **given}
    module = Formula(**options)
    report = formula_report(module)
    return OwnFormula(text=module.parsed.text, starts=module.start_values(), latex=module.latex, report=report)


def caret_lines(text: str, error: str) -> str | None:
    """Return the formula and, in a second line, a caret under the position that the error names; None if it names none."""
    found = _POSITION.search(error)
    if found is None:
        return None
    return f"{' '.join(text.split())}\n{' ' * (int(found[1]) - 1)}^"
