"""Every state a page can be in, as links: what `make screenshots` walks through."""

import urllib.parse
from dataclasses import dataclass
from pathlib import Path

from core.config import TrainConfig
from core.models import make_model
from core.runs import RunWriter
from tests.explorer.made_runs import make_run

from .demo import demo_run


@dataclass(frozen=True, kw_only=True)
class State:
    """One link to look at: `server` says on which runs (demo, own, empty, missing)."""

    name: str
    server: str
    path: str

    def url(self, base: str) -> str:
        """Return the absolute link."""
        return f"{base}/{self.path}"


def make_own_runs(folder: Path) -> dict[str, str]:
    """Write runs in every state into `folder`; return their ids by a short name."""
    ids = {
        "network": make_run(folder, "coslu", 1, sharing="network"),
        "channel": make_run(folder, "apalu", 2, sharing="channel"),
        "deep": make_run(folder, "delu", 3, model="resnet56", epochs=1),
        "bare": make_run(folder, "relun", 4, snapshots=False),
        "interrupted": make_run(folder, "eelu", 5, epochs=4, done=2),
        "running": make_run(folder, "coslu", 6, epochs=4, done=1, leave_open=True),
        "waiting": make_run(folder, "relu", 7, epochs=4, done=0, leave_open=True),
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


def all_states(own: dict[str, str]) -> list[State]:
    """Return every state; `own` are the ids that `make_own_runs` returned."""
    return [*_demo_states(), *_own_states(own), *_bare_states()]


def _states(server: str, links: dict[str, tuple[str, dict[str, object]]]) -> list[State]:
    """Return the states of one server from name → (page, query)."""
    made = []
    for name, (page, values) in links.items():
        query = urllib.parse.urlencode({k: str(v) for k, v in values.items()}, safe=",")
        made.append(State(name=name, server=server, path=f"{page}?{query}" if query else page))
    return made


def _demo_states() -> list[State]:
    coslu, relu, eelu = demo_run("coslu"), demo_run("relu"), demo_run("eelu")
    deep = demo_run("coslu", model="resnet20")
    many = {a: ",".join(demo_run(a, seed) for seed in range(5)) for a in ("relu", "coslu")}
    one = {"site": "layer2.0.act1", "epoch": 10}
    shows = {
        f"curves-{a}-{show}": ("curves", {"run": demo_run(a), **one, "show": show})
        for a in ("coslu", "relu", "pdrelu", "eelu", "apalu", "delu", "relun")
        for show in ("sites", "site")
    }
    quantities = ("dead_units", "saturated", "constant_units", "mean_gradient")
    units = {f"curves-units-{q}": ("curves", {"run": coslu, "show": "units", "quantity": q}) for q in quantities}
    return _states("demo", {
        "start": ("", {}),
        "runs-groups": ("runs", {"rows": "groups"}),
        "runs-every": ("runs", {"rows": "runs"}),
        "runs-none-selected": ("runs", {"runs": ""}),
        "runs-filter": ("runs", {"where": "activation=coslu,eelu"}),
        "runs-filter-nothing": ("runs", {"where": "activation=nosuch"}),
        "runs-filter-wrong": ("runs", {"where": "no_such_column=3"}),
        **shows,
        "curves-training": ("curves", {"run": coslu, "show": "training", "site": "layer3.0.act2"}),
        "curves-training-relu": ("curves", {"run": relu, "show": "training"}),
        **units,
        "curves-epoch-0": ("curves", {"run": coslu, "epoch": 0}),
        "curves-channel": ("curves", {"run": eelu, "show": "site", "site": "layer2.0.act1", "channel": 3}),
        "curves-deep": ("curves", {"run": deep}),
        "curves-deep-site": ("curves", {"run": deep, "show": "site", "site": "layer3.2.act2"}),
        "features-noise": ("features", {"run": eelu}),
        "features-noise-early": ("features", {"run": eelu, "site": "layer1.0.act1"}),
        "features-no-noise": ("features", {"run": coslu}),
        "explain-methods": ("explain", {"run": coslu, "epoch": 10}),
        "explain-difference": ("explain", {"run": eelu, "epoch": 10, "minus": "second", "base": "mean", "smooth": "on"}),
        "explain-runs": ("explain", {"run": coslu, "epoch": 10, "runs": f"{coslu},{relu},{eelu}", "maps": "runs"}),
        "explain-check": ("explain", {"run": coslu, "epoch": 10, "maps": "check", "attribution": "saliency"}),
        "compare-two": ("compare", {"runs": f"{many['relu']},{many['coslu']}"}),
        "compare-validation": ("compare", {"runs": f"{many['relu']},{many['coslu']}", "by": "chosen"}),
        "compare-last": ("compare", {"runs": f"{many['relu']},{many['coslu']}", "by": "last"}),
        "compare-one-seed-each": ("compare", {"runs": f"{relu},{coslu},{eelu}"}),
        "compare-one-run": ("compare", {"runs": coslu}),
        "compare-nothing": ("compare", {"runs": ""}),
        "unknown-run": ("curves", {"run": "20200101-000000-resnet8-nosuch-s0-abcd"}),
        "unknown-site": ("curves", {"run": coslu, "site": "layer9.0.act1"}),
        "unknown-epoch": ("curves", {"run": coslu, "epoch": 99}),
        "unreadable-epoch": ("curves", {"run": coslu, "epoch": "ten"}),
        "unknown-compared": ("compare", {"runs": f"{coslu},nosuch"}),
    })  # fmt: skip


def _own_states(own: dict[str, str]) -> list[State]:
    return _states("own", {
        "own-start": ("", {}),
        "own-runs": ("runs", {"rows": "runs"}),
        "own-runs-groups": ("runs", {"rows": "groups"}),
        "own-network": ("curves", {"run": own["network"]}),
        "own-channel": ("curves", {"run": own["channel"]}),
        "own-channel-site": ("curves", {"run": own["channel"], "show": "site"}),
        "own-many-sites": ("curves", {"run": own["deep"]}),
        "own-no-snapshots": ("curves", {"run": own["bare"]}),
        "own-interrupted": ("curves", {"run": own["interrupted"]}),
        "own-running": ("curves", {"run": own["running"]}),
        "own-waiting": ("curves", {"run": own["waiting"]}),
        "own-failed": ("curves", {"run": own["failed"]}),
        "own-compare": ("compare", {"runs": f"{own['network']},{own['running']},{own['interrupted']},{own['failed']}"}),
        "own-compare-waiting": ("compare", {"runs": own["waiting"]}),
        "own-features": ("features", {"run": own["interrupted"]}),
        "own-explain": ("explain", {"run": own["channel"]}),
    })  # fmt: skip


def _bare_states() -> list[State]:
    pages = {
        "start": "",
        "runs": "runs",
        "curves": "curves",
        "features": "features",
        "explain": "explain",
        "compare": "compare",
    }
    return [
        *_states("empty", {f"empty-{name}": (path, {}) for name, path in pages.items()}),
        *_states("missing", {f"missing-{name}": (path, {}) for name, path in pages.items() if name in ("start", "runs")}),
    ]
