"""Small tables stored with the demo runs, so that Start, and what its links open, needs neither torch nor time."""

from collections.abc import Sequence
from pathlib import Path

from core.runs import Run
from explorer import noise_tables, tables

#: What the stored table of nearest functions is called.
NEAREST = "nearest"
#: Noisy passes of the stored clouds, and of those that the app computes.
NOISE_PASSES = 64
#: The activations of the runs that Features & noise first compares one with noise with.
COMPARED = ("relu", "coslu")


def store_comparisons(runs: Sequence[Run]) -> list[Path]:
    """Write the comparison of kinds of noise that the page opens with into the runs that make noise; return the files.

    At equal strength, only of demo runs that keep their chosen checkpoint, at their last site; minutes.
    """
    kept = [run for run in runs if run.chosen_epoch is not None and run.chosen_epoch in run.checkpoints()]
    others = [next((r for r in kept if tables.activations(r) == (name,)), None) for name in COMPARED]
    files = []
    for run in filter(tables.makes_noise, kept):
        shown = [(r, r.chosen_epoch or 0, tables.short_name(r, r.status, True)) for r in (run, *filter(None, others))]
        files.append(noise_tables.store_comparison(shown, run.snapshots().sites[-1], "strength"))
    return files


def store_tables(run: Run) -> list[Path]:
    """Write curves, sites, nearest functions and, with noise, clouds of the chosen epoch into the run folder; return the files.

    Only for runs that keep their chosen checkpoint. The last site's clouds are stored, of the images that open first.
    """
    from core.analysis.nearest_tables import snapshot_nearest

    epoch = run.chosen_epoch
    if epoch is None or epoch not in run.checkpoints():
        return []
    folder = Path(run.path) / "tables"
    for old in folder.glob("*.parquet"):
        old.unlink()
    found = {
        tables.stored_name("curves", epoch): tables.curves(run, epoch),
        tables.stored_name("sites", epoch): tables.site_summary(run, epoch),
        tables.stored_name(NEAREST, epoch): snapshot_nearest(run, [epoch]),
    }
    if tables.makes_noise(run):
        site, ids = run.snapshots().sites[-1], tables.first_images(run)
        found[tables.clouds_name(epoch, site, ids, NOISE_PASSES)] = tables.compute_clouds(
            run, epoch, site, ids, NOISE_PASSES
        ).to_frame()
    return [tables.write_stored(run, name, table) for name, table in found.items()]
