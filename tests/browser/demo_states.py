"""The states on the demo runs, page by page."""

from .demo import demo_run
from .states import Links, State, states
from .steps import press, unfold

UNKNOWN = "20200101-000000-resnet8-nosuch-s0-abcd"
ONE = {"site": "layer2.0.act1", "epoch": 10}
FEW = "10,25,170"


def demo_states() -> list[State]:
    """Return every state on the demo runs."""
    pages = (_start(), _curves(), _features(), _explain(), _what_if(), _predictions(), _compare(), _activations(), _open(),
             _wrong_links())  # fmt: skip
    found = [state for links in pages for state in states("demo", links)]
    long = {"run": demo_run("coslu"), "what_if": "surface", "scope": "site", "site": "layer2.0.act1", "grid": "9"}
    found += states("demo", {"job-running": ("what-if", long)}, job="running")
    return found + states("demo", {"job-stopped": ("what-if", long)}, job="stopped")


def _start() -> Links:
    return {
        "start": ("", {}),
        "runs-groups": ("runs", {"rows": "groups"}),
        "runs-every": ("runs", {"rows": "runs"}),
        "runs-none-selected": ("runs", {"runs": ""}),
        "runs-filter": ("runs", {"where": "activation=coslu,eelu"}),
        "runs-filter-nothing": ("runs", {"where": "activation=nosuch"}),
        "runs-filter-wrong": ("runs", {"where": "no_such_column=3"}),
    }


def _curves() -> Links:
    coslu, relu, eelu = demo_run("coslu"), demo_run("relu"), demo_run("eelu")
    deep = demo_run("coslu", model="resnet20")
    shows = {
        f"curves-{a}-{show}": ("curves", {"run": demo_run(a), **ONE, "show": show})
        for a in ("coslu", "relu", "pdrelu", "eelu", "apalu", "delu", "relun")
        for show in ("sites", "site")
    }
    quantities = ("dead_units", "saturated", "constant_units", "mean_gradient")
    units = {f"curves-units-{q}": ("curves", {"run": coslu, "show": "units", "quantity": q}) for q in quantities}
    return {
        **shows,
        "curves-save-and-cite": ("curves", {"run": coslu, **ONE}, press("Save and cite")),
        "curves-training": ("curves", {"run": coslu, "show": "training", "site": "layer3.0.act2"}),
        "curves-training-relu": ("curves", {"run": relu, "show": "training"}),
        "curves-training-deep": ("curves", {"run": deep, "show": "training"}),
        **units,
        "curves-units-relu": ("curves", {"run": relu, "show": "units", "site": "layer3.0.act2"}),
        "curves-units-apalu": ("curves", {"run": demo_run("apalu"), "show": "units", "site": "layer1.0.act1"}),
        "curves-units-deep": ("curves", {"run": deep, "show": "units"}),
        "curves-epoch-0": ("curves", {"run": coslu, "epoch": 0}),
        "curves-channel": ("curves", {"run": eelu, "show": "site", "site": "layer2.0.act1", "channel": 3}),
        "curves-deep": ("curves", {"run": deep}),
        "curves-deep-site": ("curves", {"run": deep, "show": "site", "site": "layer3.2.act2"}),
    }


