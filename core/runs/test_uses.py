"""Every look at test data is counted in run.json."""

from .files import write_json
from .layout import RECORD, now
from .lock import guard, living_holder
from .record import read_record
from .run import Run


def count_test_use(run: Run, by: str) -> bool:
    """Add a look at the test data by `by` ("training", "evaluate", "app") to run.json; return whether it was recorded.

    Demo runs, folders that cannot be written, and runs that a living process writes are left alone: then False.
    """
    if run.read_only:
        return False
    try:
        with guard(run.path):
            if living_holder(run.path) is not None:
                return False
            info = read_record(run.path)
            info["test_uses"] = [*(info.get("test_uses") or []), {"by": by, "when": now()}]
            write_json(run.path / RECORD, info)
    except OSError:  # a disk mounted read-only, or full
        return False
    run.info = info
    return True


def mark_read_only(run: Run) -> None:
    """Mark a run as bundled: from now on looks at its test data are not recorded."""
    info = {**read_record(run.path), "read_only": True}
    write_json(run.path / RECORD, info)
    run.info = info
