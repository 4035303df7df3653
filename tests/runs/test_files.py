from pathlib import Path

import numpy as np
import pytest

from core.errors import ExplorerError, RunError
from core.runs.files import plain, read_json, write_bytes, write_json
from core.runs.layout import check_run_id, checkpoint_epoch, new_run_id, snapshot_moment, snapshot_name


def test_a_write_that_fails_leaves_the_old_file_and_no_temporary_one(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    write_json(path, {"a": 1})
    with pytest.raises(TypeError):
        write_bytes(path, "text is not bytes")  # type: ignore[arg-type]
    assert read_json(path) == {"a": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["run.json"]


def test_json_holds_plain_types_and_null_for_what_is_not_finite() -> None:
    given = {"a": np.float32(0.5), "b": float("nan"), "c": (1, True), "d": np.arange(2), "e": Path("x"), 3: float("inf")}
    assert plain(given) == {"a": 0.5, "b": None, "c": [1, True], "d": [0, 1], "e": "x", "3": None}


def test_a_value_that_json_cannot_hold_is_refused_with_its_place() -> None:
    with pytest.raises(ExplorerError) as caught:
        plain({"optimizer": [object()]}, "config")
    assert str(caught.value) == ("config.optimizer[0] is of type object; a run stores numbers, texts, lists and dicts.")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"[1]", "run.json holds no JSON object"),
        (b"{", "run.json is no valid JSON: Expecting property name"),
        (b"\xff\xfe\x00", "run.json is no valid JSON"),
        (b"[" * 100_000, "run.json is no valid JSON"),
        (b"9" * 10_000, "run.json is no valid JSON"),
    ],
)
def test_what_is_no_json_object_is_refused_with_the_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "run.json").write_bytes(content)
    with pytest.raises(RunError, match="^" + reason.replace(".", r"\.")):
        read_json(tmp_path / "run.json")


def test_an_id_tells_time_model_activation_and_seed() -> None:
    run_id = new_run_id({"model": "resnet20", "activation": "eelu:eps=0.2", "seed": 3})
    date, clock, model, activation, seed, tail = run_id.split("-")
    assert (len(date), len(clock), model, activation, seed, len(tail)) == (8, 6, "resnet20", "eelu", "s3", 4)
    assert new_run_id({"model": "My net!", "activation": {"*": "relu"}}).split("-")[2:-1] == ["my", "net", "mixed"]


@pytest.mark.parametrize("run_id", ["../up", "a/b", "", ".hidden", "a,b", "a b", "x" * 201])
def test_an_id_that_could_leave_the_folder_or_break_a_link_is_refused(run_id: str) -> None:
    with pytest.raises(ExplorerError, match="cannot be a run id: letters, digits"):
        check_run_id(run_id)


def test_file_names_are_read_back_and_others_ignored() -> None:
    assert snapshot_name(3, 237) == "epoch_0003_step_000237.safetensors"
    assert snapshot_moment("epoch_0003_step_000237.safetensors") == (3, 237)
    assert snapshot_moment(".epoch_0003_step_000237.safetensors.ab.tmp") is None
    assert checkpoint_epoch("epoch_0010.safetensors") == 10
    assert checkpoint_epoch("epoch_10.safetensors") is None
