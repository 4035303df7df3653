"""Every state a page can be in, as links: what `make screenshots` walks through."""

import urllib.parse
from dataclasses import dataclass
from pathlib import Path

from core.config import TrainConfig
from core.models import make_model
from core.runs import RunWriter
from tests.explorer.made_runs import make_mixed_run, make_run

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
        "units": make_run(folder, "relun", 9, snapshot_units=True),
        "deep": make_run(folder, "delu", 3, model="resnet56", epochs=1),
        "bare": make_run(folder, "relun", 4, snapshots=False),
        "interrupted": make_run(folder, "eelu", 5, epochs=4, done=2),
        "running": make_run(folder, "coslu", 6, epochs=4, done=1, leave_open=True),
        "waiting": make_run(folder, "relu", 7, epochs=4, done=0, leave_open=True),
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
        "curves-units-relu": ("curves", {"run": relu, "show": "units", "site": "layer3.0.act2"}),
        "curves-units-apalu": ("curves", {"run": demo_run("apalu"), "show": "units", "site": "layer1.0.act1"}),
        "curves-epoch-0": ("curves", {"run": coslu, "epoch": 0}),
        "curves-channel": ("curves", {"run": eelu, "show": "site", "site": "layer2.0.act1", "channel": 3}),
        "curves-deep": ("curves", {"run": deep}),
        "curves-deep-site": ("curves", {"run": deep, "show": "site", "site": "layer3.2.act2"}),
        "features-noise": ("features", {"run": eelu}),
        "features-noise-early": ("features", {"run": eelu, "site": "layer1.0.act1"}),
        "features-no-noise": ("features", {"run": coslu}),
        "features-maps": ("features", {"run": eelu, "lens": "maps"}),
        "features-depth": ("features", {"run": eelu, "lens": "depth"}),
        "features-depth-snr": ("features", {"run": eelu, "lens": "depth", "depth": "snr"}),
        "features-depth-last-sites": ("features", {"run": eelu, "lens": "depth", "noisy": "layer3.0.act1,layer3.0.act2"}),
        "features-several": ("features", {"run": eelu, "runs": ",".join(demo_run("eelu", seed) for seed in range(3))}),
        "features-comparison": ("features", {"run": eelu, "runs": relu, "lens": "comparison"}),
        "features-comparison-accuracy": ("features", {"run": eelu, "runs": relu, "lens": "comparison", "equal": "accuracy"}),
        "features-comparison-no-noise": ("features", {"run": coslu, "runs": "", "lens": "comparison"}),
        "features-channels": ("features", {"run": coslu, "lens": "channels", "site": "layer2.0.act1"}),
        "features-channels-one-image": ("features", {"run": coslu, "lens": "channels", "images": 10}),
        "features-maximise": ("features", {"run": coslu, "lens": "maximise", "site": "layer2.0.act1", "channel": 3}),
        "predictions": ("predictions", {"run": coslu}),
        "predictions-cell": ("predictions", {"run": coslu, "true": "Shirt", "said": "T-shirt/top"}),
        "predictions-images": ("predictions", {"run": coslu, "see": "images", "only": "wrong"}),
        "predictions-no-image": ("predictions", {"run": coslu, "see": "images", "true": "Bag", "said": "Sneaker"}),
        "predictions-classes": ("predictions", {"run": coslu, "see": "classes"}),
        "predictions-flips": ("predictions", {"run": coslu, "see": "flips", "against": relu}),
        "predictions-test": ("predictions", {"run": coslu, "split": "test"}),
        "predictions-unknown-class": ("predictions", {"run": coslu, "true": "Hat"}),
        "predictions-no-checkpoint": ("predictions", {"run": demo_run("coslu", 1), "epoch": 3}),
        "what-if-replace": ("what-if", {"run": coslu}),
        "what-if-start": ("what-if", {"run": coslu, "instead": "start", "measure": "loss"}),
        "what-if-formula": ("what-if", {"run": relu, "instead": "formula:max(x, a*x), a=0.1"}),
        "what-if-formula-wrong": ("what-if", {"run": relu, "instead": "formula:max(x, a*x)"}),
        "what-if-move": ("what-if", {"run": coslu, "what_if": "move"}),
        "what-if-move-site": ("what-if", {"run": coslu, "what_if": "move", "scope": "site", "site": "layer1.0.act1"}),
        "what-if-move-t": ("what-if", {"run": coslu, "what_if": "move", "t": "0.4"}),
        "what-if-move-unknown-t": ("what-if", {"run": coslu, "what_if": "move", "t": "7"}),
        "what-if-move-nothing": ("what-if", {"run": relu, "what_if": "move"}),
        "what-if-surface": ("what-if", {"run": coslu, "what_if": "surface", "scope": "site", "site": "layer2.0.act1"}),
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
        "open": ("open", {}),
        "open-network": ("open", {"checkpoint": coslu}),
        "open-report": ("open", {"checkpoint": coslu, "on": "fashion-sample"}),
        "open-report-no-images": ("open", {"checkpoint": eelu, "on": "nothing"}),
        "open-unknown-run": ("open", {"checkpoint": "20200101-000000-resnet8-nosuch-s0-abcd"}),
        **_activation_states(),
        "unknown-run": ("curves", {"run": "20200101-000000-resnet8-nosuch-s0-abcd"}),
        "unknown-site": ("curves", {"run": coslu, "site": "layer9.0.act1"}),
        "unknown-epoch": ("curves", {"run": coslu, "epoch": 99}),
        "unreadable-epoch": ("curves", {"run": coslu, "epoch": "ten"}),
        "unknown-compared": ("compare", {"runs": f"{coslu},nosuch"}),
    })  # fmt: skip


