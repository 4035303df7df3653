"""Predictions: the matrix, the images of a cell, the classes, the flips, and test data that are counted."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from core.runs import RunStore

from .conftest import Open
from .made_runs import make_run
from .test_cells import executed, same
from .test_view import ids


def uses(folder: Path, run: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((folder / run / "run.json").read_text())["test_uses"]
    return found


def counts(folder: Path, run: str, split: str = "validation") -> tuple[int, int]:
    """Return how many stored predictions there are, and how many of them are wrong."""
    stored = RunStore(folder)[run].predictions(split)
    return len(stored["labels"]), int((stored["outputs"].argmax(1) != stored["labels"]).sum())


def test_the_matrix_of_stored_predictions_stands_at_once(open_app: Open, demo: Path) -> None:
    (run,) = ids(demo, "coslu-s0")
    tab = open_app("predictions", run=run)
    (figure,) = tab.charts
    n, wrong = counts(demo, run)
    assert f"{n - wrong} of {n} images on the diagonal" in figure["layout"]["meta"]["alt"]
    assert f"{n - wrong}.0 % of 100 validation images of fashion-sample are right" in tab.text
    assert f"{wrong} of 100 validation images of fashion-sample are wrong" in tab.text
    assert tab.query["see"] == "confusion" and tab.query["split"] == "validation"


@pytest.mark.parametrize("query", [{}, {"see": "classes"}, {"true": "Shirt", "said": "Sneaker"}])
def test_the_cell_draws_the_figure_above_it(open_app: Open, demo: Path, query: dict[str, str]) -> None:
    (run,) = ids(demo, "coslu-s0")
    tab = open_app("predictions", run=run, **query)
    (cell,) = [c.value for c in tab.test.main.get("code") if "import" in c.value]
    assert same(json.loads(executed(cell).to_json()), tab.charts[0])


def test_a_cell_is_chosen_by_two_boxes_and_framed(open_app: Open, demo: Path) -> None:
    (run,) = ids(demo, "coslu-s0")
    tab = open_app("predictions", run=run)
    tab.test.selectbox(key="choose_true").set_value("Shirt")
    tab.run()
    tab.test.selectbox(key="choose_said").set_value("Sneaker")
    tab.run()
    assert (tab.query["true"], tab.query["said"]) == ("Shirt", "Sneaker")
    (frame,) = tab.charts[0]["layout"]["shapes"]
    assert (frame["x0"], frame["y0"]) == (6.5, 5.5)
    assert "Shirt taken for Sneaker" in tab.text
    tab.button("See them under Images")
    assert (tab.query["see"], tab.query["true"]) == ("images", "Shirt")


def test_a_class_that_the_data_set_does_not_have_is_named(open_app: Open, demo: Path) -> None:
    (run,) = ids(demo, "coslu-s0")
    tab = open_app("predictions", run=run, true="Hat")
    assert "This data set has no class “Hat”; choose one above." in tab.text
    assert tab.charts == []


def test_wrong_images_are_found_and_picked_for_the_other_pages(open_app: Open, demo: Path) -> None:
    (run,) = ids(demo, "coslu-s0")
    tab = open_app("predictions", run=run, see="images", only="wrong")
    n, wrong = counts(demo, run)
    assert f"{wrong} images of {n}, largest loss first." in tab.text
    tab.button("Pick the first 8")
    picked = tab.query["images"]
    assert len(picked.split(",")) == min(8, wrong)
    stored = RunStore(demo)[run].predictions("validation")
    at = {int(i): k for k, i in enumerate(stored["ids"])}
    for image in map(int, picked.split(",")):
        assert stored["outputs"][at[image]].argmax() != stored["labels"][at[image]]
    tab.test.multiselect(key="pick_predicted").set_value([int(picked.split(",")[0])])
    tab.run()
    assert tab.query["images"] == picked.split(",")[0]
    tab.go("features")
    assert tab.query["images"] == picked.split(",")[0]


def test_no_image_of_that_kind_is_said_in_words(open_app: Open, demo: Path) -> None:
    (run,) = ids(demo, "coslu-s0")
    tab = open_app("predictions", run=run, see="images", true="Bag", said="Bag", only="wrong")
    assert "No image is like that." in tab.text


def test_classes_stand_with_their_intervals_and_the_calibration(open_app: Open, demo: Path) -> None:
    (run,) = ids(demo, "coslu-s0")
    tab = open_app("predictions", run=run, see="classes")
    (figure,) = tab.charts
    assert len(figure["data"][0]["y"]) == 10
    assert "expected calibration error" in tab.text


def test_the_images_that_flip_between_two_runs(open_app: Open, demo: Path) -> None:
    run, other = ids(demo, "coslu-s0", "relu-s0")
    tab = open_app("predictions", run=run, see="flips", against=other)
    assert "of 100 validation images of fashion-sample" in tab.text
    assert tab.text.count("Right for ") == 2
    tab.test.selectbox(key="choose_against").set_value(ids(demo, "relu-s1")[0])
    tab.run()
    assert tab.query["against"] == ids(demo, "relu-s1")[0]


def test_test_data_of_a_demo_run_are_shown_on_request_and_its_file_stays(open_app: Open, demo: Path, tmp_path: Path) -> None:
    from core.runs.test_uses import mark_read_only

    folder = tmp_path / "bundled"
    run = make_run(folder, "coslu", 0, run_id="20260101-000000-resnet8-coslu-s0-demo")
    mark_read_only(RunStore(folder)[run])
    before = (folder / run / "run.json").read_bytes()
    tab = open_app("predictions", demo_folder=folder, run=run, split="test")
    assert tab.charts == []
    assert "Test data are for the last word." in tab.text
    assert "no look at its test data so far" in tab.text
    tab.button("Look at the test data")
    assert len(tab.charts) == 1
    assert "this look was not recorded, because the run came with the program and is not written" in tab.text
    assert "100 test images" in tab.text
    assert (folder / run / "run.json").read_bytes() == before


def test_a_look_at_ones_own_test_data_is_counted_once_per_tab(open_app: Open, tmp_path: Path) -> None:
    folder = tmp_path / "own"
    run = make_run(folder, "coslu", 1, run_id="own-a")
    tab = open_app("predictions", folder, run=run, split="test")
    assert uses(folder, run) == []
    assert tab.charts == []
    tab.button("Look at the test data")
    assert [use["by"] for use in uses(folder, run)] == ["app"]
    assert "this look was counted; 1 look at its test data so far (app 1)." in tab.text
    assert len(tab.charts) == 1
    tab.test.segmented_control(key="segments_see").set_value("classes")
    tab.run()
    tab.go("curves")
    tab.go("predictions")
    assert len(tab.charts) == 1
    assert len(uses(folder, run)) == 1
    again = open_app("predictions", folder, run=run, split="test")
    assert "1 look at its test data so far (app 1)." in again.text
    assert again.charts == []


def test_a_run_that_is_being_written_is_not_counted(open_app: Open, tmp_path: Path) -> None:
    folder = tmp_path / "own"
    run = make_run(folder, "coslu", 1, run_id="own-busy", epochs=4, done=2, leave_open=True)
    tab = open_app("predictions", folder, run=run, split="test")
    tab.button("Look at the test data")
    assert "this look was not recorded, because the run is being written by its training" in tab.text
    assert uses(folder, run) == []


def test_what_is_not_stored_is_a_job_that_ends_in_the_figure(open_app: Open, mine: Path) -> None:
    tab = open_app("predictions", mine, run="own-half", epoch="1")
    end = time.monotonic() + 60
    while not tab.charts and time.monotonic() < end:
        time.sleep(0.2)
        tab.run()
    assert "after epoch 1" in tab.text
    assert len(tab.charts) == 1


def test_the_nearest_checkpoint_is_shown_and_the_epoch_stays(open_app: Open, mine: Path) -> None:
    tab = open_app("predictions", mine, run="own-network", epoch="0")
    assert "No predictions of epoch 0 can be shown" in tab.text
    assert tab.query["epoch"] == "0"


def test_a_run_without_predictions_and_checkpoints_says_so(open_app: Open, without_checkpoints: Path) -> None:
    tab = open_app("predictions", without_checkpoints, run="own-half")
    assert "This run keeps neither predictions nor a checkpoint" in tab.text
    assert "These runs keep predictions:" in tab.text
