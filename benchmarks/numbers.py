"""How a measurement is told: n, median, spread, and what it was made on."""

import os
import platform
from collections.abc import Callable, Sequence
from importlib.metadata import version
from statistics import median
from time import perf_counter


def told(name: str, seconds: Sequence[float]) -> str:
    """Return one line: name, n, median, and the lowest and highest value."""
    return f"{name}: median {median(seconds):.2f} s, {min(seconds):.2f} to {max(seconds):.2f} s (n = {len(seconds)})"


def seconds(work: Callable[[], object], clock: Callable[[], float] = perf_counter) -> float:
    """Return what `work` takes by `clock`, until a CUDA device, where there is one, is done with it."""
    import torch

    start = clock()
    work()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return clock() - start


def machine() -> str:
    """Return the computer and the versions that the numbers belong to."""
    import torch

    libraries = ", ".join(f"{name} {version(name)}" for name in ("streamlit", "plotly", "pandas", "torch"))
    device = f", {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ""
    return f"{platform.machine()}, {os.cpu_count()} cores{device}, Python {platform.python_version()}, {libraries}"
