"""The filter of the runs table: words and conditions, all of which must hold.

    activation=coslu,eelu seed<3 status!=failed resnet8

A bare word must stand somewhere in the row. Values are compared without case; numbers as numbers.
"""

import operator
import re
import shlex
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from core.errors import ExplorerError, unknown_name

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "=": operator.eq,
}
_CONDITION = re.compile(r"([A-Za-z_]\w*)(<=|>=|!=|<|>|=)(.*)", re.DOTALL)


def check_filter(where: str, columns: Sequence[str]) -> str | None:
    """Return what is wrong with the filter, as a sentence; None if it can be used."""
    try:
        _conditions(where, columns)
    except ExplorerError as error:
        return f"The filter “{where}” cannot be used. {error}"
    return None


def matching(table: pd.DataFrame, where: str | None) -> "pd.Series[bool]":
    """Return for each row of `table` whether `where` lets it through. ExplorerError: the filter cannot be used."""
    tests = _conditions(where or "", ["id", *table.columns])
    records = table.to_dict("records")
    rows: list[dict[str, Any]] = [
        {"id": index, **{str(name): value for name, value in record.items()}}
        for index, record in zip(table.index, records, strict=True)
    ]
    return pd.Series(np.array([all(test(row) for test in tests) for row in rows], dtype=bool), index=table.index)


def _conditions(where: str, columns: Sequence[str]) -> list[Callable[[dict[str, Any]], bool]]:
    try:
        words = shlex.split(where)
    except ValueError:
        raise ExplorerError("A quotation mark is never closed.") from None
    return [_condition(word, columns) for word in words]


def _condition(word: str, columns: Sequence[str]) -> Callable[[dict[str, Any]], bool]:
    match = _CONDITION.fullmatch(word)
    if match is None:
        return lambda row: any(word.lower() in str(value).lower() for value in row.values() if value is not None)
    name, sign, wanted = match.groups()
    if name not in columns:
        raise unknown_name("column", name, columns)
    if not wanted:
        raise ExplorerError(f"Write a value after {name}{sign}.")
    if sign in ("=", "!="):
        values = wanted.split(",")
        return lambda row: any(_equal(row.get(name), value) for value in values) == (sign == "=")
    number = _number(wanted)
    if number is None:
        raise ExplorerError(f"{name}{sign} needs a number; received “{wanted}”.")
    return lambda row: (value := _number(row.get(name))) is not None and _OPERATORS[sign](value, number)


def _equal(value: Any, wanted: str) -> bool:
    left, right = _number(value), _number(wanted)
    if left is not None and right is not None:
        return left == right
    return str(value).lower() == wanted.lower()


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
