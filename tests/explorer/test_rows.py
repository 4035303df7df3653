"""The rows of the runs table."""

import pandas as pd
import pytest

from explorer.rows import GONE, chosen_after, duration, group_rows, is_gone, keep_rows, positions, run_rows


def shown(*ids: str) -> pd.DataFrame:
    return pd.DataFrame({"Run": list(ids), "Status": [["succeeded"] for _ in ids]}, index=list(ids))


def test_new_rows_come_last_and_no_row_moves() -> None:
    assert list(keep_rows(shown("b", "c"), shown("a", "b", "c")).index) == ["b", "c", "a"]


def test_a_vanished_row_stays_in_its_place_and_says_so() -> None:
    kept = keep_rows(shown("a", "b", "c"), shown("a", "c"))
    assert list(kept.index) == ["a", "b", "c"]
    assert list(is_gone(kept)) == [False, True, False]
    assert kept.loc["b", "Run"] == "b"
    assert kept.loc["b", "Status"] == [GONE]


def test_ticks_become_run_ids_and_the_others_stay_chosen() -> None:
    rows, members = ["g1", "g2", "g3"], {"g1": ("a", "b"), "g2": ("c",), "g3": ("d",)}
    assert chosen_after(rows, members, [0], ("elsewhere",)) == ("elsewhere", "a", "b")
    assert chosen_after(rows, members, [1], ("a", "b", "c")) == ("c",)
    assert chosen_after(rows, members, [], ("a", "b", "x")) == ("x",)


def test_a_group_of_which_some_runs_are_chosen_keeps_them_without_a_tick() -> None:
    rows, members = ["g1", "g2"], {"g1": ("a", "b"), "g2": ("c",)}
    assert positions(rows, members, ("a", "c")) == [1]
    assert chosen_after(rows, members, [1], ("a", "c")) == ("a", "c")


def test_a_run_is_shown_in_words() -> None:
    table = pd.DataFrame(
        [("running", 0.03, 0.9123, float("nan"), 3, 10, 1.8)],
        columns=["status", "activation_lr_scale", "val_accuracy", "val_loss", "epochs_done", "epochs_planned", "minutes"],
        index=["r"],
    )
    (row,) = run_rows(table).to_dict("records")
    assert row == {
        "Run": "r", "Status": ["running"], "Activation lr scale": "0.03", "Validation accuracy": "91.2 %",
        "Validation loss": "–", "Epochs": "3 of 10", "Time": "1 min 48 s",
    }  # fmt: skip


def test_a_group_is_shown_with_its_spread_and_every_status_once() -> None:
    table = pd.DataFrame(
        [("key", "CosLU", ("a", "b"), (0, None), "91.2 ± 0.2 % (n = 2)", "–", "0.3 (n = 2)")],
        columns=["group", "label", "runs", "seeds", "val_accuracy", "test_accuracy", "val_loss"],
    )
    (row,) = group_rows(table, {"a": "succeeded", "b": "running"}).to_dict("records")
    assert row["Status"] == ["running", "succeeded"]
    assert row["Seeds"] == "0, –"
    assert row["Validation accuracy"] == "91.2 ± 0.2 % (n = 2)"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (48, "48 s"), (108, "1 min 48 s"), (120, "2 min"), (7500, "2 h 5 min"), (float("nan"), "–")],
)
def test_a_duration_is_written_as_people_say_it(seconds: float, text: str) -> None:
    assert duration(seconds) == text
