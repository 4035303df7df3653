"""A run with a user's own formula: trained, stored as plain JSON, and read by a process that knows nothing of it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from core.activations import activation_from_formula
from core.cli import run as command
from core.config import TrainConfig, join_activation, split_activation
from core.errors import FormulaError
from core.models import activation_parameters, make_model
from core.runs import RunStore, RunWriter
from core.training import loop, run_sweep, train
from tests.activations.own_names import own_names as own_names

ROOT = Path(__file__).parents[2]
TEXT = "x * sigmoid(a*x) + b"
READ = """
import json, sys
from core.analysis.curves import curve_table, snapshot_curves
from core.analysis.groups import make_groups
from core.runs import RunStore
store = RunStore(sys.argv[1])
(run,) = [run for run in store.runs() if run.status == "succeeded"]
table, film = curve_table(run.load_model()), snapshot_curves(run)
print(json.dumps({
    "label": run.activation,
    "group": make_groups([run])[0].label,
    "activations": sorted(set(table["activation"])),
    "y": table["y"].tolist(),
    "films": sorted(set(film["activation"])),
    "model": {k: float(v) for k, v in run.load_model().state_dict().items() if k.endswith((".a", ".b"))},
}))
"""


def read_elsewhere(folder: str) -> dict:
    answer = subprocess.run([sys.executable, "-c", READ, folder], cwd=ROOT, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


def test_a_named_formula_trains_and_is_read_by_another_process(own_names, config, stripes, monkeypatch):
    activation_from_formula(TEXT, name="mine", a=1, b=0.0)
    named = config.replace(activation="mine", epochs=1)
    run = train(named, dataset=stripes)
    stored = json.loads((run.path / "run.json").read_text())["config"]
    assert stored["activation"] == "formula"
    assert stored["activation_options"] == {"formula": TEXT, "a": 1.0, "b": 0.0}

    learned = {name: p.item() for name, p in activation_parameters(run.load_model())}
    assert len(learned) == 14 and all(value != (1.0 if n.endswith("a") else 0.0) for n, value in learned.items())
    seen = read_elsewhere(config.runs_dir)
    assert seen["label"] == f"formula:{TEXT},a=1.0,b=0.0" == run.activation
    assert seen["group"] == TEXT
    assert seen["activations"] == seen["films"] == ["formula"]
    assert seen["model"] == pytest.approx(learned)

    monkeypatch.setattr(loop, "load_dataset", lambda *args, **options: stripes)
    lines: list[str] = []
    same = [named, config.replace(activation=f"formula:{TEXT},a=1,b=0", epochs=1)]
    assert [again.id for again in run_sweep(same, report=lines.append)] == [run.id, run.id]
    assert all("already there" in line for line in lines)


def test_ones_own_loop_stores_a_named_formula_written_out(own_names, tmp_path):
    activation_from_formula(TEXT, name="mine", a=1, b=0.0)
    model = make_model("resnet8", "mine", in_channels=1)
    written = {"formula": TEXT, "a": 2.0, "b": 0.0}
    for activation, stored in (
        ("mine:a=2", {"activation": "formula", "activation_options": written}),
        ({"layer3.*": "mine", "*": "relu"}, {"activation": {"layer3.*": f"formula:{TEXT},a=1.0,b=0.0", "*": "relu"}}),
        ("my words: of course", {"activation": "my words: of course"}),
    ):
        with RunWriter(tmp_path, {"model": "own", "activation": activation}, model) as run:
            run.epoch(epoch=1)
        assert run.run.config == {"model": "own", **stored}
    assert RunStore(tmp_path).table()["activation"].str.startswith("formula:").sum() == 1


@pytest.mark.parametrize(
    ("text", "name", "options"),
    [
        (f"formula:{TEXT},a=1,b=0", "formula", {"formula": TEXT, "a": 1, "b": 0}),
        ("formula:where(x <= 0, max(a*x, -1), x), a=.1", "formula", {"formula": "where(x <= 0, max(a*x, -1), x)", "a": 0.1}),
        ("Formula: a = 1e-3, formula = x*a", "Formula", {"a": 0.001, "formula": "x*a"}),
        ("formula:3", "formula", {"formula": "3"}),
        ("formula:x*(a,a=1", "formula", {"formula": "x*(a,a=1"}),
        ("formula", "formula", {}),
        ("eelu:eps=0.2,start=(a,b)", "eelu", {"eps": 0.2, "start": "(a,b)"}),
    ],
)
def test_a_formula_is_told_from_its_options(text, name, options):
    assert split_activation(text) == (name, options)
    if name == "formula":
        assert split_activation(join_activation(name, options)) == (name, options)


def test_the_label_of_a_config_is_what_can_be_typed():
    config = TrainConfig(activation="formula", activation_options={"b": 0.5, "formula": "max(x, b*x)"})
    assert config.activation_label == "formula:max(x, b*x),b=0.5"
    assert TrainConfig(activation=config.activation_label) == config


@pytest.mark.parametrize(
    ("activation", "sentence"),
    [
        ("formula:x * sigmod(x)", "Unknown function 'sigmod' at position 5 of the formula 'x * sigmod(x)'. Did you mean"),
        ("formula:x*a", "'a' at position 3 of the formula 'x*a' has no start value; give one, such as a=1.0."),
        ("formula", "The activation 'formula' needs its formula, such as formula='x * sigmoid(a*x)'."),
    ],
)
def test_a_wrong_formula_ends_the_command_before_anything_is_read(activation, sentence, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert command(["train", "--activation", activation]) == 2
    errors = capsys.readouterr().err
    assert errors.startswith(sentence) and len(errors.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_formula_that_does_not_fit_stops_training(config, stripes):
    with pytest.raises(FormulaError, match=r"^The formula 'x\*a' does not use 'b'\. Its parameters: a\.$"):
        train(config.replace(activation="formula:x*a,a=1,b=2"), dataset=stripes)
