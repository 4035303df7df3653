"""The states on runs of one's own, in every state a run can be in; and where there are none."""

from pathlib import Path

from core.config import TrainConfig
from core.models import make_model
from core.runs import RunWriter
from tests.explorer.made_runs import make_mixed_run, make_run

from .states import State, states

#: The paths of all pages, Start first.
PATHS = ("", "runs", "curves", "features", "explain", "what-if", "predictions", "compare", "activations", "open")


def make_own_runs(folder: Path) -> dict[str, str]:
    """Write runs in every state into `folder`; return their ids by a short name."""
    ids = {
        "network": make_run(folder, "coslu", 1, sharing="network"),
        "channel": make_run(folder, "apalu", 2, sharing="channel"),
        "units": make_run(folder, "relun", 9, snapshot_units=True),
        "deep": make_run(folder, "delu", 3, model="resnet56", epochs=1),
        "bare": make_run(folder, "relun", 4, snapshots=False),
        "interrupted": make_run(folder, "eelu", 5, epochs=4, done=2),
        "running": make_run(folder, "coslu", 6, epochs=4, done=1, leave_open=True),
        "waiting": make_run(folder, "relu", 7, epochs=4, done=0, leave_open=True),
        "noisy": make_run(folder, "eelu", 10, run_id="20260101-000010-resnet8-eelu-s10-mine"),
        "mixed": make_mixed_run(folder),
        "failed": _failed_run(folder),
    }
    (folder / "not-a-run").mkdir()
    (folder / "not-a-run" / "run.json").write_text("{")
    return ids


def _failed_run(folder: Path) -> str:
    """Write a run whose loss was not finite in its second epoch."""
    config = TrainConfig(activation="delu", seed=8, epochs=4, lr=9.0, runs_dir=str(folder))
    network = make_model("resnet8", activation="delu", num_classes=10, in_channels=1)
    writer = RunWriter(folder, config, network, run_id="20260101-000008-resnet8-delu-s8-fail")
    writer.epoch(epoch=1, train_loss=2.4, train_accuracy=0.1, val_loss=2.31, val_accuracy=0.1)
    writer.finish("failed", "The loss is not finite at step 61.")
    return writer.run.id


def own_states(own: dict[str, str]) -> list[State]:
    """Return every state on one's own runs; `own` are the ids that `make_own_runs` returned."""
    compared = ",".join(own[name] for name in ("network", "running", "interrupted", "failed"))
    noisy = f"{own['noisy']},{own['interrupted']}"
    return states("own", {
        "own-start": ("", {}),
        "own-runs": ("runs", {"rows": "runs"}),
        "own-runs-groups": ("runs", {"rows": "groups"}),
        "own-network": ("curves", {"run": own["network"]}),
        "own-channel": ("curves", {"run": own["channel"]}),
        "own-channel-site": ("curves", {"run": own["channel"], "show": "site"}),
        "own-channel-one": ("curves", {"run": own["channel"], "show": "site", "channel": 3}),
        "own-units-noted": ("curves", {"run": own["units"], "show": "units", "site": "layer3.0.act2"}),
        "own-many-sites": ("curves", {"run": own["deep"]}),
        "own-many-sites-film": ("curves", {"run": own["deep"], "show": "training"}),
        "own-many-sites-film-of-a-stage": ("curves", {"run": own["deep"], "show": "training", "film": "layer2"}),
        "own-following": ("curves", {"run": own["running"], "follow": "on"}),
        "own-no-snapshots": ("curves", {"run": own["bare"]}),
        "own-interrupted": ("curves", {"run": own["interrupted"]}),
        "own-running": ("curves", {"run": own["running"]}),
        "own-waiting": ("curves", {"run": own["waiting"]}),
        "own-failed": ("curves", {"run": own["failed"]}),
        "own-compare": ("compare", {"runs": compared}),
        "own-compare-waiting": ("compare", {"runs": own["waiting"]}),
        "own-quiet-site": ("features", {"run": own["mixed"], "site": "layer1.0.act1"}),
        "own-noise-arrives": ("features", {"run": own["mixed"], "site": "layer3.0.act1", "lens": "maps"}),
        "own-features": ("features", {"run": own["interrupted"]}),
        "own-features-several": ("features", {"run": own["noisy"], "runs": noisy}),
        "own-features-several-apart": ("features", {"run": own["noisy"], "runs": noisy, "align": "no"}),
        "own-features-several-depth": ("features", {"run": own["noisy"], "runs": noisy, "lens": "depth"}),
        "own-features-no-snapshots": ("features", {"run": own["bare"], "lens": "channels"}),
        "own-predictions": ("predictions", {"run": own["network"]}),
        "own-predictions-test": ("predictions", {"run": own["network"], "split": "test"}),
        "own-predictions-flips": ("predictions", {"run": own["failed"], "see": "flips"}),
        "own-predictions-failed": ("predictions", {"run": own["failed"]}),
        "own-what-if": ("what-if", {"run": own["bare"]}),
        "own-what-if-surface": ("what-if", {"run": own["network"], "what_if": "surface"}),
        "own-what-if-failed": ("what-if", {"run": own["failed"]}),
        "own-explain": ("explain", {"run": own["channel"]}),
        "own-explain-failed": ("explain", {"run": own["failed"]}),
        "own-open": ("open", {"checkpoint": own["units"]}),
    })  # fmt: skip


def bare_states() -> list[State]:
    """Return every page where the folder of one's own runs is empty, and the first ones where it does not exist."""
    return [
        *states("empty", {f"empty-{path or 'start'}": (path, {}) for path in PATHS}),
        *states("missing", {f"missing-{path or 'start'}": (path, {}) for path in PATHS[:2]}),
    ]