def _features() -> Links:
    coslu, relu, eelu = demo_run("coslu"), demo_run("relu"), demo_run("eelu")
    lens = {"run": eelu, "images": FEW}
    return {
        "features-noise": ("features", {"run": eelu}),
        "features-noise-early": ("features", {"run": eelu, "site": "layer1.0.act1"}),
        "features-images": ("features", {"run": eelu}, unfold("Choose the images")),
        "features-places": ("features", {"run": eelu}, unfold("Choose the images by place or class")),
        "features-places-tsne": ("features", {"run": eelu, "places": "tsne"}, unfold("Choose the images by place or class")),
        "features-one-image": ("features", {"run": eelu, "images": 10}),
        "features-other-epoch": ("features", {"run": eelu, "epoch": 3}),
        "features-no-noise": ("features", {"run": coslu}),
        "features-no-checkpoint": ("features", {"run": demo_run("eelu", 1), "lens": "maps"}),
        "features-maps": ("features", {"run": eelu, "lens": "maps"}),
        "features-maps-channel": ("features", {**lens, "lens": "maps", "site": "layer1.0.act2", "channel": 3}),
        "features-depth": ("features", {"run": eelu, "lens": "depth"}),
        "features-depth-snr": ("features", {"run": eelu, "lens": "depth", "depth": "snr"}),
        "features-depth-last-sites": ("features", {"run": eelu, "lens": "depth", "noisy": "layer3.0.act1,layer3.0.act2"}),
        "features-comparison": ("features", {"run": eelu, "runs": relu, "lens": "comparison"}),
        "features-comparison-accuracy": ("features", {"run": eelu, "runs": relu, "lens": "comparison", "equal": "accuracy"}),
        "features-comparison-no-noise": ("features", {"run": coslu, "runs": "", "lens": "comparison"}),
        "features-channels": ("features", {"run": coslu, "lens": "channels", "site": "layer2.0.act1"}),
        "features-channels-one-image": ("features", {"run": coslu, "lens": "channels", "images": 10}),
        "features-maximise": ("features", {"run": coslu, "lens": "maximise", "site": "layer2.0.act1", "channel": 3}),
        "features-maximise-output": ("features", {"run": relu, "lens": "maximise", "driven": "output"}),
    }  # fmt: skip


def _explain() -> Links:
    coslu, relu, eelu = demo_run("coslu"), demo_run("relu"), demo_run("eelu")
    one, three = {"run": coslu, "epoch": 10}, f"{coslu},{relu},{eelu}"
    grid = {**one, "maps": "runs", "runs": coslu, "images": FEW}
    return {
        "explain-methods": ("explain", one),
        "explain-images": ("explain", one, unfold("Choose the images")),
        "explain-more": ("explain", one, press("More")),
        "explain-numbers": ("explain", one, unfold("Gaps, sums and errors")),
        "explain-difference": ("explain", {"run": eelu, "epoch": 10, "minus": "second", "base": "mean", "smooth": "on"}),
        "explain-pdrelu": ("explain", {"run": demo_run("pdrelu"), "epoch": 9}),
        "explain-runs": ("explain", {**one, "runs": three, "maps": "runs", "attribution": "deep_lift"}),
        "explain-grad-cam": ("explain", {**grid, "attribution": "grad_cam"}),
        "explain-occlusion": ("explain", {**grid, "attribution": "occlusion", "base": "blurred", "target": 3}),
        "explain-check": ("explain", {**one, "maps": "check", "attribution": "saliency"}),
        "explain-other-epoch": ("explain", {**grid, "epoch": 4, "attribution": "input_x_gradient"}),
        "explain-same-class-twice": ("explain", {**grid, "target": 3, "minus": 3}),
        "explain-no-such-class": ("explain", {**grid, "attribution": "saliency", "target": 10}),
        "explain-no-such-method": ("explain", {**grid, "attribution": "lrp"}),
        "explain-no-checkpoint": ("explain", {"run": demo_run("coslu", 1)}),
    }


def _what_if() -> Links:
    coslu, relu = demo_run("coslu"), demo_run("relu")
    surface = {"run": coslu, "what_if": "surface", "scope": "site", "site": "layer2.0.act1"}
    return {
        "what-if-replace": ("what-if", {"run": coslu}),
        "what-if-eelu": ("what-if", {"run": demo_run("eelu")}),
        "what-if-relu": ("what-if", {"run": relu}),
        "what-if-start": ("what-if", {"run": coslu, "instead": "start", "measure": "loss"}),
        "what-if-formula": ("what-if", {"run": relu, "instead": "formula:max(x, a*x), a=0.1"}),
        "what-if-formula-none": ("what-if", {"run": relu, "instead": "formula"}),
        "what-if-formula-wrong": ("what-if", {"run": relu, "instead": "formula:max(x, a*x)"}),
        "what-if-move": ("what-if", {"run": coslu, "what_if": "move"}),
        "what-if-move-site": ("what-if", {"run": coslu, "what_if": "move", "scope": "site", "site": "layer1.0.act1"}),
        "what-if-move-t": ("what-if", {"run": coslu, "what_if": "move", "t": "0.4"}),
        "what-if-move-unknown-t": ("what-if", {"run": coslu, "what_if": "move", "t": "7"}),
        "what-if-move-nothing": ("what-if", {"run": relu, "what_if": "move"}),
        "what-if-surface": ("what-if", surface),
        "what-if-surface-as-is": ("what-if", {**surface, "bn": "now"}),
        "what-if-no-checkpoint": ("what-if", {"run": demo_run("coslu", 1)}),
    }


