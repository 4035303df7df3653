"""Runs: what there is, and what is selected."""

import shutil
from pathlib import Path

import explorer.folders

from .conftest import Open
from .made_runs import make_run


def test_groups_carry_mean_sd_and_n(open_app: Open) -> None:
    table = open_app("runs").test.dataframe[0].value
    coslu = table[table["Configuration"] == "CosLU"].iloc[0]
    assert coslu["Validation accuracy"].endswith("% (n = 2)")
    assert "±" in coslu["Test accuracy"]
    assert coslu["Seeds"] in ("0, 1", "1, 0")
    assert sorted(table["Configuration"]) == ["CosLU", "EELU", "PD-ReLU", "ReLU"]


def test_every_run_has_a_row_with_only_what_differs(open_app: Open, demo: Path) -> None:
    table = open_app("runs", rows="runs").test.dataframe[0].value
    assert len(table) == 6
    assert {"Activation", "Seed", "Status", "Epochs"} <= set(table.columns)
    assert not {"Model", "Dataset", "Lr"} & set(table.columns)
    assert set(table["Epochs"]) == {"3 of 3"}


def test_ones_own_runs_come_first_and_the_demo_runs_below(open_app: Open, mine: Path, demo: Path) -> None:
    rows = list(open_app("runs", mine, rows="runs").test.dataframe[0].value["Run"])
    own = {p.name for p in mine.iterdir()} - {"broken"}
    assert set(rows[: len(own)]) == own
    assert set(rows[len(own) :]) == {p.name for p in demo.iterdir()}


def test_a_damaged_folder_is_listed_with_its_reason(open_app: Open, mine: Path) -> None:
    text = open_app("runs", mine).text
    assert "1 folder could not be read" in text
    assert f"{mine / 'broken'}" in text
    assert "no valid JSON" in text


def test_the_filter_narrows_the_table_and_stands_in_the_link(open_app: Open) -> None:
    tab = open_app("runs", rows="runs")
    tab.test.text_input(key="write_where").set_value("activation=relu seed=1")
    tab.run()
    assert len(tab.test.dataframe[0].value) == 1
    assert tab.query["where"] == "activation=relu seed=1"


def test_a_filter_that_cannot_be_used_says_why_and_shows_no_table(open_app: Open) -> None:
    tab = open_app("runs", where="activaton=relu")
    assert "The filter “activaton=relu” cannot be used." in tab.text
    assert "Did you mean 'activation'?" in tab.text
    assert not tab.test.dataframe
    tab.button("Remove the filter")
    assert len(tab.test.dataframe) == 1


def test_a_link_with_a_filter_alone_selects_what_it_lets_through(open_app: Open) -> None:
    tab = open_app("runs", where="activation=coslu")
    assert "2 runs of 1 configuration selected by the filter" in tab.text
    assert "runs" not in tab.query


def test_runs_are_selected_by_keyboard_too(open_app: Open, demo: Path) -> None:
    tab = open_app("runs", runs="")
    assert "No run selected" in tab.text
    name = next(p.name for p in demo.iterdir() if "eelu" in p.name)
    tab.test.multiselect(key="pick_runs").select(name)
    tab.run()
    assert tab.query["runs"] == name
    assert "1 run of 1 configuration selected" in tab.text
    tab.button("Clear the selection")
    assert tab.query["runs"] == ""


def test_the_selection_is_ids_and_survives_runs_that_appear_and_vanish(open_app: Open, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(explorer.folders, "SCAN_EVERY", 0.0)
    folder = tmp_path / "changing"
    kept, gone = (make_run(folder, "relu", s, snapshots=False, run_id=f"2026-m{s}") for s in (1, 2))
    tab = open_app("runs", folder, rows="runs", runs=kept)
    before = list(tab.test.dataframe[0].value["Run"])
    make_run(folder, "relu", 3, snapshots=False, run_id="2026-a3")
    make_run(folder, "relu", 4, snapshots=False, run_id="2026-z4")
    shutil.rmtree(folder / gone)
    tab.run()
    after = tab.test.dataframe[0].value
    assert list(after["Run"])[: len(before)] == before
    assert set(after["Run"][len(before) :]) == {"2026-a3", "2026-z4"}
    assert after.set_index("Run").loc[gone, "Status"] == ["gone"]
    assert tab.query["runs"] == kept
    assert "whose runs are no longer in the folder" in tab.text
    key = next(k for k in tab.test.session_state.to_dict() if k.startswith("table_runs"))
    rows = tab.test.session_state[key]["selection"]["rows"]
    assert [after["Run"].iloc[r] for r in rows] == [kept]


def test_a_running_run_shows_how_far_it_is(open_app: Open, tmp_path: Path) -> None:
    make_run(tmp_path / "live", "delu", 1, epochs=4, done=1, snapshots=False, leave_open=True)
    text = open_app("runs", tmp_path / "live").text
    assert "epoch 1 of 4, validation accuracy" in text


def test_an_empty_folder_is_named_and_the_demo_runs_stay(open_app: Open, tmp_path: Path) -> None:
    tab = open_app("runs", tmp_path)
    assert f"The folder `{tmp_path}` holds no runs yet." in tab.text
    assert len(tab.test.dataframe) == 1


def test_with_no_run_at_all_it_says_how_to_get_some(open_app: Open, tmp_path: Path) -> None:
    tab = open_app("runs", tmp_path / "a", tmp_path / "b")
    assert "There are no runs here, and the demo runs are not in place." in tab.text
    assert "make demo-runs" in tab.text


def test_a_filter_that_nothing_passes_says_so(open_app: Open) -> None:
    tab = open_app("runs", where="activation=nosuch")
    assert not tab.test.exception
    assert "No run passes the filter." in tab.text
