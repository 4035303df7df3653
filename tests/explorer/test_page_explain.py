"""Explanations: maps with their errors below, methods that do not hold with their reasons, the check by new weights."""

import json
import time
from pathlib import Path

import pytest

from .conftest import Open, wait_for_chart
from .test_cells import executed, same
from .test_view import ids


def words(chart: dict) -> str:
    return " ".join(a["text"] for a in chart["layout"]["annotations"]).replace("<br>", " ")


def test_one_image_stands_beside_the_maps_of_every_valid_method(open_app: Open, demo: Path) -> None:
    (run,) = ids(demo, "eelu-s0")
    tab = wait_for_chart(open_app("explain", run=run, epoch="3", images="10,25"))
    (chart,) = tab.charts
    assert [trace["type"] for trace in chart["data"]] == ["image"] + ["heatmap"] * 6
    for method in ("Integrated Gradients", "DeepLift", "Saliency", "Input × Gradient", "Grad-CAM", "Occlusion"):
        assert method in words(chart)
    assert "error" in words(chart)
    assert "makes no claim to sum to the gap" in words(chart)
    assert "logit of the predicted class · baseline: black" in tab.text


def test_methods_that_do_not_hold_are_named_with_their_reasons(open_app: Open, demo: Path) -> None:
    (run,) = ids(demo, "coslu-s0")
    tab = wait_for_chart(open_app("explain", run=run, epoch="3", images="10"))
    assert "Not valid here: Guided Backpropagation changes" in tab.text
    assert "Layer-wise Relevance Propagation has no rule for these activations (CosLU)" in tab.text
    tab.test.segmented_control(key="segments_maps").set_value("runs")
    tab.run()
    assert "guided_backprop" not in tab.test.selectbox(key="choose_attribution").options


def test_the_cell_draws_the_maps_too(open_app: Open, demo: Path) -> None:
    (run,) = ids(demo, "coslu-s0")
    tab = wait_for_chart(open_app("explain", run=run, epoch="3", images="10", base="mean"))
    (cell,) = [c.value for c in tab.test.main.get("code") if "import" in c.value]
    assert same(json.loads(executed(cell).to_json()), tab.charts[0])


def test_images_by_runs_has_a_row_per_image_and_a_column_per_network(open_app: Open, demo: Path) -> None:
    coslu, relu, eelu = ids(demo, "coslu-s0", "relu-s0", "eelu-s0")
    query = {"runs": f"{coslu},{relu},{eelu}", "images": "10,25", "maps": "runs", "attribution": "deep_lift"}
    tab = wait_for_chart(open_app("explain", run=coslu, epoch="3", **query))
    (chart,) = tab.charts
    assert [trace["type"] for trace in chart["data"]] == ["image", "heatmap", "heatmap", "heatmap"] * 2
    assert "2 images · 3 networks" in tab.text
    (cell,) = [c.value for c in tab.test.main.get("code") if "import" in c.value]
    assert same(json.loads(executed(cell).to_json()), chart)


def test_the_sanity_check_is_a_line_over_depth(open_app: Open, demo: Path) -> None:
    (run,) = ids(demo, "relu-s0")
    query = {"images": "10,25", "maps": "check", "attribution": "saliency"}
    tab = wait_for_chart(open_app("explain", run=run, epoch="3", **query))
    (chart,) = tab.charts
    assert chart["layout"]["xaxis"]["ticktext"][:2] == ["none", "fc"]
    assert "Saliency: do the maps depend on what was learned?" in tab.text


def test_another_class_and_the_difference_of_two_are_explained(open_app: Open, demo: Path) -> None:
    (run,) = ids(demo, "relu-s0")
    query = {"images": "10", "maps": "runs", "runs": run, "attribution": "saliency", "target": "3", "minus": "5"}
    tab = wait_for_chart(open_app("explain", run=run, epoch="3", **query))
    assert "Dress − Sandal" in words(tab.charts[0])
    tab.test.selectbox(key="choose_target").set_value("4")
    tab.run()
    wait_for_chart(tab)
    assert tab.query["target"] == "4"
    assert "Coat − Sandal" in words(tab.charts[0])


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"target": "3", "minus": "3"}, "The difference of class 3 with itself is 0 everywhere; choose two classes."),
        ({"target": "bag"}, "target must be one of predicted, or the number of a class; received 'bag'."),
        ({"maps": "nosuch"}, "The link says maps=nosuch; known are methods, runs, check."),
        ({"attribution": "lrp"}, "The link says attribution=lrp; known are integrated"),
    ],
)
def test_what_a_link_asks_in_vain_is_said(open_app: Open, demo: Path, query: dict[str, str], said: str) -> None:
    (run,) = ids(demo, "relu-s0")
    tab = open_app("explain", run=run, epoch="3", images="10", **query)
    assert said in tab.text.replace("\\", "")
    assert tab.charts == []


def test_a_class_that_the_network_does_not_have_is_named(open_app: Open, demo: Path) -> None:
    (run,) = ids(demo, "relu-s0")
    tab = open_app("explain", run=run, epoch="3", images="10", target="10")
    for _ in range(100):
        if "A target must be a class" in tab.text:
            break
        time.sleep(0.1)
        tab.run()
    assert "A target must be a class from 0 to 9; received 10." in tab.text


def test_a_run_without_checkpoints_says_so(open_app: Open, without_checkpoints: Path) -> None:
    tab = open_app("explain", without_checkpoints, run="own-half")
    assert "This run keeps no checkpoint, so its answers cannot be explained." in tab.text
    assert "These runs keep one:" in tab.text
