"""The run folder: write, read, resume, look up. Plain files that any program can read; nothing in them is ever executed.

with RunWriter("runs", config, model, probe) as run: ...   writes a folder, from our loop or anybody's own
RunStore("runs").table()                                   what there is
RunStore("runs")["20261121-…"].load_model()                one run

Nothing here imports torch before a network, a checkpoint file or a snapshot to be written asks for it.
"""

from .foreign import load_checkpoint_file
from .run import Run
from .snapshots import Snapshot, Snapshots
from .store import RunStore
from .test_uses import count_test_use, mark_read_only
from .writer import RunWriter

__all__ = [
    "Run",
    "RunStore",
    "RunWriter",
    "Snapshot",
    "Snapshots",
    "count_test_use",
    "load_checkpoint_file",
    "mark_read_only",
]