def _predictions() -> Links:
    coslu, relu = demo_run("coslu"), demo_run("relu")
    return {
        "predictions": ("predictions", {"run": coslu}),
        "predictions-cell": ("predictions", {"run": coslu, "true": "Shirt", "said": "T-shirt/top"}),
        "predictions-images": ("predictions", {"run": coslu, "see": "images", "only": "wrong"}),
        "predictions-table": ("predictions", {"run": coslu, "see": "images", "only": "wrong"}, unfold("As a table")),
        "predictions-no-image": ("predictions", {"run": coslu, "see": "images", "true": "Bag", "said": "Sneaker"}),
        "predictions-classes": ("predictions", {"run": coslu, "see": "classes"}),
        "predictions-flips": ("predictions", {"run": coslu, "see": "flips", "against": relu}),
        "predictions-test": ("predictions", {"run": coslu, "split": "test"}),
        "predictions-test-looked-at": ("predictions", {"run": coslu, "split": "test"}, press("Look at the test data")),
        "predictions-test-flips": ("predictions", {"run": coslu, "split": "test", "see": "flips", "against": relu}),
        "predictions-unknown-class": ("predictions", {"run": coslu, "true": "Hat"}),
        "predictions-other-epoch": ("predictions", {"run": demo_run("coslu", 1), "epoch": 3}),
    }


def _compare() -> Links:
    coslu, relu, eelu = demo_run("coslu"), demo_run("relu"), demo_run("eelu")
    many = ",".join(demo_run(a, seed) for a in ("relu", "coslu") for seed in range(5))
    return {
        "compare-two": ("compare", {"runs": many}),
        "compare-validation": ("compare", {"runs": many, "by": "chosen"}),
        "compare-last": ("compare", {"runs": many, "by": "last"}),
        "compare-one-seed-each": ("compare", {"runs": f"{relu},{coslu},{eelu}"}),
        "compare-one-run": ("compare", {"runs": coslu}),
        "compare-nothing": ("compare", {"runs": ""}),
    }


def _activations() -> Links:
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


def _open() -> Links:
    coslu = demo_run("coslu")
    return {
        "open": ("open", {}),
        "open-network": ("open", {"checkpoint": coslu}),
        "open-tensors": ("open", {"checkpoint": coslu}, unfold("Tensors")),
        "open-report": ("open", {"checkpoint": coslu, "on": "fashion-sample"}),
        "open-report-no-images": ("open", {"checkpoint": demo_run("eelu"), "on": "nothing"}),
        "open-unknown-images": ("open", {"checkpoint": coslu, "on": "imagenet22k"}),
        "open-unknown-run": ("open", {"checkpoint": UNKNOWN}),
    }


def _wrong_links() -> Links:
    coslu = demo_run("coslu")
    pages = ("curves", "features", "explain", "what-if", "predictions")
    return {
        **{f"unknown-run-{page}": (page, {"run": UNKNOWN}) for page in pages},
        "unknown-site": ("curves", {"run": coslu, "site": "layer9.0.act1"}),
        "unknown-epoch": ("curves", {"run": coslu, "epoch": 99}),
        "unreadable-epoch": ("curves", {"run": coslu, "epoch": "ten"}),
        "unknown-view": ("features", {"run": coslu, "lens": "nosuch"}),
        "unknown-compared": ("compare", {"runs": f"{coslu},nosuch"}),
    }
