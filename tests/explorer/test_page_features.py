"""Features & noise: clouds where there is noise, words and links where there is none."""

import time
from pathlib import Path

from .conftest import Open, wait_for_chart
from .test_view import ids


def test_stored_clouds_stand_at_once_with_strength_and_rank(open_app: Open, demo: Path) -> None:
    (run,) = ids(demo, "eelu-s0")
    tab = open_app("features", run=run, site="layer3.0.act2", epoch="3")
    (figure,) = tab.charts
    words = " ".join(a["text"] for a in figure["layout"]["annotations"])
    assert "strength" in words
    assert "rank" in words
    assert "64 noisy passes" in tab.text


def test_without_noise_it_says_so_and_links_to_runs_that_have_it(open_app: Open, demo: Path) -> None:
    relu, eelu = ids(demo, "relu-s0", "eelu-s0")
    tab = open_app("features", run=relu)
    assert "No noise here." in tab.text
    assert "These runs have it:" in tab.text
    assert [q["run"] for q in tab.links.values()] == [eelu]
    assert tab.charts == []


def test_clouds_that_are_not_stored_are_a_job_that_ends_in_the_figure(open_app: Open, demo: Path) -> None:
    (run,) = ids(demo, "eelu-s0")
    tab = open_app("features", run=run, site="layer1.0.act1", images="10,25")
    wait_for_chart(tab)
    assert len(tab.charts) == 1
    assert "2 images" in tab.text


def test_an_image_that_the_data_set_does_not_have_is_named(open_app: Open, demo: Path) -> None:
    (run,) = ids(demo, "eelu-s0")
    tab = open_app("features", run=run, images="99999999")
    for _ in range(100):
        if "has no image 99999999" in tab.text:
            break
        time.sleep(0.1)
        tab.run()
    assert "The data set fashion-sample has no image 99999999" in tab.text
    assert tab.charts == []


def test_the_nearest_checkpoint_is_shown_and_the_epoch_stays(open_app: Open, demo: Path) -> None:
    (run,) = ids(demo, "eelu-s0")
    tab = open_app("features", run=run, site="layer3.0.act2", epoch="0")
    assert "No checkpoint of epoch 0 was kept; this is epoch" in tab.text
    assert tab.query["epoch"] == "0"


def test_images_are_picked_by_number_and_by_moves(open_app: Open, demo: Path) -> None:
    (run,) = ids(demo, "eelu-s0")
    tab = open_app("features", run=run, images="10")
    tab.test.session_state["choose_images"] = True
    tab.run()
    tab.test.text_input(key="numbers").set_value("25, 170")
    tab.run()
    assert tab.query["images"] == "25,170"
    tab.button("Next wrong")
    assert tab.query["images"].startswith("25,170,")
    tab.button("Random")
    assert len(tab.query["images"].split(",")) == 6
    tab.test.pills(key="pick_images").set_value([])
    tab.run()
    tab.test.text_input(key="numbers").set_value("ten")
    tab.run()
    assert "Whole numbers only, with commas between them." in tab.text


def test_a_run_without_checkpoints_says_so(open_app: Open, without_checkpoints: Path) -> None:
    tab = open_app("features", without_checkpoints, run="own-half")
    assert "This run keeps no checkpoint, so its features cannot be computed." in tab.text
    assert "These runs make noise and keep one:" in tab.text
