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
    from ..activations.formula_sample import FLAT

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
        "Not differentiable": _places([*report.kinks, *report.jumps], report.not_finite),
        f"Gradient below {FLAT:.6f}": _flat(report.flat_in_training),
        "Can a unit die?": dying_risk(report),
    }
    return Facts(info=info, report=report, table=pd.DataFrame({"fact": list(rows), "value": list(rows.values())}))


def dying_risk(report: "FormulaReport") -> str:
    """Return whether a unit can lose its gradient for good, and where, for inputs as they usually are (up to 5 from 0)."""
    from ..activations.formula_report import USUAL

    usual = [part for part in report.flat_in_training if part[0] < USUAL and part[1] > -USUAL]
    if any(math.isinf(low) and math.isinf(high) for low, high in usual):
        return "it is dead from the start: no input has a gradient"
    if usual:
        return f"yes, one whose inputs all lie {' or '.join(map(_where, usual))}"
    return f"no, all inputs between {wording.short(-USUAL)} and {wording.short(USUAL)} have a gradient"


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


def _places(positions: Sequence[float], not_finite: Sequence[tuple[float, float]]) -> str:
    shown = [wording.short(x) for x in sorted(positions)]
    more = f" and {len(shown) - 5} more places" if len(shown) > 5 else ""
    found = [f"at x = {', '.join(shown[:5])}{more}"] if shown else []
    found += [f"not a finite number {' and '.join(map(_where, not_finite))}"] if not_finite else []
    return "; ".join(found) or "nowhere: it is smooth"


def _flat(parts: Sequence[tuple[float, float]]) -> str:
    return f"for inputs {' and '.join(map(_where, parts))}" if parts else "nowhere"


def _where(part: tuple[float, float]) -> str:
    low, high = part
    if low == high:
        return f"at {wording.short(low)}"
    if math.isinf(low) and math.isinf(high):
        return "anywhere"
    if math.isinf(low):
        return f"below {wording.short(high)}"
    return f"above {wording.short(low)}" if math.isinf(high) else f"between {wording.short(low)} and {wording.short(high)}"
