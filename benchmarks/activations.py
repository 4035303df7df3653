"""What the activations cost: time, memory kept for backward, and their share of a training step.

    python -m benchmarks.activations [--groups elementwise step …] [--names coslu eelu …] [--devices cuda]
        [--processes 5] [--json FILE]

Every figure is the median over fresh processes, one after another, of the median in each; in a process the two things compared
are run in turn. Exit code 1 if a bound is missed. Run it on a computer that does nothing else. Where a CUDA device is present
it runs there too, and the fraction of the device's copy bandwidth is printed.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.numbers import machine

GROUPS = ("elementwise", "naive", "eager", "memory", "step")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One figure: what was measured, against what, the value of every process, and the bound if there is one."""

    group: str
    name: str
    unit: str
    values: tuple[float, ...]
    bound: float | None = None
    at_least: bool = False
    note: str = ""

    @property
    def value(self) -> float:
        return median(self.values)

    @property
    def missed(self) -> bool:
        if self.bound is None:
            return False
        return self.value < self.bound if self.at_least else self.value > self.bound


def measure(group: str, names: list[str], device: str, processes: int) -> list[Row]:
    """Return the rows of a group, each with the values of `processes` fresh processes."""
    command = [sys.executable, "-m", "benchmarks.activation_times", group, "--device", device, "--names", *names]
    runs = []
    for number in range(processes):
        print(f"\r{group} on {device}: process {number + 1} of {processes} …", end="", file=sys.stderr, flush=True)
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        if answer.returncode:
            raise SystemExit(f"\nA measurement failed:\n{answer.stderr}")
        runs.append(json.loads(answer.stdout.splitlines()[-1]))
    print("\r" + " " * 70 + "\r", end="", file=sys.stderr, flush=True)
    return [
        Row(**{k: v for k, v in first.items() if k != "value"}, values=tuple(run[i]["value"] for run in runs))
        for i, first in enumerate(runs[0])
    ]


def table(rows: Iterable[Row]) -> str:
    """Return the rows as text, a line for each."""
    lines = [f"{'group':12} {'what':44} {'median':>8} {'lowest':>8} {'highest':>8}  {'bound':8} unit"]
    for row in rows:
        bound = "" if row.bound is None else f"{'>=' if row.at_least else '<='} {row.bound:.2f}"
        ends = f"{min(row.values):8.2f} {max(row.values):8.2f}"
        mark = "  MISSED" if row.missed else ""
        lines.append(f"{row.group:12} {row.name:44} {row.value:8.2f} {ends}  {bound:8} {row.unit}{mark}")
        if row.note:
            lines.append(f"{'':12}   {row.note}")
    return "\n".join(lines)


def as_json(rows: Iterable[Row], processes: int) -> dict[str, Any]:
    """Return what `--json` writes."""
    found = [{**asdict(row), "median": row.value, "missed": row.missed} for row in rows]
    return {"machine": machine(), "processes": processes, "rows": found}


def main() -> int:
    """Measure, tell, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the rows to FILE")
    parser.add_argument("--processes", type=int, default=5, help="fresh processes for each figure")
    parser.add_argument("--groups", nargs="+", choices=GROUPS, default=list(GROUPS), help="which figures")
    parser.add_argument("--names", nargs="+", default=[], help="which activations; default: all")
    parser.add_argument("--devices", nargs="+", default=[], help="cpu, cuda; default: cpu, and cuda where there is one")
    arguments = parser.parse_args()

    import torch

    devices = arguments.devices or ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
    print(machine(), flush=True)
    rows: list[Row] = []
    for device in devices:
        for group in arguments.groups:
            new = measure(group, arguments.names, device, arguments.processes)
            print(table(new), flush=True)
            rows += new
    if arguments.json:
        arguments.json.write_text(json.dumps(as_json(rows, arguments.processes), indent=1) + "\n")
    missed = [row for row in rows if row.missed]
    print(f"{len(rows)} figures, {sum(row.bound is not None for row in rows)} with a bound, {len(missed)} missed.")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
