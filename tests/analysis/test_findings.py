import math
import subprocess
import sys

import pandas as pd
import pytest

from core.analysis.findings import (
    comparison_finding,
    curve_that_moved,
    curve_that_stayed,
    noise_finding,
    undecided_pair,
    with_run,
)
from core.analysis.trajectories import run_values

from .fakes import fake_run

COSLU = fake_run("20260101-coslu-s0", [0.8], activation="coslu", dataset="fashion-sample")
EELU = fake_run("20260101-eelu-s0", [0.8], activation="eelu", dataset="fashion-sample")


def sites(moved: list[float], learns: bool = True, run=COSLU) -> pd.DataFrame:
    table = pd.DataFrame({"site": [f"layer{i + 1}.0.act1" for i in range(len(moved))], "moved": moved})
    return with_run(table.assign(learns=learns, images=1000), run)


def test_the_curve_that_moved_is_the_furthest_one():
    found = curve_that_moved(sites([0.03, 0.414, 0.1]))
    assert (found.kind, found.run, found.site, found.value) == ("found", COSLU.id, "layer2.0.act1", 0.414)
    assert found.sentence == (
        "CosLU at layer2.0.act1 of resnet8 on fashion-sample, seed 0: the learned curve lies 41 % from its start,"
        " the furthest of 3 sites of 1 run, 1,000 probe images."
    )


def test_a_run_with_a_formula_is_named_by_the_formula():
    own = fake_run("own", [0.8], activation="formula:x*sigmoid(a*x),a=1", dataset="fashion-sample")
    table = with_run(sites([0.3]).drop(columns=["run", "model", "activation", "title", "seed", "dataset"]), own)
    assert curve_that_moved(table).sentence.startswith("x*sigmoid(a*x) at layer1.0.act1 of resnet8")
    named = with_run(sites([0.3]).assign(activation="formula"), own)
    assert curve_that_moved(named).sentence.startswith("x*sigmoid(a*x) at layer1.0.act1")
    still = with_run(
        sites([0.0], learns=False).assign(activation="formula"), fake_run("b", [0.8], activation="formula:max(x, 0)")
    )
    assert curve_that_moved(still).sentence == "No curve can move here: max(x, 0) learns nothing."


def test_a_finding_says_what_to_open_and_what_it_rests_on():
    table = with_run(sites([0.3]), COSLU, epoch=10)
    found = curve_that_moved(table)
    assert (found.run, found.site, found.epoch) == (COSLU.id, "layer1.0.act1", 10)
    assert found.criterion == (
        "Distance: root mean square difference between the learned and the initial curve over the site's inputs,"
        " in % of the initial curve's standard deviation over the same inputs. At least 25 % counts as moved."
    )
    assert curve_that_stayed(table).criterion.endswith("At most 5.0 % counts as stayed.")
    assert curve_that_stayed(table).run is None


def test_the_curve_that_stayed_is_the_nearest_one_that_could_learn():
    fixed = sites([0.0], learns=False, run=fake_run("relu", [0.8]))
    found = curve_that_stayed(pd.concat([fixed, sites([0.03, 0.4])]))
    assert (found.kind, found.site, found.value) == ("found", "layer1.0.act1", 0.03)
    assert found.sentence == (
        "CosLU at layer1.0.act1 of resnet8 on fashion-sample, seed 0: the curve could learn, yet stayed within 3.0 % of its"
        " start, the nearest of 2 sites of 1 run, 1,000 probe images."
    )


def test_where_no_curve_meets_the_criterion_the_sentence_says_so():
    moved = curve_that_moved(sites([0.2, 0.1]))
    assert (moved.kind, moved.run, moved.site) == ("none", None, None)
    assert moved.sentence == (
        "No learned curve lies 25 % or more from its start; the furthest is 20 % away"
        " (CosLU at layer1.0.act1 of resnet8 on fashion-sample, seed 0; 2 sites of 1 run, 1,000 probe images)."
    )
    stayed = curve_that_stayed(sites([0.2, 0.1]))
    assert stayed.kind == "none"
    assert stayed.sentence.startswith("No learned curve stayed within 5.0 % of its start; the nearest is 10 % away")


