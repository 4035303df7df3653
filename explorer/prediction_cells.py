"""The first half of the notebook cells of the page Predictions: the lines that make `table` from a run folder."""

from core.runs import Run
from explorer import cells


def from_predictions(run: Run, split: str, epoch: int | None, make: str) -> str:
    """Return the lines that make a table with `make`, a function of core.analysis.confusion, from a run's predictions.

    A look at test data is counted there, too, where the run may be written.
    """
    imports = ["", f"from core.analysis.confusion import {make}", "from core.analysis.predictions import run_predictions"]
    imports += ["from core.runs import count_test_use"] * (split == "test")
    imports += ["from explorer.tables import class_names", ""]
    counted = ['count_test_use(run, "notebook")'] * (split == "test")
    call = f"table = {make}(run_predictions(run, {split!r}, {epoch}), class_names(run))"
    return "\n".join([cells.one_run(run), *imports, *counted, call])
