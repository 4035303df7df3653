"""Curves: each state has its words and its figure."""

import re
import time
from pathlib import Path

import pytest

from core.runs import RunStore
from explorer import tables

from .conftest import Open
from .made_runs import make_run
from .test_view import ids


def test_all_sites_are_small_multiples_with_what_each_became(open_app: Open) -> None:
    tab = open_app("curves")
    assert "Learned curves by site" in tab.text
    (figure,) = tab.charts
    words = " ".join(a["text"] for a in figure["layout"]["annotations"])
    assert "layer3.0.act2" in words
    assert words.count(" %") + words.count(" or ") + words.count("no match") >= 7
    assert "Nearest classic function at 7 sites: " in tab.text


def test_one_site_shows_curve_density_and_derivative_and_what_it_became(open_app: Open) -> None:
    tab = open_app("curves", show="site", site="layer2.0.act1")
    assert "What it became" in tab.text
    assert "a 1 → " in tab.text.replace("\\", "")
    assert "of 32 channels dead" in tab.text
    assert "Probe set, 24 images. Counts and means are exact; the density is that of 32,768 drawn with" in tab.text
    for words in ("Nearest: ", "mean of f' over its inputs", "units constant", "from its start"):
        assert words in tab.text
    assert {"y", "y2", "y3"} <= {t.get("yaxis", "y") for t in tab.charts[0]["data"]}


def test_one_curve_for_the_network_is_said(open_app: Open, mine: Path) -> None:
    tab = open_app("curves", mine, run="own-network")
    assert "7 sites, 1 parameter set" in tab.text
    assert "One curve for 7 sites" in tab.text
    assert len(tab.charts) == 1


def test_parameters_per_channel_are_a_band_and_one_channel_can_be_chosen(open_app: Open, mine: Path) -> None:
    tab = open_app("curves", mine, run="own-channel", show="site", site="layer1.0.act1")
    assert "the median over the channels" in tab.text
    assert "Nearest, of 16 channels: " in tab.text
    tab.test.selectbox(key="choose_channel").select("5")
    tab.run()
    assert "Nearest: " in tab.text
    assert tab.query["channel"] == "5"
    assert "layer1.0.act1, channel 5" in tab.text
    tab.test.selectbox(key="choose_channel").select("all")
    tab.run()
    assert "channel" not in tab.query


def test_a_channel_that_is_not_there_is_named(open_app: Open, mine: Path) -> None:
    tab = open_app("curves", mine, run="own-channel", show="site", site="layer1.0.act1", channel="99")
    assert "has no channel 99; its channels are 0 to 15." in tab.text.replace("\\", "")
    assert tab.charts == []


@pytest.mark.parametrize(("name", "title"), [("relu-s0", "ReLU"), ("pdrelu-s0", "PD-ReLU")])
def test_where_nothing_learns_it_says_so(open_app: Open, demo: Path, name: str, title: str) -> None:
    (run,) = ids(demo, name)
    tab = open_app("curves", run=run)
    assert f"{title}: this function does not learn; what moves is its inputs." in tab.text
    assert len(tab.charts) == 1
    assert ("Training uses another derivative" in tab.text) == (title == "PD-ReLU")


def test_over_training_shows_parameters_and_the_film(open_app: Open) -> None:
    tab = open_app("curves", show="training")
    assert [h.value for h in tab.test.subheader] == ["Parameters over training", "The curves as a film"]
    assert tab.charts[1].get("frames")


@pytest.mark.parametrize(
    ("quantity", "words"),
    [
        ("dead_units", "A unit whose true derivative"),
        ("saturated", "Share of all inputs"),
        ("mean_gradient", "Mean of the true"),
    ],
)
def test_units_over_training_carry_their_criterion(open_app: Open, quantity: str, words: str) -> None:
    tab = open_app("curves", show="units", quantity=quantity)
    assert words in tab.text
    assert tab.charts[0]["data"][-1]["type"] == "heatmap" or any(t["type"] == "heatmap" for t in tab.charts[0]["data"])


@pytest.mark.parametrize("quantity", ["dead_units", "constant_units", "saturated"])
def test_a_map_of_zeros_says_so_in_words(open_app: Open, demo: Path, quantity: str) -> None:
    (run,) = ids(demo, "relu-s0")
    zeros = not (tables.over_training(RunStore(demo)[run], quantity)["value"] > 0).any()
    tab = open_app("curves", run=run, show="units", quantity=quantity)
    assert ("0 % at every site and every epoch" in tab.text) == zeros
    assert quantity != "saturated" or not zeros  # half of a ReLU's inputs are