def _activation_states() -> dict[str, tuple[str, dict[str, object]]]:
    """Return the states of the page Activations: every kind of function, the formula box, the pseudo derivatives."""
    names = ("relu", "coslu:a=2.0,b=1.5", "eelu:eps=0.5", "lincomb:w.relu=1.0", "pdrelu:shape=window", "rrelu", "apalu:a=-0.2")
    functions = {f"activations-{n.partition(':')[0]}": ("activations", {"activation": n}) for n in names}
    formulas = {
        "plain": {"formula": "x * sigmoid(a*x) + b", "starts": "a:1.5,b:0"},
        "cases": {"formula": "where(x < 0, alpha*expm1(x), x)", "reach": "2"},
        "pole": {"formula": "log(x) / (x - 2)"},
        "wrong": {"formula": "x * sigmod(a*x)"},
        "wrong-start": {"formula": "a*x", "starts": "a:much"},
    }
    own = {f"activations-formula-{k}": ("activations", {"part": "formula", **v}) for k, v in formulas.items()}
    shapes = {f"activations-pseudo-{s.partition(':')[0]}": ("activations", {"part": "pseudo", "pseudo": s})
              for s in ("exponential", "sigmoid", "window:c=1.5", "constant", "nosuch")}  # fmt: skip
    own["activations-pseudo-own"] = ("activations", {"part": "pseudo", "pseudo": "own", "p": "h * exp(-x^2)"})
    wrong = {"activations-unknown": ("activations", {"activation": "coslou"}),
             "activations-unknown-setting": ("activations", {"activation": "coslu:c=1"})}  # fmt: skip
    return {"activations": ("activations", {}), **functions, **own, **shapes, **wrong}


def _own_states(own: dict[str, str]) -> list[State]:
    return _states("own", {
        "own-start": ("", {}),
        "own-runs": ("runs", {"rows": "runs"}),
        "own-runs-groups": ("runs", {"rows": "groups"}),
        "own-network": ("curves", {"run": own["network"]}),
        "own-channel": ("curves", {"run": own["channel"]}),
        "own-channel-site": ("curves", {"run": own["channel"], "show": "site"}),
        "own-channel-one": ("curves", {"run": own["channel"], "show": "site", "channel": 3}),
        "own-units-noted": ("curves", {"run": own["units"], "show": "units", "site": "layer3.0.act2"}),
        "own-many-sites": ("curves", {"run": own["deep"]}),
        "own-following": ("curves", {"run": own["running"], "follow": "on"}),
        "own-no-snapshots": ("curves", {"run": own["bare"]}),
        "own-interrupted": ("curves", {"run": own["interrupted"]}),
        "own-running": ("curves", {"run": own["running"]}),
        "own-waiting": ("curves", {"run": own["waiting"]}),
        "own-failed": ("curves", {"run": own["failed"]}),
        "own-compare": ("compare", {"runs": f"{own['network']},{own['running']},{own['interrupted']},{own['failed']}"}),
        "own-compare-waiting": ("compare", {"runs": own["waiting"]}),
        "own-quiet-site": ("features", {"run": own["mixed"], "site": "layer1.0.act1"}),
        "own-noise-arrives": ("features", {"run": own["mixed"], "site": "layer3.0.act1", "lens": "maps"}),
        "own-predictions": ("predictions", {"run": own["network"]}),
        "own-predictions-failed": ("predictions", {"run": own["failed"]}),
        "own-what-if": ("what-if", {"run": own["bare"]}),
        "own-features": ("features", {"run": own["interrupted"]}),
        "own-explain": ("explain", {"run": own["channel"]}),
    })  # fmt: skip


def _bare_states() -> list[State]:
    pages = {"start": "", "runs": "runs", "curves": "curves", "features": "features", "compare": "compare"}
    pages["what-if"] = "what-if"
    pages["predictions"] = "predictions"
    pages = {"start": "", "runs": "runs", "curves": "curves", "features": "features", "compare": "compare", "open": "open"}
    names = ("runs", "curves", "features", "compare", "activations")
    pages = {"start": "", **{name: name for name in names}}
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
