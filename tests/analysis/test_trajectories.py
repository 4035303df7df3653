import numpy as np
import pandas as pd
import pytest
from scipy import stats

from core.analysis.trajectories import compare, group_table, member_table, run_values, trajectory_table
from core.errors import UnknownNameError

from .fakes import FakeRun, fake_run

RUNS = [
    fake_run("r0", [0.50, 0.60, 0.70], seed=0, test=0.69, chosen=3),
    fake_run("r1", [0.52, 0.66, 0.71], seed=1, test=0.70, chosen=2),
    fake_run("r2", [0.54], seed=2, status="interrupted"),
    fake_run("c0", [0.40, 0.80], seed=0, activation="coslu", test=0.79, chosen=2),
]


def test_the_mean_trajectory_is_a_pandas_groupby():
    members = pd.concat(
        pd.DataFrame({"label": label, "epoch": range(1, len(v) + 1), "value": v})
        for label, v in [("ReLU", [0.5, 0.6, 0.7]), ("ReLU", [0.52, 0.66, 0.71]), ("ReLU", [0.54]), ("CosLU", [0.4, 0.8])]
    )
    expected = members.groupby(["label", "epoch"], sort=False)["value"].agg(["mean", "std", "count"])
    table = trajectory_table(RUNS, "val_accuracy").set_index(["label", "epoch"])
    assert list(table.index) == [("ReLU", 1), ("ReLU", 2), ("ReLU", 3), ("CosLU", 1), ("CosLU", 2)]
    expected = expected.loc[list(table.index)]
    np.testing.assert_allclose(table[["mean", "sd", "n"]].astype(float), expected.astype(float))


def test_the_band_is_scipys_t_interval_and_one_seed_has_none():
    table = trajectory_table(RUNS, "val_accuracy").set_index(["label", "epoch"])
    v = [0.5, 0.52, 0.54]
    low, high = stats.t.interval(0.95, 2, loc=np.mean(v), scale=stats.sem(v))
    assert tuple(table.loc[("ReLU", 1), ["low", "high"]]) == pytest.approx((low, high))
    assert table.loc[("CosLU", 1), ["sd", "low", "high"]].isna().all()


def test_n_falls_where_a_run_stops():
    table = trajectory_table(RUNS, "val_accuracy")
    assert table.loc[table["label"] == "ReLU", "n"].tolist() == [3, 2, 2]


def test_a_groups_mean_does_not_depend_on_the_other_groups():
    alone = trajectory_table(RUNS[:3], "val_accuracy")
    together = trajectory_table(RUNS, "val_accuracy")
    pd.testing.assert_frame_equal(alone, together[together["label"] == "ReLU"].reset_index(drop=True))


def test_values_that_are_not_finite_do_not_count_in_n():
    runs = [fake_run("a", [0.5, np.nan], seed=0), fake_run("b", [0.7, 0.8], seed=1), fake_run("c", [0.6, np.inf], seed=2)]
    table = trajectory_table(runs, "val_accuracy")
    assert table["n"].tolist() == [3, 1]
    assert table["mean"].tolist() == pytest.approx([0.6, 0.8])


def test_members_are_kept_with_run_seed_and_status():
    table = member_table(RUNS, "val_loss")
    row = table[(table["run"] == "r2")].iloc[0]
    assert (row["label"], row["seed"], row["status"], row["epoch"]) == ("ReLU", 2, "interrupted", 1)
    assert row["value"] == pytest.approx(0.46)
    assert len(table) == 9


def test_of_a_repeated_epoch_the_last_row_counts():
    run = fake_run("a", [0.1, 0.2])
    run.rows.append({"epoch": 2, "val_accuracy": 0.3, "val_loss": 0.7})
    assert trajectory_table([run], "val_accuracy")["mean"].tolist() == pytest.approx([0.1, 0.3])


def test_an_unknown_column_names_those_there_are():
    with pytest.raises(UnknownNameError, match=r"Unknown column of metrics.csv 'val_acuracy'\. Did you mean 'val_accuracy'\?"):
        trajectory_table(RUNS, "val_acuracy")


def test_a_run_before_its_first_epoch_has_no_rows_but_a_place_in_the_table():
    empty = FakeRun("e", RUNS[0].config.replace(seed=9), [], "running")
    assert "e" not in set(member_table([*RUNS, empty], "val_accuracy")["run"])
    assert run_values([*RUNS, empty]).set_index("run").loc["e", "value"] is not None
    assert group_table([empty]).iloc[0]["val_accuracy"] == "–"


def test_run_values_are_those_of_the_chosen_epoch_or_the_last():
    chosen = run_values(RUNS).set_index("run")
    assert chosen.loc[["r0", "r1"], "value"].tolist() == [0.70, 0.66]
    assert chosen.loc["r2", ["epoch", "value"]].tolist() == [1, 0.54]
    assert run_values(RUNS, at="last").set_index("run").loc["r1", "value"] == 0.71


def test_test_values_come_from_the_stored_results_only():
    table = run_values(RUNS, "test_accuracy").set_index("run")["value"]
    assert table[["r0", "r1", "c0"]].tolist() == [0.69, 0.70, 0.79]
    assert np.isnan(table["r2"])


def test_the_group_table_writes_mean_sd_and_n():
    table = group_table(RUNS, ["val_accuracy", "test_accuracy"]).set_index("label")
    assert table.loc["ReLU", "val_accuracy"] == "63.3 ± 8.3 % (n = 3)"
    assert table.loc["ReLU", "test_accuracy"] == "69.5 ± 0.7 % (n = 2)"
    assert table.loc["CosLU", "val_accuracy"] == "80.0 % (n = 1)"
    assert table.loc["ReLU", "runs"] == ("r0", "r1", "r2")
    assert table.loc["ReLU", "val_accuracy_mean"] == pytest.approx(np.mean([0.7, 0.66, 0.54]))


def test_groups_are_compared_by_label_or_key_and_unknown_ones_are_named():
    values = run_values(RUNS)
    v = compare(values, "CosLU", "ReLU", data="fashion-sample")
    assert (v.kind, v.n_a, v.n_b) == ("cannot tell", 1, 3)
    key = values.loc[values["label"] == "CosLU", "group"].iloc[0]
    assert compare(values, key, "ReLU", data="fashion-sample") == v
    with pytest.raises(UnknownNameError, match="Unknown group 'EELU'"):
        compare(values, "EELU", "ReLU")


def test_a_repeated_seed_is_listed_on_request_only():
    runs = [fake_run("2-a", [0.5], seed=0), fake_run("1-a", [0.4], seed=0)]
    assert run_values(runs)["run"].tolist() == ["2-a"]
    assert run_values(runs, repeats=True).set_index("run")["value"].to_dict() == {"2-a": 0.5, "1-a": 0.4}
    assert group_table(runs).iloc[0][["n", "repeats"]].tolist() == [1, 1]
