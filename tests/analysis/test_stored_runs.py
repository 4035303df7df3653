"""The same functions on run folders as they are written and scanned."""

import math

import pytest

from core.analysis.findings import comparison_finding, curve_that_moved, with_run
from core.analysis.groups import group_key
from core.analysis.trajectories import group_table, member_table, run_values, trajectory_table
from core.config import TrainConfig
from core.runs import RunStore, RunWriter


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    for activation in ("relu", "coslu"):
        for seed in (0, 1):
            config = TrainConfig(activation=activation, seed=seed, epochs=2)
            dataset = {"name": "fashion-sample"}
            with RunWriter(folder, config, run_id=f"20260101-{activation}-s{seed}", dataset=dataset) as writer:
                for epoch in (1, 2):
                    value = 0.5 + 0.1 * epoch + 0.01 * seed
                    writer.epoch(epoch=epoch, step=10 * epoch, val_accuracy=value, val_loss=1 - value)
                writer.results({"test": {"n": 100, "accuracy": 0.6 + 0.02 * seed, "loss": 1.0}})
    return RunStore(folder)


@pytest.fixture(scope="module")
def runs(store):
    return [store[run_id] for run_id in store.table().index]


def test_groups_are_those_of_the_runs_table(store, runs):
    assert store.table()["group"].to_dict() == {run.id: group_key(run) for run in runs}


def test_stored_metrics_become_trajectories_and_group_rows(runs):
    table = trajectory_table(runs, "val_accuracy")
    assert table[["epoch", "n"]].to_numpy().tolist() == [[1, 2], [2, 2]] * 2
    assert table["mean"].tolist() == pytest.approx([0.605, 0.705] * 2)
    assert set(group_table(runs)["val_accuracy"]) == {"70.5 ± 0.7 % (n = 2)"}
    assert set(member_table(runs, "val_loss")["status"]) == {"succeeded"}


def test_stored_test_results_are_compared(runs):
    finding = comparison_finding(run_values(runs, "test_accuracy"), "CosLU", "ReLU", data="fashion-sample")
    assert finding.kind == "cannot tell"
    assert finding.sentence.startswith("Cannot tell whether CosLU or ReLU is better in test accuracy: 0.0 points (95 % Welch")
    assert finding.verdict is not None
    assert math.isfinite(finding.verdict.detectable)


def test_the_sentences_take_model_seed_and_data_from_the_run(runs):
    import pandas as pd

    sites = pd.DataFrame({"site": ["act"], "moved": [0.5], "learns": [True], "images": [1000]})
    run = next(r for r in runs if "coslu-s1" in r.id)
    sentence = curve_that_moved(with_run(sites, run)).sentence
    assert sentence.startswith("CosLU at act of resnet8 on fashion-sample, seed 1: the learned curve lies 50 % from its start")
