"""Is the difference real? Intervals from few seeds, and a verdict that says "cannot tell" when it must.

Means carry Student's t interval; differences carry Welch's, which does not suppose equal spread (B. L. Welch, Biometrika 34,
1947). Values that are not finite (a run that diverged) are left out and counted, never silently.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from . import wording

#: Confidence of every interval.
LEVEL = 0.95
#: Chance with which the "smallest difference this n could find" would be found.
POWER = 0.80


@dataclass(frozen=True)
class Summary:
    """Mean of `n` values, their sd (divided by n − 1) and the t interval of the mean; NaN where n does not allow them."""

    n: int
    mean: float
    sd: float
    low: float
    high: float


@dataclass(frozen=True)
class Welch:
    """Difference of two means a − b, with its interval, standard error and Welch's degrees of freedom."""

    difference: float
    low: float
    high: float
    standard_error: float
    degrees: float


@dataclass(frozen=True)
class Verdict:
    """What a comparison of a with b allows one to say.

    `kind` is about a: "better" or "worse" only when the 95 % Welch interval of the difference excludes 0 and both have at least
    two seeds; everything else is "cannot tell". `difference`, `low`, `high` are a − b in the column's unit (shares from 0 to 1
    for accuracies), NaN where they do not exist. `detectable` is the smallest true difference that this n, at this spread,
    would find in 80 % of repetitions.
    """

    kind: Literal["better", "worse", "cannot tell"]
    sentence: str
    difference: float
    low: float
    high: float
    n_a: int
    n_b: int
    detectable: float = math.nan


def summary(values: Iterable[float], level: float = LEVEL) -> Summary:
    """Return mean, sd and the t interval of the mean of `values`, which are independent runs."""
    v = finite(values)
    if v.size == 0:
        return Summary(0, math.nan, math.nan, math.nan, math.nan)
    mean = float(v.mean())
    if v.size == 1:
        return Summary(1, mean, math.nan, math.nan, math.nan)
    sd = float(v.std(ddof=1))
    half = t_quantile((1 + level) / 2, v.size - 1) * sd / math.sqrt(v.size)
    return Summary(int(v.size), mean, sd, mean - half, mean + half)


def welch_interval(a: Iterable[float], b: Iterable[float], level: float = LEVEL) -> Welch:
    """Return the interval of mean(a) − mean(b); NaN bounds when one of them has fewer than two values or neither has spread."""
    x, y = finite(a), finite(b)
    if x.size == 0 or y.size == 0:
        return Welch(math.nan, math.nan, math.nan, math.nan, math.nan)
    difference = float(x.mean() - y.mean())
    if x.size < 2 or y.size < 2:
        return Welch(difference, math.nan, math.nan, math.nan, math.nan)
    u, v = float(x.var(ddof=1)) / x.size, float(y.var(ddof=1)) / y.size
    # Equal values leave a variance of rounding errors, not of runs.
    if u + v <= (1e-12 * max(1e-300, float(np.abs(x).max()), float(np.abs(y).max()))) ** 2:
        return Welch(difference, math.nan, math.nan, 0.0, math.nan)
    error = math.sqrt(u + v)
    degrees = (u + v) ** 2 / (u**2 / (x.size - 1) + v**2 / (y.size - 1))
    half = t_quantile((1 + level) / 2, degrees) * error
    return Welch(difference, difference - half, difference + half, error, degrees)


def detectable_difference(welch: Welch, level: float = LEVEL, power: float = POWER) -> float:
    """Return the smallest true difference whose interval excludes 0 with probability `power`, at this spread and n.

    NaN where there is no interval. The t test's power at Welch's degrees of freedom, solved by bisection.
    """
    if not (welch.standard_error > 0 and welch.degrees > 0):
        return math.nan
    limits = _limits(t_quantile((1 + level) / 2, welch.degrees), welch.degrees)
    low, high = 0.0, 1.0
    while _power(high, limits) < power:
        low, high = high, 2 * high
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if _power(middle, limits) < power else (low, middle)
    return high * welch.standard_error


