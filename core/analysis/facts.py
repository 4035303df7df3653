"""What holds of one activation, in words: from its card in the registry, and measured at the values it is given."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from . import wording
from .choice import make_chosen, read_choice

if TYPE_CHECKING:
    from ..activations import Activation, ActivationInfo, FormulaReport


@dataclass(frozen=True, kw_only=True)
class Facts:
    """The card of an activation, and the report on it at the values of its parameters (not at its start)."""

    info: "ActivationInfo"
    report: "FormulaReport"
    table: pd.DataFrame
    """One row per fact: fact, value (both words)."""


def activation_facts(
    activation: str, parameters: Mapping[str, float] | None = None, options: Mapping[str, Any] | None = None
) -> Facts:
    """Return what holds of an activation at given values; arguments and errors as in `shape_table`."""
    from ..activations import activation_report, describe

    choice = read_choice(activation, parameters, options)
    info, module = describe(choice.name), make_chosen(choice)
    report = activation_report(module, choice.parameters)
    rows = {
        "Learns": _learns(module),
        "Default sharing": info.default_sharing if module.trainable else "nothing to share",
        "Noise": "in training, off in evaluation" if info.stochastic else "none",
        "Gradient in training": _gradient(info, module),
        "Outputs": _range(report),
        "Bounded": "yes" if report.bounded else "no",
        "Value at 0": wording.short(report.value_at_zero),
        "Not differentiable": _places([*report.kinks, *report.jumps]),
        "No gradient in training": _flat(report.flat_in_training),
        "Can a unit die?": dying_risk(report),
    }
    return Facts(info=info, report=report, table=pd.DataFrame({"fact": list(rows), "value": list(rows.values())}))


def dying_risk(report: "FormulaReport") -> str:
    """Return whether a unit can lose its gradient for good, and where, for inputs as they usually are (up to 5 from 0)."""
    from ..activations.formula_report import USUAL

    usual = [part for part in report.flat_in_training if part[0] < USUAL and part[1] > -USUAL]
    if any(math.isinf(low) and math.isinf(high) for low, high in usual):
        return "it is dead from the start: no input has a gradient"
    sides = [_where(part) for part in usual if math.isinf(part[0]) or math.isinf(part[1])]
    return f"yes, one whose inputs all lie {' or '.join(sides)}" if sides else "no"


def _learns(module: "Activation") -> str:
    names = module.scalar_names
    return f"{wording.count(len(names), 'parameter')}: {', '.join(names)}" if names else "nothing"


def _gradient(info: "ActivationInfo", module: "Activation") -> str:
    """Return whether training uses the gradient of the function, and what else it uses."""
    if module.kernel.true_derivative is not None:
        return "a pseudo derivative in place of the function's own"
    if info.surrogate_gradient:
        floors = [f"max({wording.short(floor)}, {name})" for name, floor in module.floors.items()]
        return f"that of the function; below its limit a parameter learns all the same ({' and '.join(floors)})"
    return "that of the function"


def _range(report: "FormulaReport") -> str:
    if report.low > report.high:
        return "no output is a number"
    return f"{wording.short(report.low)} to {wording.short(report.high)}"


def _places(positions: Sequence[float]) -> str:
    shown = [wording.short(x) for x in sorted(positions)]
    if not shown:
        return "nowhere: it is smooth"
    more = f" and {len(shown) - 5} more places" if len(shown) > 5 else ""
    return f"at x = {', '.join(shown[:5])}{more}"


def _flat(parts: Sequence[tuple[float, float]]) -> str:
    return " and ".join(_where(part) for part in parts) or "nowhere"


def _where(part: tuple[float, float]) -> str:
    low, high = part
    if math.isinf(low) and math.isinf(high):
        return "anywhere"
    if math.isinf(low):
        return f"below {wording.short(high)}"
    return f"above {wording.short(low)}" if math.isinf(high) else f"between {wording.short(low)} and {wording.short(high)}"
