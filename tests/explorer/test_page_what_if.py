"""What if: every change ends in a figure with two numbers and a sentence; what cannot be tried is said."""

import functools
import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from core.models.resnet import CifarResNet
from core.runs import RunStore
from explorer import jobs, what_if_tables
from explorer.demo_sweep import DEMO_RUNS, ROOT
from tests.browser.demo import demo_run
from tests.plots.tables import RESNET8

from .conftest import Open, Opened, wait_for_chart
from .test_cells import executed, same
from .test_view import ids

BUNDLED = ROOT / DEMO_RUNS


@pytest.fixture(autouse=True)
def few_images(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every table be computed, and take seconds, not minutes."""
    monkeypatch.setattr(what_if_tables, "stored", lambda *arguments: None)
    for name, count in {"TABLE_IMAGES": 24, "SURFACE_IMAGES": 8, "TRAIN_IMAGES": 16}.items():
        monkeypatch.setattr(what_if_tables, name, count)


def test_replacing_shows_two_bars_per_site_a_sentence_and_the_networks_own_numbers(open_app: Open, demo: Path) -> None:
    (run,) = ids(demo, "coslu-s0")
    tab = wait_for_chart(open_app("what-if", run=run))
    (figure,) = tab.charts
    assert {t["name"] for t in figure["data"]} == {"as it is", "BN statistics estimated again", "rows"}
    assert figure["layout"]["yaxis"]["ticktext"][-1] == "all sites"
    assert "ReLU in place of the learned function" in tab.text
    assert "7 sites, 24 validation images" in tab.text
    assert "estimated again on 16 training images" in tab.text
    (cell,) = [c.value for c in tab.test.main.get("code") if "import" in c.value]
    assert same(json.loads(executed(cell).to_json()), figure)


@pytest.mark.parametrize("what", ["replace", "move"])
def test_a_table_stored_with_the_run_is_drawn_without_a_job(open_app: Open, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()  # the tables stored with the bundled runs, on 1,000 images
    monkeypatch.setattr(jobs, "submit", lambda *arguments, **options: pytest.fail("a job was started"))
    tab = open_app("what-if", demo_folder=BUNDLED, run=demo_run("coslu"), what_if=what)
    assert len(tab.charts) == {"replace": 1, "move": 2}[what]
    assert "7 sites, 1,000 validation images" in tab.text if what == "replace" else "1,000" in tab.text


def test_a_network_of_relus_is_tried_without_them(open_app: Open, demo: Path) -> None:
    (run,) = ids(demo, "relu-s0")
    tab = wait_for_chart(open_app("what-if", run=run, measure="loss"))
    assert tab.charts[0]["layout"]["xaxis"]["title"]["text"] == "change in loss"
    assert "Identity in place of the learned function" in tab.text
    assert "its own start" not in tab.test.selectbox(key="choose_instead").options


def test_another_function_goes_into_the_link(open_app: Open, demo: Path) -> None:
    (run,) = ids(demo, "relu-s0")
    tab = open_app("what-if", run=run)
    tab.test.selectbox(key="choose_instead").select("gelu")
    tab.run()
    assert tab.query["instead"] == "gelu"


def test_a_formula_of_ones_own_is_typed_and_checked(open_app: Open, demo: Path) -> None:
    (run,) = ids(demo, "relu-s0")
    tab = open_app("what-if", run=run, instead="formula")
    assert "Type a formula" in tab.text
    tab.test.text_input(key="what_if_formula").set_value("max(x, a*x)")
    tab.run()
    assert "has no start value; give one, such as a=1.0." in tab.text
    assert tab.charts == []
    tab.test.text_input(key="what_if_formula").set_value("max(x, a*x), a=0.5")
    tab.run()
    assert tab.query["instead"] == "formula:max(x, a*x), a=0.5"
    assert "no start value" not in tab.text


def wait_for_path(tab: Opened) -> tuple[dict[str, Any], dict[str, Any]]:
    """Wait for the job of the path; return its figure, and that of the functions, which needs no job."""
    assert len(tab.charts) in (1, 2)
    end = time.monotonic() + 90
    while len(tab.charts) < 2 and time.monotonic() < end:
        time.sleep(0.2)
        tab.run()
    path, functions = tab.charts
    return path, functions


def test_a_click_on_a_row_chooses_its_site_and_marks_it(open_app: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    tab = open_app("what-if", demo_folder=BUNDLED, run=demo_run("coslu"), site="layer3.0.act2")
    (figure,) = tab.charts
    assert "▶ layer3.0.act2" in figure["layout"]["yaxis"]["ticktext"]
    assert figure["data"][2]["customdata"] == [[s] for s in (*RESNET8, "")]
    tab.test.selectbox(key="choose_site").set_value("layer1.0.act1")  # the labelled way; a browser test clicks
    tab.run()
    assert tab.query["site"] == "layer1.0.act1"
    assert "▶ layer1.0.act1" in tab.charts[0]["layout"]["yaxis"]["ticktext"]


def test_moving_draws_both_numbers_over_t(open_app: Open, demo: Path) -> None:
    (run,) = ids(demo, "coslu-s0")
    tab = open_app("what-if", run=run, what_if="move", scope="site", site="layer1.0.act1")
    path, functions = wait_for_path(tab)
    assert "From start to learned, at layer1.0.act1" in tab.text
    assert [a["text"] for a in path["layout"]["annotations"]].count("learned") == 2
    assert {a["text"] for a in functions["layout"]["annotations"]} >= {"layer1.0.act1"}
    assert "1 of 7 sites" in tab.text
    assert "computed point" not in tab.text.replace("computed point nearest to it", "")


def test_the_slider_marks_t_and_names_the_computed_point_that_its_numbers_are_of(
    open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    tab = open_app("what-if", demo_folder=BUNDLED, run=demo_run("coslu"), what_if="move")
    assert tab.test.slider(key="slide_t").value == 1.0
    tab.test.slider(key="slide_t").set_value(0.3)
    tab.run()
    assert tab.query["t"] == "0.3"
    path, functions = tab.charts
    assert [s["x0"] for s in path["layout"]["shapes"] if s["line"]["width"] == 2] == [0.3, 0.3]
    assert "At t = 0.25, the computed point nearest to t = 0.3: accuracy" in tab.text
    assert [t["name"] for t in functions["data"] if t.get("legendgroup")][:3] == ["start (t = 0)", "t = 0.3", "learned (t = 1)"]
    cells = [c.value for c in tab.test.main.get("code") if "import" in c.value]
    for cell, figure in zip(cells, tab.charts, strict=True):
        assert same(json.loads(executed(cell).to_json()), figure)


def test_a_link_opens_at_its_t_and_one_that_says_no_t_is_told(open_app: Open, demo: Path) -> None:
    (run,) = ids(demo, "coslu-s0")
    tab = open_app("what-if", run=run, what_if="move", t="-0.25")
    assert tab.test.slider(key="slide_t").value == -0.25
    for text in ("7", "much", "nan"):
        tab = open_app("what-if", run=run, what_if="move", t=text)
        assert f"The link says t={text}, but t must be a number from −0.5 to 1.5." in tab.text
        assert tab.charts == []
    tab.button("Show t = 1, the learned values")
    assert tab.query["t"] == "1"


def test_one_function_for_the_network_stands_for_all_sites(open_app: Open, mine: Path) -> None:
    tab = open_app("what-if", mine, run="own-network", what_if="move", t="0.5")
    assert "one function for the network" in tab.text
    assert len(tab.charts[-1]["data"]) == 5


def test_the_surface_of_one_site_is_called_a_slice(open_app: Open, demo: Path) -> None:
    (run,) = ids(demo, "coslu-s0")
    tab = wait_for_chart(open_app("what-if", run=run, what_if="surface", scope="site", site="act"))
    assert "A slice of the loss over a and b: the pair of act" in tab.text


def test_the_surface_of_one_pair_for_the_network_is_called_exact(open_app: Open, mine: Path) -> None:
    tab = wait_for_chart(open_app("what-if", mine, run="own-network", what_if="surface"))
    assert "exact, the network has no other pair" in tab.text


def test_where_nothing_learns_there_is_nothing_to_move(open_app: Open, demo: Path) -> None:
    relu, coslu = ids(demo, "relu-s0", "coslu-s0")
    tab = open_app("what-if", run=relu, what_if="move")
    assert "ReLU has no parameters, so there is nothing to move." in tab.text
    assert tab.links["Replace it"]["what_if"] == "replace"
    assert coslu in {q["run"] for q in tab.links.values()}


def test_a_run_without_checkpoints_says_so(open_app: Open, without_checkpoints: Path) -> None:
    tab = open_app("what-if", without_checkpoints, run="own-half")
    assert "This run keeps no checkpoint" in tab.text


def test_the_nearest_checkpoint_is_tried_and_the_epoch_stays(open_app: Open, demo: Path) -> None:
    (run,) = ids(demo, "relu-s0")
    tab = open_app("what-if", run=run, epoch="0")
    assert "No checkpoint of epoch 0 was kept; this is epoch" in tab.text
    assert tab.query["epoch"] == "0"


def test_after_stop_at_most_one_more_batch_is_computed(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (run_id,) = ids(demo, "coslu-s0")
    run = RunStore(demo)[run_id]
    begun: list[int] = []
    mine: set[int] = set()
    computing, stopped = threading.Event(), threading.Event()
    forward = CifarResNet.forward

    @functools.wraps(forward)
    def counted(self: CifarResNet, x: torch.Tensor) -> torch.Tensor:
        if threading.get_ident() in mine and len(x) > 2:  # two images only show how the network is built
            begun.append(len(x))
        if len(begun) == 7 and not computing.is_set():
            computing.set()
            assert stopped.wait(60)
        return forward(self, x)

    def work(progress: jobs.Progress) -> object:
        mine.add(threading.get_ident())
        return what_if_tables.ablation(run, 3, "mish", progress=progress)

    monkeypatch.setattr(CifarResNet, "forward", counted)
    job = jobs.Queue().submit("k", work)
    assert computing.wait(60)
    job.cancel()
    stopped.set()
    end = time.monotonic() + 10
    while job.open and time.monotonic() < end:
        time.sleep(0.01)
    assert job.state == "stopped"
    assert len(begun) <= 8