def _limits(threshold: float, degrees: float) -> np.ndarray:
    """Return 1,000 equally likely values of threshold · S, where S² is chi-square over its `degrees`, as in the t test."""
    from scipy.special import gammaincinv

    middles = (np.arange(1000) + 0.5) / 1000
    return threshold * np.sqrt(2 * gammaincinv(degrees / 2, middles) / degrees)


def _power(shift: float, limits: np.ndarray) -> float:
    """Return P(|Z + shift| > limit), Z standard normal; scipy's noncentral t fails for the large shifts that two seeds need."""
    from scipy.special import ndtr

    return float((ndtr(shift - limits) + ndtr(-shift - limits)).mean())


def verdict(
    a: Iterable[float],
    b: Iterable[float],
    name_a: str,
    name_b: str,
    *,
    column: str = "val_accuracy",
    data: str = "",
) -> Verdict:
    """Compare a with b, one value per seed.

    `column` says what the values are: accuracies are shares and written in points; for losses less is better. `data` ends up in
    the sentence ("fashion-sample").
    """
    a, b = list(a), list(b)
    x, y = finite(a), finite(b)
    welch = welch_interval(x, y)
    detectable = detectable_difference(welch)
    kind: Literal["better", "worse", "cannot tell"] = "cannot tell"
    if welch.low > 0 or welch.high < 0:
        kind = "better" if (welch.difference > 0) != wording.lower_is_better(column) else "worse"
    sentence = _sentence(kind, welch, (x.size, y.size), (name_a, name_b), column, data, detectable)
    lost = len(a) + len(b) - x.size - y.size
    if lost:
        sentence += f" {wording.count(lost, 'run')} without a finite value left out."
    return Verdict(kind, sentence, welch.difference, welch.low, welch.high, int(x.size), int(y.size), detectable)


def finite(values: Iterable[float]) -> np.ndarray:
    """Return the finite `values` as float64, shape (n,)."""
    v = np.asarray(list(values), dtype=np.float64).reshape(-1)
    return v[np.isfinite(v)]


def t_quantile(share: float, degrees: float) -> float:
    """Return the quantile of Student's t distribution; scipy.special because scipy.stats takes a second to import."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees, share))


def _sentence(
    kind: str,
    welch: Welch,
    n: tuple[int, int],
    names: tuple[str, str],
    column: str,
    data: str,
    detectable: float,
) -> str:
    a, b = names
    what, on = wording.quantity(column), f" on {data}" if data else ""
    difference = wording.difference_text(welch.difference, column)
    if min(n) == 0:
        empty = " and ".join(name for name, k in zip(names, n, strict=True) if k == 0)
        return f"Cannot tell: no {what}{on} for {empty}."
    if min(n) == 1:
        return f"Cannot tell: {_one_seed(n, names)}. {a} against {b}: {difference} {what}{on}."
    if math.isnan(welch.low):
        return f"Cannot tell: no spread between the seeds (n = {n[0]} and {n[1]}). {a} against {b}: {difference} {what}{on}."
    interval = wording.interval_text(welch.low, welch.high, column)
    evidence = f"{difference} (95 % Welch interval {interval}; n = {n[0]} and {n[1]} seeds{on})."
    if kind != "cannot tell":
        return f"{a} is {kind} than {b} in {what}: {evidence}"
    smallest = wording.difference_text(detectable, column).lstrip("+")
    return (
        f"Cannot tell whether {a} or {b} is better in {what}: {evidence}"
        f" At this spread, so many seeds find a difference of {smallest} in 80 % of cases."
    )


def _one_seed(n: tuple[int, int], names: tuple[str, str]) -> str:
    if n == (1, 1):
        return "one seed each"
    return f"{names[0] if n[0] == 1 else names[1]} has one seed"
