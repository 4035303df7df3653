"""How a measurement is told: n, median, spread, and what it was made on."""

import os
import platform
from collections.abc import Sequence
from importlib.metadata import version
from statistics import median


def told(name: str, seconds: Sequence[float]) -> str:
    """Return one line: name, n, median, and the lowest and highest value."""
    return f"{name}: median {median(seconds):.2f} s, {min(seconds):.2f} to {max(seconds):.2f} s (n = {len(seconds)})"


def machine() -> str:
    """Return the computer and the versions that the numbers belong to."""
    libraries = ", ".join(f"{name} {version(name)}" for name in ("streamlit", "plotly", "pandas", "torch"))
    import torch

    device = f", {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ""
    return f"{platform.machine()}, {os.cpu_count()} cores{device}, Python {platform.python_version()}, {libraries}"
