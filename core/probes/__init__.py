"""Hooks and streaming statistics per site: what training records and analysis reads.

`ProbeStatistics` and `QUANTILES` are there without torch; `probe_statistics` and `capture` import it at first use.
"""

from typing import TYPE_CHECKING, Any

from .statistics import QUANTILES, ProbeStatistics

if TYPE_CHECKING:
    from .hooks import capture
    from .measure import probe_statistics

__all__ = ["QUANTILES", "ProbeStatistics", "capture", "probe_statistics"]


def __getattr__(name: str) -> Any:
    if name == "capture":
        from .hooks import capture

        return capture
    if name == "probe_statistics":
        from .measure import probe_statistics

        return probe_statistics
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
