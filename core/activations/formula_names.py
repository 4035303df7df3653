"""Formulas with a name: for this process they stand in the registry; in files they stand as formulas."""

import re
import warnings
from collections.abc import Mapping
from functools import partial
from typing import Any

from ..errors import FormulaError, normalise_name
from .formula import Formula, check_name
from .formula_report import formula_report, not_finite_sentences
from .module import Activation
from .registry import ActivationInfo, enter, make_activation

#: Normalised name -> name, and the options of the formula.
_named: dict[str, tuple[str, dict[str, Any]]] = {}


def activation_from_formula(
    formula: str,
    /,
    *,
    name: str | None = None,
    sharing: str = "layer",
    num_channels: int | None = None,
    channel_axis: int = 1,
    **starts: Any,
) -> Activation:
    """Return a new activation with the user's own formula: `activation_from_formula("x * sigmoid(a*x) + b", a=1.0, b=0.0)`.

    Every name in the formula but x, pi and e is a parameter and needs a start. `sharing`, `num_channels` and `channel_axis`
    are those of `make_activation`. With a `name`, models, surgery and configs of this process know it by that name; a run
    stores the formula itself.

    Warns where the value or a derivative is not finite for an input in [-20, 20]; `formula_report` says more. Raises
    FormulaError for a formula that cannot be read, a start that is missing, not used or no number, and a name that stands for
    something else.
    """
    for start in starts:
        check_name(start)
    module = Formula(formula=formula, sharing=sharing, num_channels=num_channels, channel_axis=channel_axis, **starts)
    report = formula_report(module)
    for sentence in not_finite_sentences(report.breaks_training):
        warnings.warn(f"The formula '{report.formula}' can break training. {sentence}", stacklevel=2)
    if name is None:
        return module
    name_formula(name, module)
    return make_activation(name, sharing=sharing, num_channels=num_channels, channel_axis=channel_axis)


def name_formula(name: str, module: Formula) -> None:
    """Let `name` stand for a formula in the registry of this process; once more for the same formula changes nothing.

    Raises FormulaError for a name that cannot be typed as one or that stands for another formula, ExplorerError for the name of
    another activation.
    """
    key = normalise_name(name)
    if key in _named:
        if _named[key][1] != module.options:
            raise FormulaError(
                f"The name '{name}' stands for the formula {_shown(_named[key][1])} already; choose another one."
            )
        return
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", name):
        raise FormulaError(f"'{name}' cannot name a formula: letters, digits, '_' and '-' are allowed, the first a letter.")
    report = formula_report(module)
    info = ActivationInfo(
        name=name,
        title=name,
        formula=module.latex,
        parameters=module.start_values(),
        default_sharing="layer",
        reference="A formula of one's own",
        differs="nowhere",
        trainable=module.trainable,
        stochastic=False,
        surrogate_gradient=False,
        bounded=report.bounded,
        value_at_zero=report.value_at_zero,
        options={key: (start, f"Start of {key}.") for key, start in module.start_values().items()},
    )
    enter(partial(_make_named, name), info)
    _named[key] = (name, dict(module.options))


def portable(name: str, options: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return an activation's name and options as every other process knows them.

    A named formula becomes "formula" with its text and starts; a formula's starts become floats; all else stays as it is.
    Raises FormulaError for options that do not fit the formula.
    """
    key = normalise_name(name)
    if key in _named:
        options = {**_named[key][1], **_starts(options)}
    elif key != Formula.name:
        return name, dict(options)
    return Formula.name, Formula(**options).options


def _make_named(name: str, /, **arguments: Any) -> Activation:
    settings = {key: arguments.pop(key) for key in ("sharing", "num_channels", "channel_axis")}
    module = Formula(**settings, **{**_named[normalise_name(name)][1], **_starts(arguments)})
    module.name = name  # type: ignore[misc]  # of this instance alone
    return module


def _starts(options: Mapping[str, Any]) -> Mapping[str, Any]:
    for key in options:
        check_name(key)
    return options


def _shown(options: Mapping[str, Any]) -> str:
    """Return "'x * sigmoid(a*x)' with a = 1"."""
    starts = " and ".join(f"{key} = {value:g}" for key, value in options.items() if key != "formula")
    return f"'{options['formula']}'" + (f" with {starts}" if starts else "")