def test_many_curves_are_compared_by_a_job_and_counted_by_channel(open_app: Open, mine: Path) -> None:
    tab = open_app("curves", mine, run="own-channel")
    for _ in range(200):
        if "Nearest classic function of most channels" in tab.text:
            break
        time.sleep(0.1)
        tab.run()
    words = " ".join(a["text"] for a in tab.charts[0]["layout"]["annotations"])
    assert " of 64" in words


def test_dead_units_say_what_died_and_revived_and_what_they_count(open_app: Open, demo: Path) -> None:
    (run,) = ids(demo, "relu-s0")
    tab = open_app("curves", run=run, show="units", site="layer1.0.act1")
    text = tab.text.replace("\\", "")
    assert re.search(r"layer1\.0\.act1, 24 probe images: (\d+|none) of 16 channels", text)
    assert re.search(r"layer1\.0\.act1, 24 probe images: ([\d,]+|none) of [\d,]+ units", text)


def test_a_film_is_saved_with_one_click(open_app: Open) -> None:
    tab = open_app("curves", show="training")
    assert "Save the film (HTML)" in [b.label for b in tab.test.main.get("download_button")]


@pytest.fixture(scope="module")
def deep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with one run of 31 sites."""
    folder = tmp_path_factory.mktemp("deep")
    make_run(folder, "coslu", 1, model="resnet32", epochs=1, run_id="own-deep")
    return folder


@pytest.mark.parametrize(
    ("query", "panels", "words"),
    [
        ({}, 25, "25 of the 31 sites, evenly over the depth, the first and the last among them. Play it, or drag"),
        ({"film": "layer2"}, 10, "The 10 sites in layer2. Play it, or drag"),
        ({"film": "site", "site": "layer2.1.act1"}, 1, "layer2.1.act1, one of 31 sites. Play it, or drag"),
        ({"film": "layer9"}, 25, "The link asks for the film of “layer9”, which is no part of this network."),
    ],
)
def test_a_deep_network_has_the_film_of_a_part_and_the_caption_says_which(
    open_app: Open, deep: Path, query: dict[str, str], panels: int, words: str
) -> None:
    tab = open_app("curves", deep, run="own-deep", show="training", **query)
    assert words in tab.text.replace("\\", "")
    film = next(chart for chart in tab.charts if chart.get("frames"))
    assert len(film["frames"][0]["data"]) == 2 * panels
    assert "Save the film (HTML)" in [b.label for b in tab.test.main.get("download_button")]


def test_the_part_of_a_film_is_chosen_with_a_widget_and_stands_in_the_link(open_app: Open, deep: Path) -> None:
    tab = open_app("curves", deep, run="own-deep", show="training")
    tab.test.segmented_control(key="segments_film").set_value("layer3")
    tab.run()
    assert tab.query["film"] == "layer3"
    assert "The 10 sites in layer3." in tab.text


def test_a_film_of_many_snapshots_is_a_job_that_says_where_it_stands(
    open_app: Open, deep: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("explorer.curves_data.FEW_FILMED", 3)
    tab = open_app("curves", deep, run="own-deep", show="training", film="layer1")
    end = time.monotonic() + 60
    while not any(chart.get("frames") for chart in tab.charts) and time.monotonic() < end:
        time.sleep(0.1)
        tab.run()
    assert any(chart.get("frames") for chart in tab.charts)


def test_the_newest_epoch_can_be_followed_while_a_run_trains(open_app: Open, tmp_path: Path) -> None:
    folder = tmp_path / "live"
    folder.mkdir()
    run = make_run(folder, "coslu", 1, epochs=5, done=2, leave_open=True)
    tab = open_app("curves", folder, run=run, epoch="1")
    assert tab.query["epoch"] == "1"
    tab.test.toggle(key="follow_newest").set_value(True)
    tab.run()
    assert (tab.query["epoch"], tab.query["follow"]) == ("2", "on")
    tab.test.select_slider(key="slide_epoch").set_value(0)
    tab.run()
    assert (tab.query["epoch"], tab.query["follow"]) == ("0", "off")


def test_a_finished_run_is_not_followed(open_app: Open) -> None:
    tab = open_app("curves")
    assert not tab.test.toggle


def test_without_snapshots_it_says_what_helps(open_app: Open, mine: Path) -> None:
    tab = open_app("curves", mine, run="own-bare")
    assert "This run keeps no snapshots" in tab.text
    assert tab.charts == []
    assert tab.links


def test_before_training_is_epoch_0(open_app: Open) -> None:
    assert "before training" in open_app("curves", epoch="0").text
