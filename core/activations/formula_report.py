"""What an activation is like before anybody trains with it: kinks, range, value at 0, where it is flat or not finite.

Everything is measured, not derived: on a fine grid over [-20, 20] and, for what happens far out, at inputs up to ±10,000; where
something begins is found by bisection. A feature narrower than the grid's step of 1/128 can be missed.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .formula import Formula
from .formula_sample import FAR, NEAR, Interval, Sample
from .module import Activation

#: Flat parts that begin farther out than normalised inputs lie are facts, but no danger.
USUAL = 5.0


@dataclass(frozen=True)
class FormulaReport:
    """What was found. Derivatives are those of the function; intervals may reach to ±infinity; one of no width is a point."""

    formula: str
    """The text; of an activation of the registry its name."""
    parameters: dict[str, float]
    """The numbers of the formula, and the values at which everything was measured."""
    kinks: tuple[float, ...]
    """Where the derivative jumps, in [-20, 20]."""
    jumps: tuple[float, ...]
    """Where the value jumps, in [-20, 20]."""
    low: float
    """The smallest value; -inf where none was found."""
    high: float
    """The largest value; inf where none was found."""
    value_at_zero: float
    flat: tuple[Interval, ...]
    """Where the derivative is nearly 0 over a length of more than 1."""
    flat_in_training: tuple[Interval, ...]
    """The same of the derivative that training uses: another one for a pseudo derivative."""
    not_finite: tuple[Interval, ...]
    """Where, in single precision, the value or a derivative is infinite or no number."""
    idle: tuple[str, ...]
    """Parameters that get no gradient."""
    warnings: tuple[str, ...]
    """What can go wrong in training, one sentence each, the worst first."""

    @property
    def bounded(self) -> bool:
        """Whether the values lie in a finite interval."""
        return math.isfinite(self.low) and math.isfinite(self.high)

    @property
    def facts(self) -> tuple[str, ...]:
        """The range and the value at 0, one sentence each."""
        return (_range_sentence(self.low, self.high), f"f(0) = {_short(self.value_at_zero)}.")

    @property
    def breaks_training(self) -> tuple[Interval, ...]:
        """The intervals of `not_finite` that reach into [-20, 20]."""
        return tuple((low, high) for low, high in self.not_finite if low < NEAR and high > -NEAR)


def formula_report(formula: str | Formula, /, **parameters: Any) -> FormulaReport:
    """Return the report on a formula at the given start values, or on a formula that is made already, at its own.

    Raises FormulaError for what `make_activation("formula", …)` refuses.
    """
    module = formula if isinstance(formula, Formula) else Formula(formula=formula, **parameters)
    return activation_report(module)


def activation_report(module: Activation, values: Mapping[str, float] | None = None) -> FormulaReport:
    """Return the report on any activation with its noise off.

    `values` says some or all numbers of the formula (`module.scalar_names`); the others are at their start values.
    """
    numbers = {**module.start_scalars(), **(values or {})}
    sample = Sample(module, list(numbers.values()))
    value_jumps, value_poles = sample.breaks(sample.value)
    kinks, slope_poles = sample.breaks(sample.slope)
    not_finite = _merged([*sample.not_finite(), *((p, p) for p in [*value_poles, *slope_poles])])
    edges = [end for interval in not_finite for end in interval]
    jumps = _apart(value_jumps, edges)
    low, high = sample.range(edges)
    flat = _all_rounded(sample.flat(sample.slope))
    pseudo = module.kernel.true_derivative is not None
    found = FormulaReport(
        formula=module.parsed.text if isinstance(module, Formula) else module.name,
        parameters=numbers,
        kinks=_rounded(_apart(kinks, [*jumps, *edges])),
        jumps=_rounded(jumps),
        low=low,
        high=high,
        value_at_zero=sample.value_at_zero(),
        flat=flat,
        flat_in_training=_all_rounded(sample.flat(sample.slope_in_training)) if pseudo else flat,
        not_finite=_all_rounded(not_finite),
        idle=sample.idle(),
        warnings=(),
    )
    return replace(found, warnings=tuple(_warnings(found, sample.largest())))


def _merged(intervals: list[Interval]) -> tuple[Interval, ...]:
    """Return the intervals in order, without points that another one holds."""
    wide = [i for i in intervals if i[1] > i[0]]
    points = [i for i in intervals if i[1] == i[0] and not any(low - 1e-3 <= i[0] <= high + 1e-3 for low, high in wide)]
    return tuple(sorted([*wide, *((p, p) for p in _apart([p for p, _ in points], []))]))


def _apart(positions: list[float], others: Sequence[float]) -> tuple[float, ...]:
    """Return the positions in order, one of each that lie within 0.001 of each other or of `others`."""
    kept: list[float] = []
    for x in sorted(positions):
        if all(abs(x - other) > 1e-3 for other in (*kept[-1:], *others)):
            kept.append(x)
    return tuple(kept)


def _rounded(positions: Sequence[float]) -> tuple[float, ...]:
    return tuple(round(x, 6) + 0.0 if math.isfinite(x) else x for x in positions)


def _all_rounded(intervals: Sequence[Interval]) -> tuple[Interval, ...]:
    return tuple((low, high) for low, high in map(_rounded, intervals))


# ---- sentences


def _warnings(report: FormulaReport, largest: float) -> list[str]:
    sentences = not_finite_sentences(report.not_finite)
    if report.jumps:
        sentences.append(f"The value jumps {_at(report.jumps)}; no gradient tells of that.")
    for low, high in report.flat_in_training:
        if low < USUAL and high > -USUAL:
            sentences.append(f"No gradient {_where((low, high))}: a unit whose inputs all lie there learns nothing.")
    for name in report.idle:
        sentences.append(f"'{name}' gets no gradient at these values.")
    if largest > FAR:
        sentences.append(f"The value reaches a size of {largest:.2g} within [-20, 20]; training can diverge.")
    if report.kinks:
        sentences.append(f"Not differentiable {_at(report.kinks)}.")
    if math.isfinite(report.value_at_zero) and report.value_at_zero != 0:
        sentences.append(f"f(0) is {_short(report.value_at_zero)}, not 0: an input of 0 does not stay 0.")
    return sentences


def not_finite_sentences(intervals: Sequence[Interval]) -> list[str]:
    """Return one sentence for each interval, and one for all single points."""
    places = [_where(interval) for interval in intervals if interval[1] > interval[0]]
    points = [low for low, high in intervals if low == high]
    if points:
        places.append(_at(points))
    return [f"The value or a derivative is not a finite number {place} (in float32)." for place in places]


def _range_sentence(low: float, high: float) -> str:
    if low > high:
        return "No value is a number."
    if math.isinf(low) and math.isinf(high):
        return "The values are unbounded below and above."
    if math.isinf(high):
        return f"The values are at least {_short(low)}, and unbounded above."
    if math.isinf(low):
        return f"The values are at most {_short(high)}, and unbounded below."
    return f"The values lie between {_short(low)} and {_short(high)}."


def _where(interval: Interval) -> str:
    """Return "for x below 0", "for x between 1 and 2", "at x = 0" …"""
    low, high = interval
    if math.isinf(low) and math.isinf(high):
        return "for any x"
    if math.isinf(low):
        return f"for x below {_short(high)}"
    if math.isinf(high):
        return f"for x above {_short(low)}"
    return f"for x between {_short(low)} and {_short(high)}"


def _at(positions: Sequence[float], at_most: int = 5) -> str:
    """Return "at x = -1, 0 and 2", or the first places and how many more there are."""
    shown = [_short(x) for x in positions[:at_most]]
    if len(positions) > at_most:
        return f"at x = {', '.join(shown)} and {len(positions) - at_most} more places"
    return f"at x = {', '.join(shown[:-1])}{' and ' if shown[:-1] else ''}{shown[-1]}"


def _short(number: float) -> str:
    return f"{number:.4g}"
