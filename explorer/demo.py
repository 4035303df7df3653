"""`python -m explorer.demo` (make demo-runs): train the bundled runs that are missing, slim all, store their small tables."""

import os
import sys
from pathlib import Path

from core.runs import RunStore, mark_read_only
from explorer.demo_sweep import DEMO_RUNS, ROOT, SIZE_LIMIT, demo_configs, slim
from explorer.demo_tables import store_comparisons, store_tables
from explorer.what_if_tables import store_what_if


def main() -> int:
    """Make the demo runs; return 0 if all are there and small enough."""
    from core.training import run_sweep

    os.chdir(ROOT)  # run.json then names no folder of this machine
    runs = run_sweep(demo_configs())
    for run in RunStore(DEMO_RUNS).runs():
        if run.status == "succeeded":
            slim(run)
            store_tables(run)
            store_what_if(run)
            mark_read_only(run)
    store_comparisons([run for run in RunStore(DEMO_RUNS).runs() if run.status == "succeeded"])
    size = sum(f.stat().st_size for f in Path(DEMO_RUNS).rglob("*") if f.is_file())
    print(f"{len(runs)} of {len(demo_configs())} demo runs, {size / 1e6:.1f} MB of at most {SIZE_LIMIT / 1e6:.0f} MB.")
    return 0 if len(runs) == len(demo_configs()) and size <= SIZE_LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
