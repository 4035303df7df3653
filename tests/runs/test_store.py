import json
import math
import shutil
from pathlib import Path

import pandas as pd
import pytest

from core.errors import UnknownNameError
from core.runs import Run, RunStore, RunWriter, count_test_use, mark_read_only
from core.runs import store as store_module
from tests.runs.helpers import config, finished_run, network


def _change(path: Path, **values: object) -> None:
    info = json.loads((path / "run.json").read_text())
    (path / "run.json").write_text(json.dumps({**info, **values}))


def test_the_table_shows_what_a_run_is_and_how_far_it_came(tmp_path: Path) -> None:
    given = config(activation="eelu:eps=0.2", seed=3, sharing="channel")
    with RunWriter(tmp_path, given, network("eelu", "channel"), run_id="one", dataset={"name": "mine"}) as run:
        run.checkpoint(1)
        run.epoch(epoch=1, val_accuracy=0.75)
        run.epoch(epoch=2, val_accuracy=0.5)
        run.choose("by hand", epoch=1)
        run.results({"test": {"accuracy": 0.625}})
    table = RunStore(tmp_path).table()
    assert table.index.tolist() == ["one"] and table.index.name == "run_id"
    row = table.loc["one"].to_dict()
    created = row.pop("created")
    assert isinstance(created, pd.Timestamp) and created == pd.Timestamp(run.run.info["created"])
    assert row == {
        "status": "succeeded",
        "model": "resnet8",
        "activation": "eelu:eps=0.2",
        "sharing": "channel",
        "dataset": "mine",
        "seed": 3,
        "epochs_done": 2,
        "epochs_planned": 4,
        "group": given.group(),
        "chosen_epoch": 1,
        "val_accuracy": 0.75,
        "test_accuracy": 0.625,
        "path": str(tmp_path / "one"),
        "source": str(tmp_path),
    }


def test_a_running_run_is_followed_and_is_interrupted_when_its_holder_is_gone(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    assert len(store.table()) == 0
    with RunWriter(tmp_path, config(), run_id="one") as run:
        assert store.table().loc["one", ["status", "epochs_done"]].tolist() == ["running", 0]
        run.epoch(epoch=1, val_accuracy=0.5)
        row = store.table().loc["one"]
        assert (row.status, row.epochs_done, row.val_accuracy) == ("running", 1, 0.5)
        assert pd.isna(row.chosen_epoch) and math.isnan(row.test_accuracy)
        (run.path / "lock").rename(run.path / "away")
        assert store.table().loc["one", "status"] == "interrupted"
        (run.path / "away").rename(run.path / "lock")
    assert store.table().loc["one", "status"] == "succeeded"
    shutil.rmtree(run.path)
    assert len(store.table()) == 0


def test_only_a_changed_run_json_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, _ = finished_run(tmp_path, "one"), finished_run(tmp_path, "two")
    read: list[str] = []
    real = store_module.read_record
    monkeypatch.setattr(store_module, "read_record", lambda path: read.append(path.name) or real(path))
    store = RunStore(tmp_path)
    assert sorted(read) == ["one", "two"]
    read.clear()
    first = store.table()
    assert read == []
    _change(one, error="noted")
    pd.testing.assert_frame_equal(store.table(), first)
    assert read == ["one"]
    assert store["one"].info["error"] == "noted"


def test_damaged_and_foreign_folders_are_listed_with_the_reason_and_the_others_work(tmp_path: Path) -> None:
    finished_run(tmp_path, "good")
    for name in ("cut", "newer", "lacking", "status", "config", "results", "version"):
        finished_run(tmp_path, name)
    (tmp_path / "cut" / "run.json").write_text('{"schema_version": 1, "run_')
    _change(tmp_path / "newer", schema_version=2)
    _change(tmp_path / "status", status="done")
    _change(tmp_path / "config", config={"lr": -1})
    _change(tmp_path / "results", results=["0.9"])
    _change(tmp_path / "version", schema_version="1")
    (tmp_path / "lacking" / "run.json").write_text('{"schema_version": 1, "status": "failed", "config": {}}')
    (tmp_path / "photos").mkdir()
    (tmp_path / "a,b").mkdir()
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "notes.txt").touch()
    store = RunStore(tmp_path)
    assert store.table().index.tolist() == ["good"]
    damaged = store.damaged()
    assert {Path(row.path).name: row.reason for row in damaged.itertuples()} == {
        "a,b": "has a comma in its name, which separates ids in links; rename it",
        "config": "run.json: config is no TrainConfig: lr must be greater than 0; received -1.",
        "cut": "run.json is no valid JSON: Unterminated string starting at: line 1 column 23 (char 22)",
        "lacking": "run.json lacks run_id, created",
        "newer": "was written by a newer release (schema version 2; this one reads up to 1)",
        "photos": "has no run.json",
        "results": "run.json: results must be of type dict, not list",
        "status": "run.json: status 'done' is none of running, succeeded, failed, interrupted",
        "version": "run.json: schema_version must be of type int, not str",
    }


