"""A user's own formula as an activation: its parameters are trained like those of any other.

Formula: f(x) = what the option `formula` says, in the grammar of `formula_grammar`
Gradients: by the chain rule over the formula, in closed form (`formula_rules`)
Parameters: every name of the formula but x, pi and e; each starts at the value that is given with it
Reference: none, it is the user's own
Differs: nowhere
"""

import math
from collections.abc import Mapping
from typing import Any, ClassVar

from ..errors import FormulaError
from .formula_grammar import guess, parse
from .formula_latex import to_latex
from .formula_program import formula_kernel
from .formula_tree import CONSTANTS, FUNCTIONS, INPUT, Parsed
from .kernel import Kernel
from .module import Activation
from .registry import register

#: Names that no parameter can have: a module has them already, or they are arguments of the functions that make one.
RESERVED = frozenset(dir(Activation)) | {
    "channel_axis", "formula", "held", "kernel", "latex", "name", "noise_generator", "noise_on", "noise_site", "num_channels",
    "options", "parsed", "self", "sharing", "training", "true_gradients",
}  # fmt: skip


class Formula(Activation):
    """A formula with trainable parameters; its options are the text and the start of every parameter."""

    name = "formula"
    option_defaults: ClassVar = {
        "formula": ("x", "The formula, such as x * sigmoid(a*x) + b; the start of each parameter is an option too: a=1.0.")
    }

    @property
    def parsed(self) -> Parsed:
        """The formula's tree; not kept, so that copies and files hold the text alone."""
        return parse(self.options["formula"])

    @property
    def latex(self) -> str:
        """The formula in LaTeX, without dollar signs."""
        return f"f(x) = {to_latex(self.parsed.tree)}"

    def make_kernel(self) -> Kernel:
        return formula_kernel(self.parsed)

    def make_starts(self) -> dict[str, float]:
        return {key: value for key, value in self.options.items() if key != "formula"}

    def _complete(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return the text and the starts, in the order of the formula, as plain types that JSON keeps."""
        if "formula" not in options:
            raise FormulaError("The activation 'formula' needs its formula, such as formula='x * sigmoid(a*x)'.")
        parsed = parse(options["formula"])
        given = {key: value for key, value in options.items() if key != "formula"}
        return {"formula": parsed.text, **checked_starts(parsed, given)}


def checked_starts(parsed: Parsed, given: Mapping[str, Any]) -> dict[str, float]:
    """Return the start of every parameter, in the order of the formula; raise FormulaError if `given` does not fit it."""
    for name in (*given, *parsed.parameters):
        check_name(name)
    for name in given:
        if name not in parsed.parameters:
            known = ", ".join(parsed.parameters)
            tail = f"Its parameters: {known}." if known else "It has no parameters."
            raise FormulaError(f"The formula '{parsed.text}' does not use '{name}'.{guess(name, parsed.parameters)} {tail}")
    for name, position in parsed.parameters.items():
        if name not in given:
            near = guess(name, (INPUT, *FUNCTIONS, *given))
            raise FormulaError(f"'{name}' {parsed.place(position)} has no start value; give one, such as {name}=1.0.{near}")
        value = given[name]
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise FormulaError(
                f"The start of '{name}' in the formula '{parsed.text}' must be a finite number; received {value!r}."
            )
    return {name: float(given[name]) for name in parsed.parameters}


def check_name(name: str) -> None:
    """Raise FormulaError for a name that already means something else."""
    if name == INPUT:
        what = "the input"
    elif name in CONSTANTS:
        what = f"the constant {CONSTANTS[name]:.5g}"
    elif name in FUNCTIONS:
        what = f"the function {FUNCTIONS[name]}"
    elif name in RESERVED:
        what = "a name that every activation uses itself"
    else:
        return
    raise FormulaError(f"'{name}' cannot be a parameter of a formula: it is {what}. Choose another name.")


register(
    Formula,
    title="Formula",
    formula=r"f(x) = \text{your own formula}",
    card=__doc__,
    listed=False,
)
