"""Numbers as the app writes them: % with one decimal, points for differences, a true minus, n beside every mean."""

import math

#: What a column of metrics.csv is called in a sentence.
QUANTITIES = {
    "train_accuracy": "training accuracy",
    "val_accuracy": "validation accuracy",
    "test_accuracy": "test accuracy",
    "train_loss": "training loss",
    "val_loss": "validation loss",
    "test_loss": "test loss",
}
#: What stands in place of a number that does not exist.
UNDEFINED = "–"


def quantity(column: str) -> str:
    """Return the name of a metrics column in a sentence: `val_accuracy` is "validation accuracy"."""
    return QUANTITIES.get(column, column.replace("_", " "))


def is_share(column: str) -> bool:
    """Return whether a column holds shares from 0 to 1, written in % (and their differences in points)."""
    return column.endswith(("accuracy", "share"))


def lower_is_better(column: str) -> bool:
    """Return whether less of a column is better: losses and errors."""
    return column.endswith(("loss", "error"))


def number(value: float, decimals: int, sign: bool = False) -> str:
    """Return `value` with a true minus; `sign` also writes the plus. What rounds to zero has no sign."""
    if not math.isfinite(value):
        return UNDEFINED
    rounded = round(value, decimals) + 0.0
    mark = "−" if rounded < 0 else "+" if sign and rounded > 0 else ""
    return f"{mark}{abs(rounded):,.{decimals}f}"


def short(value: float) -> str:
    """Return a number with up to four significant digits, as in a formula: "0.55", "−1", "∞"; what is no number is "–"."""
    if math.isnan(value):
        return UNDEFINED
    text = "∞" if math.isinf(value) else f"{abs(value):.4g}"
    return f"−{text}" if value < 0 else text


def decimals_for(value: float, digits: int = 3) -> int:
    """Return the decimals that show `digits` significant digits of `value` (0 to 8)."""
    if not math.isfinite(value) or value == 0:
        return digits - 1
    return min(8, max(0, digits - 1 - math.floor(math.log10(abs(value)))))


def percent(share: float, decimals: int = 1) -> str:
    """Return a share from 0 to 1 in %: 0.912 is "91.2 %"."""
    return f"{number(100 * share, decimals)} %" if math.isfinite(share) else UNDEFINED


def value_text(value: float, column: str) -> str:
    """Return one value of `column`: % for shares, else three significant digits."""
    return percent(value) if is_share(column) else number(value, decimals_for(value))


def difference_text(difference: float, column: str) -> str:
    """Return a difference with its sign: "+0.4 points" for shares, else three significant digits."""
    if is_share(column):
        return f"{number(100 * difference, 1, sign=True)} points"
    return number(difference, decimals_for(difference), sign=True)


def interval_text(low: float, high: float, column: str) -> str:
    """Return an interval of differences, without the unit: "−0.3 to +0.7"."""
    scale, decimals = (100, 1) if is_share(column) else (1, decimals_for(max(abs(low), abs(high))))
    return f"{number(scale * low, decimals, sign=True)} to {number(scale * high, decimals, sign=True)}"


def mean_sd_text(mean: float, sd: float, n: int, column: str) -> str:
    """Return "91.2 ± 0.2 % (n = 5)"; one value has no sd: "91.2 % (n = 1)"; none at all is "–"."""
    if n == 0 or not math.isfinite(mean):
        return UNDEFINED
    scale, decimals, unit = (100, 1, " %") if is_share(column) else (1, decimals_for(mean), "")
    spread = f" ± {number(scale * sd, decimals)}" if n > 1 and math.isfinite(sd) else ""
    return f"{number(scale * mean, decimals)}{spread}{unit} (n = {n})"


def count(n: int, noun: str, plural: str | None = None) -> str:
    """Return "1 seed", "5 seeds", "1,000 images"."""
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"