def test_damage_that_is_mended_is_seen(tmp_path: Path) -> None:
    path = finished_run(tmp_path)
    whole = (path / "run.json").read_bytes()
    (path / "run.json").write_bytes(whole[:100])
    store = RunStore(tmp_path)
    assert (len(store.table()), len(store.damaged())) == (0, 1)
    (path / "run.json").write_bytes(whole)
    assert (len(store.table()), len(store.damaged())) == (1, 0)


def test_a_strange_value_in_run_json_does_not_break_the_table(tmp_path: Path) -> None:
    path = finished_run(tmp_path)
    _change(path, config_type="own", config={"seed": 2**80, "epochs": "many", "activation": 7}, created="yesterday")
    _change(path, results={"epochs": "x", "chosen": 3, "test": "good"}, chosen={"epoch": []})
    _change(path, group=5, dataset={"name": 4})
    row = RunStore(tmp_path).table().loc["one"]
    assert (row.activation, row.dataset, row.epochs_done) == ("7", "4", 2)
    assert pd.isna(row.seed) and pd.isna(row.epochs_planned) and pd.isna(row.created) and pd.isna(row.chosen_epoch)


def test_links_are_not_followed(tmp_path: Path) -> None:
    outside = finished_run(tmp_path / "elsewhere")
    runs = tmp_path / "runs"
    runs.mkdir()
    (runs / "link").symlink_to(outside, target_is_directory=True)
    store = RunStore(runs)
    assert len(store.table()) == 0
    assert store.damaged().reason.tolist() == ["is a link, and links are not followed; name the folder it leads to instead"]


@pytest.mark.parametrize("run_id", ["../other/secret", "{root}/other/secret", "..", "", "one/../../other/secret"])
def test_an_id_is_never_a_path(tmp_path: Path, run_id: str) -> None:
    finished_run(tmp_path / "other", "secret")
    finished_run(tmp_path / "runs", "one")
    run_id = run_id.replace("{root}", str(tmp_path))
    store = RunStore(tmp_path / "runs")
    assert run_id not in store
    with pytest.raises(UnknownNameError):
        store[run_id]


def test_an_unknown_id_is_answered_with_the_nearest(tmp_path: Path) -> None:
    for run_id in ("20261121-142530-resnet8-coslu-s0-3fk2", "20261121-142531-resnet8-relu-s1-9abc", "x"):
        finished_run(tmp_path, run_id)
    with pytest.raises(UnknownNameError) as caught:
        RunStore(tmp_path)["20261121-142530-resnet8-coslu-s0-3fkz"]
    assert str(caught.value) == (
        f"There is no run '20261121-142530-resnet8-coslu-s0-3fkz' in {tmp_path} (3 runs). "
        "Nearest: 20261121-142530-resnet8-coslu-s0-3fk2, 20261121-142531-resnet8-relu-s1-9abc."
    )


def test_of_two_folders_with_the_same_id_the_first_wins_and_the_other_is_reported(tmp_path: Path) -> None:
    finished_run(tmp_path / "a", "one", seed=1)
    finished_run(tmp_path / "b", "one", seed=2)
    finished_run(tmp_path / "b", "two", seed=3)
    store = RunStore(tmp_path / "a", tmp_path / "b")
    assert store.table()["seed"].to_dict() == {"one": 1, "two": 3}
    assert store.damaged().values.tolist() == [
        [str(tmp_path / "b" / "one"), f"the id is taken by {tmp_path / 'a' / 'one'}, which is used"]
    ]
    assert [run.id for run in store.runs()] == ["one", "two"]


def test_a_missing_folder_is_an_empty_store_with_all_columns(tmp_path: Path) -> None:
    table = RunStore(tmp_path / "none").table()
    assert len(table) == 0
    assert table.columns.tolist()[:3] == ["status", "model", "activation"]


def test_a_run_that_appears_is_found_by_id_without_asking_for_a_scan(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    finished_run(tmp_path, "late")
    assert store["late"].id == "late"


def test_looks_at_test_data_are_counted(tmp_path: Path) -> None:
    run = Run(finished_run(tmp_path))
    assert count_test_use(run, "evaluate") and count_test_use(run, "app")
    assert [use["by"] for use in Run(run.path).info["test_uses"]] == ["evaluate", "app"]
    assert run.info == Run(run.path).info


def test_looks_at_demo_runs_and_at_runs_being_written_are_not_recorded(tmp_path: Path) -> None:
    run = Run(finished_run(tmp_path))
    mark_read_only(run)
    before = (run.path / "run.json").read_bytes()
    assert run.read_only and count_test_use(run, "app") is False
    assert (run.path / "run.json").read_bytes() == before
    with RunWriter(tmp_path, config(), run_id="two") as writer:
        assert count_test_use(writer.run, "app") is False
    assert writer.run.info["test_uses"] == []


def test_the_state_changes_with_the_files(tmp_path: Path) -> None:
    with RunWriter(tmp_path, config(), network(), run_id="one") as writer:
        seen = [writer.run.state()]
        for change in (lambda: writer.epoch(epoch=1), writer.snapshot, writer.checkpoint, lambda: writer.results({"a": 1})):
            change()
            seen.append(writer.run.state())
    assert len(set(seen)) == len(seen)
    assert writer.run.state() == Run(tmp_path / "one").state()
