import pytest

from core.analysis.groups import activation_title, config_title, differences, group_key, make_groups, site_title
from core.config import TrainConfig

from .fakes import FakeRun, fake_run


def labels(*runs):
    return [group.label for group in make_groups(runs)]


def test_runs_that_differ_in_the_seed_and_the_place_only_are_one_group():
    runs = [fake_run(f"r{s}", [0.5], seed=s, runs_dir=f"d{s}", compile=s == 0) for s in range(3)]
    (group,) = make_groups(runs)
    assert [run.id for run in group.runs] == ["r0", "r1", "r2"]
    assert group.key == group_key(runs[0]) == TrainConfig(seed=7).group()


def test_labels_say_only_what_differs():
    relu, coslu = fake_run("a", [0.5]), fake_run("b", [0.5], activation="coslu")
    deep = fake_run("c", [0.5], activation="coslu", model="resnet20")
    assert labels(relu) == ["ReLU"]
    assert labels(relu, coslu) == ["ReLU", "CosLU"]
    assert labels(coslu, deep) == ["resnet8 · CosLU", "resnet20 · CosLU"]
    slow = fake_run("d", [0.5], activation="coslu", lr=0.01)
    assert labels(coslu, slow) == ["CosLU · lr 0.1", "CosLU · lr 0.01"]


def test_settings_at_their_default_go_unsaid_where_the_activation_tells_the_groups_apart():
    others = [fake_run("a", [0.5]), fake_run("b", [0.5], activation="coslu", milestones=(0.3,))]
    slow = fake_run("c", [0.5], activation="apalu", activation_lr_scale=0.1)
    assert labels(*others, slow) == ["ReLU", "CosLU · milestones [0.3]", "APALU · activation lr scale 0.1"]


def test_of_groups_with_one_activation_only_what_tells_them_apart_is_said():
    short, long = fake_run("a", [0.5], epochs=4), fake_run("b", [0.5], epochs=10)
    fast = fake_run("c", [0.5], activation="delu", epochs=10, lr=9.0)
    assert labels(short, long, fast) == ["ReLU · epochs 4", "ReLU · epochs 10", "DELU · lr 9.0"]


def test_options_and_sharing_stand_in_the_label_where_they_differ():
    plain, strong = fake_run("a", [0.5], activation="eelu"), fake_run("b", [0.5], activation="eelu:eps=0.5")
    assert labels(plain, strong) == ["EELU", "EELU (eps 0.5)"]
    assert labels(plain, fake_run("c", [0.5], activation="eelu", sharing="layer")) == ["EELU", "EELU · sharing layer"]


def test_a_formula_stands_in_the_label_itself():
    own = [fake_run("a", [0.5], activation=f"formula:x*sigmoid(a*x),a={a}") for a in (1, 2)]
    assert labels(fake_run("b", [0.5]), own[0]) == ["ReLU", "x*sigmoid(a*x) (a 1)"]
    assert labels(*own) == ["x*sigmoid(a*x) (a 1)", "x*sigmoid(a*x) (a 2)"]
    (long,) = labels(fake_run("c", [0.5], activation=f"formula:x{' + x' * 30}"))
    assert len(long) <= 48 and long.endswith("…")


def test_a_formula_is_named_by_its_text_wherever_it_stands_in_a_network():
    config = {"activation": {"layer3.*": "formula:max(x, a*x),a=0.1", "*": "eelu"}}
    assert config_title(config) == "layer3.*: max(x, a*x), *: EELU"
    assert site_title(config, "formula") == "max(x, a*x)"
    assert site_title(config, "eelu") == "EELU"
    assert site_title({"activation": {"a": "formula:x*a,a=1", "b": "formula:x+a,a=1"}}, "formula") == "Formula"
    assert site_title({"activation": "formula", "activation_options": {"formula": "x*a"}}, "formula") == "x*a"
    assert config_title({"activation": "their: own"}) == "their: own"


def test_groups_never_carry_the_same_label():
    full = FakeRun("a", {"model": "m", "activation": "relu", "extra": 1, "seed": 0})
    bare = FakeRun("b", {"model": "m", "activation": "relu", "seed": 0})
    assert len(set(labels(full, bare))) == 2


def test_a_repeated_seed_counts_once_and_the_finished_newest_run_stands_for_it():
    runs = [
        fake_run("20260101-a", [0.5], seed=0),
        fake_run("20260102-a", [0.5], seed=0),
        fake_run("20260103-a", [0.5], seed=0, status="failed"),
        fake_run("20260101-b", [0.5], seed=1),
    ]
    (group,) = make_groups(runs)
    assert [run.id for run in group.runs] == ["20260102-a", "20260101-b"]
    assert group.repeats == ("20260101-a", "20260103-a")


def test_foreign_runs_without_a_seed_count_each():
    runs = [FakeRun(name, {"model": "m", "activation": "relu"}) for name in "ab"]
    (group,) = make_groups(runs)
    assert len(group.runs) == 2


def test_the_difference_table_has_one_row_per_run_and_only_what_differs():
    a, b = fake_run("a", [0.5], seed=0), fake_run("b", [0.5], seed=1, activation="coslu", milestones=(0.3,))
    table = differences([a, b])
    assert list(table.index) == ["a", "b"]
    assert set(table.columns) == {"seed", "activation", "milestones"}
    assert table.loc["b"].to_dict() == {"activation": "coslu", "seed": 1, "milestones": "[0.3]"}
    assert differences([a]).shape == (1, 0)


def test_what_some_runs_do_not_record_is_no_difference():
    table = differences([FakeRun("a", {"model": "m", "lr": 1}), FakeRun("b", {"model": "m"})])
    assert list(table.columns) == []


@pytest.mark.parametrize(("name", "title"), [("coslu", "CosLU"), ("pdrelu", "PD-ReLU"), ("my_own", "my_own")])
def test_titles_are_written_as_in_the_papers(name, title):
    assert activation_title(name) == title