@pytest.mark.parametrize("finding", [curve_that_moved, curve_that_stayed])
def test_networks_that_learn_no_curve_and_empty_tables_have_their_own_sentence(finding):
    relu = sites([0.0, 0.0], learns=False, run=fake_run("relu", [0.8]))
    assert finding(relu).sentence == "No curve can move here: ReLU learns nothing."
    assert finding(relu.iloc[:0]).sentence == "Cannot tell what the curves became: there is no run to look at."
    assert finding(sites([math.nan])).kind == "cannot tell"


@pytest.mark.parametrize("finding", [curve_that_moved, curve_that_stayed])
def test_before_the_first_epoch_nothing_is_said_of_the_curves(finding):
    before = sites([0.0, 0.0]).assign(epoch=0)
    assert finding(before).kind == "cannot tell"
    assert finding(before).sentence == "Cannot tell what the curves became: no epoch of training is finished."
    after = sites([0.3]).assign(epoch=2)
    assert finding(pd.concat([before, after])).sentence == finding(after).sentence


def clouds(strengths: list[float]) -> pd.DataFrame:
    rows = [
        with_run(
            pd.DataFrame([{"site": "layer3.0.act2", "strength": s, "rank": 9.0, "passes": 64, "images": 8}]),
            fake_run(f"e{i}", [0.8], activation="eelu", seed=i, dataset="fashion-sample"),
        )
        for i, s in enumerate(strengths)
    ]
    return pd.concat(rows, ignore_index=True)


def test_the_noise_is_a_share_of_the_variance_between_images():
    found = noise_finding(clouds([0.0312]))
    assert found.kind == "found"
    assert found.sentence == (
        "EELU at layer3.0.act2 of resnet8 on fashion-sample, seed 0: the noise moves the features of an image by 3.1 % of the"
        " variance between images (64 noisy passes of 8 images)."
    )


def test_over_several_seeds_the_noise_is_a_mean_with_sd_and_n():
    found = noise_finding(clouds([0.03, 0.05]))
    assert found.value == pytest.approx(0.04)
    assert found.sentence.endswith("by 4.0 % of the variance between images (64 noisy passes of 8 images; 2 seeds, sd 1.4 %).")


def test_faint_noise_no_noise_and_undefined_noise_have_their_own_sentences():
    assert noise_finding(clouds([0.0002])).kind == "none"
    assert "hardly moves the features, 0.020 % of the variance" in noise_finding(clouds([0.0002])).sentence
    assert noise_finding(clouds([0.1]).iloc[:0]).kind == "none"
    assert noise_finding(clouds([math.nan])).kind == "cannot tell"


def test_the_comparison_names_both_groups_n_and_the_data():
    runs = [fake_run(f"r{s}", [0.8], seed=s, test=0.80 + s / 100) for s in range(3)]
    runs += [fake_run(f"c{s}", [0.8], seed=s, test=0.80 + s / 90, activation="coslu") for s in range(3)]
    runs += [fake_run(f"e{s}", [0.8], seed=s, test=0.40 + s / 100, activation="eelu") for s in range(3)]
    values = run_values(runs, "test_accuracy")
    assert undecided_pair(values, "ReLU") == ("CosLU", "ReLU")
    open_ = comparison_finding(values, "CosLU", "ReLU", data="fashion-sample")
    assert open_.kind == "cannot tell"
    assert "n = 3 and 3 seeds on fashion-sample" in open_.sentence
    clear = comparison_finding(values, "EELU", "ReLU", data="fashion-sample")
    assert (clear.kind, clear.verdict.kind) == ("found", "worse")
    assert clear.runs == ("r0", "r1", "r2", "e0", "e1", "e2")
    assert clear.criterion.startswith("A difference counts when its 95 % Welch interval excludes 0")
    assert undecided_pair(values, "ReLU", ["EELU"]) is None


def test_findings_trajectories_and_statistics_leave_torch_and_scipy_stats_out():
    code = (
        "import sys, core.analysis.findings, core.analysis.trajectories, core.analysis.statistics as s;"
        "s.verdict([1, 2], [1, 3], 'a', 'b');"
        "assert not {'torch', 'scipy.stats', 'sklearn'} & set(sys.modules), sorted(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
