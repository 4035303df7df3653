from pathlib import Path

from core.runs import RunWriter
from tests.runs.helpers import config, images, network, python

LOOK = """
import sys
from core.runs import RunStore
store = RunStore(sys.argv[1])
table = store.table()
run = store[table.index[0]]
assert len(run.metrics()) == 1 and run.status == "succeeded" and run.state()
snapshots = run.snapshots()
assert len(snapshots.parameters()) == 14 and len(snapshots.densities()) == 7 * 64
assert len(snapshots.at(1).statistics.dead_units) == 7 and snapshots.at(1).statistics.dead_channels.shape == (7,)
assert run.predictions("validation")["outputs"].shape == (2, 3)
sys.exit("torch was imported" if "torch" in sys.modules else 0)
"""


def test_tables_metrics_snapshots_and_predictions_are_read_without_torch(tmp_path: Path) -> None:
    with RunWriter(tmp_path, config(), network(sharing="layer"), images()) as run:
        run.epoch(epoch=1, val_accuracy=0.5)
        run.snapshot()
        run.predictions("validation", [0, 1], [1, 2], [[0.0, 1.0, 2.0]] * 2)
    answer = python(LOOK, str(tmp_path))
    assert answer.returncode == 0, answer.stderr
