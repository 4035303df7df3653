"""metrics.csv: one row per finished epoch, appended and flushed, floats in full; a torn last line is tolerated."""

import csv
import io
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ExplorerError
from .files import write_bytes

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, str]

#: These stand first, in this order, and are numbers whatever a damaged file says.
FIRST_COLUMNS = ("epoch", "step", "images_seen", "wall_time_s", "lr")


def read_rows(path: Path) -> tuple[list[str], list[Row], int]:
    """Return columns, rows as text, and how many lines were dropped: torn, of another length, or replaced by a later row
    of the same epoch.
    """
    if not path.exists():
        return ["epoch"], [], 0
    text = path.read_bytes().decode(errors="replace")
    lines = text.split("\n")
    dropped = 1 if lines.pop() else 0  # a line without its end was torn
    if not lines:
        return ["epoch"], [], dropped
    columns, *records = [_split(line) for line in lines]
    if "epoch" not in columns:
        return ["epoch"], [], dropped + len(records)
    rows: dict[int, Row] = {}
    for record in records:
        row = dict(zip(columns, record, strict=False))
        epoch = _integer(row.get("epoch", ""))
        if len(record) != len(columns) or epoch is None or epoch in rows:
            dropped += 1
        if len(record) == len(columns) and epoch is not None:
            rows[epoch] = row
    return columns, list(rows.values()), dropped


def read_metrics(path: Path) -> "pd.DataFrame":
    """Return the table, one row per epoch; `.attrs["dropped"]` counts lines that could not be used."""
    import pandas as pd

    columns, rows, dropped = read_rows(path)
    table = pd.DataFrame({name: _column(name, [row[name] for row in rows]) for name in columns})
    table.attrs["dropped"] = dropped
    return table


def append_row(path: Path, row: dict[str, Any]) -> None:
    """Append `row`; a column that is new makes the file be written anew, with empty cells above."""
    cells = {name: _cell(name, value) for name, value in row.items()}
    if not path.exists():
        write_rows(path, _ordered(cells), [cells])
        return
    with path.open("rb") as file:
        columns = _split(file.readline().decode().rstrip("\n"))
    if set(cells) <= set(columns):
        with path.open("ab") as file:
            file.write(_line([cells.get(name, "") for name in columns]).encode())
            file.flush()
            os.fsync(file.fileno())
    else:
        _, rows, _ = read_rows(path)
        columns += [name for name in cells if name not in columns]
        write_rows(path, columns, [*rows, cells])


def write_rows(path: Path, columns: list[str], rows: list[Row]) -> None:
    """Write the whole table in one step."""
    lines = [_line(columns), *(_line([row.get(name, "") for name in columns]) for row in rows)]
    write_bytes(path, "".join(lines).encode())


def cut_rows(path: Path, epoch: int, aside: Path) -> int:
    """Cut the table back to rows up to `epoch`; add the later ones to the table in `aside`. Return how many."""
    if not path.exists():
        return 0
    columns, rows, _ = read_rows(path)
    later = [row for row in rows if int(row["epoch"]) > epoch]
    for row in later:
        old_columns, old_rows, _ = _read_all(aside)
        write_rows(aside, [*old_columns, *(c for c in columns if c not in old_columns)], [*old_rows, row])
    write_rows(path, columns, [row for row in rows if int(row["epoch"]) <= epoch])
    return len(later)


def number(text: str) -> float:
    """Return the number in a cell; NaN for an empty or unreadable one."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def _read_all(path: Path) -> tuple[list[str], list[Row], int]:
    """Like read_rows, but the same epoch may stand there more than once, as in the rows kept aside."""
    if not path.exists():
        return [], [], 0
    columns, *records = csv.reader(io.StringIO(path.read_text()))
    return columns, [dict(zip(columns, record, strict=True)) for record in records], 0


def _split(line: str) -> list[str]:
    """Return the cells of one line; none if it is no CSV."""
    try:
        return next(csv.reader([line.rstrip("\r")]), [])
    except csv.Error:
        return []


def _column(name: str, cells: list[str]) -> list[Any]:
    """Return integers if all cells are, texts if no filled cell is a number, else floats (NaN where there is none)."""
    integers = [_integer(cell) for cell in cells]
    if all(value is not None for value in integers):
        return integers
    is_text = all(not cell or (_not_a_number(cell)) for cell in cells) and any(cells)
    if is_text and name not in FIRST_COLUMNS and not name.endswith(("_loss", "_accuracy")):
        return list(cells)
    return [number(cell) for cell in cells]


def _not_a_number(cell: str) -> bool:
    return cell.lower() != "nan" and math.isnan(number(cell))


def _integer(cell: str) -> int | None:
    try:
        return int(cell)
    except ValueError:
        return None


def _cell(name: str, value: Any) -> str:
    """Return `value` so that reading it back gives the same number."""
    if value is None:
        return ""
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bool | int):
        return str(int(value))
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, str) and not any(end in value for end in "\r\n"):
        return value
    raise ExplorerError(f"Column '{name}' received {value!r}; a cell holds one number or one line of text.")


def _ordered(cells: Row) -> list[str]:
    return [c for c in FIRST_COLUMNS if c in cells] + [c for c in cells if c not in FIRST_COLUMNS]


def _line(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()
