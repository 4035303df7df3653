"""The views of the noise lens on Features & noise: figures where there is noise, words and links where there is none."""

import json
import time
from pathlib import Path

import pytest

from core.runs import RunStore
from explorer import jobs
from explorer.demo_sweep import DEMO_RUNS, ROOT

from .conftest import Open, Opened
from .made_runs import make_mixed_run
from .test_cells import executed, same
from .test_page_features import wait_for_chart
from .test_view import ids


def test_maps_and_flips_of_the_chosen_images(open_app: Open, demo: Path) -> None:
    (run,) = ids(demo, "eelu-s0")
    tab = wait_for_chart(open_app("features", run=run, site="layer3.0.act2", images="10,25", lens="maps"))
    maps, flips = tab.charts
    assert len(maps["data"]) == 4
    assert flips["data"][0]["text"][0].endswith(" of 64")
    assert "Signal-to-noise at layer3.0.act2:" in tab.text
    cells = [c.value for c in tab.test.main.get("code") if "import" in c.value]
    for cell, drawn in zip(cells, tab.charts, strict=True):
        assert same(json.loads(executed(cell).to_json()), drawn)


def test_one_channel_of_the_maps_is_chosen_by_a_labelled_box(open_app: Open, demo: Path) -> None:
    (run,) = ids(demo, "eelu-s0")
    tab = wait_for_chart(open_app("features", run=run, site="layer3.0.act2", images="10,25", lens="maps"))
    tab.test.selectbox(key="map_channel").set_value("3")
    tab.run()
    assert tab.query["channel"] == "3"
    assert "channel 3 of 64" in tab.text


def test_depth_follows_the_noise_and_single_sites_can_be_turned_off(open_app: Open, demo: Path) -> None:
    (run,) = ids(demo, "eelu-s0")
    tab = wait_for_chart(open_app("features", run=run, site="layer3.0.act2", images="10,25", lens="depth"))
    (figure,) = tab.charts
    assert figure["data"][1]["marker"]["symbol"] == ["circle"] * 7
    assert "noise at 7 of 7 sites" in tab.text
    tab.test.multiselect(key="noisy_at").set_value(["layer3.0.act1", "layer3.0.act2"])
    tab.run()
    assert tab.query["noisy"] == "layer3.0.act1,layer3.0.act2"
    wait_for_chart(tab)
    assert "noise at 2 of 7 sites" in tab.text
    assert tab.charts[0]["data"][1]["marker"]["symbol"][:5] == ["circle-open"] * 5


def test_signal_to_noise_is_the_other_quantity(open_app: Open, demo: Path) -> None:
    (run,) = ids(demo, "eelu-s0")
    tab = wait_for_chart(open_app("features", run=run, images="10,25", lens="depth", depth="snr"))
    assert tab.charts[0]["layout"]["yaxis"]["ticksuffix"] == " dB"


def test_kinds_of_noise_are_compared_at_equal_strength(open_app: Open, demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explorer.noise_tables.COMPARED_IMAGES", 12)
    monkeypatch.setattr("explorer.noise_tables.COMPARED_PASSES", 3)
    (run, relu) = ids(demo, "eelu-s0", "relu-s0")
    tab = wait_for_chart(open_app("features", run=run, runs=relu, site="layer3.0.act2", lens="comparison"))
    table = tab.test.dataframe[0].value
    assert table["Noise"].tolist() == ["own noise", *["Gaussian", "dropout"] * 2]
    assert table["Off by"][0] == "–"
    assert table["Off by"][1:].str.endswith(" %").all()
    assert "12 probe images, 3 passes" in tab.text


def test_a_run_without_noise_is_compared_with_one_that_has_it(
    open_app: Open, demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("explorer.noise_tables.COMPARED_IMAGES", 12)
    monkeypatch.setattr("explorer.noise_tables.COMPARED_PASSES", 2)
    (relu,) = ids(demo, "relu-s0")
    tab = wait_for_chart(open_app("features", run=relu, runs="", site="layer3.0.act2", lens="comparison"))
    assert "This run makes no noise; the wanted strength is that of EELU" in tab.text
    assert tab.test.dataframe[0].value["Network"].nunique() == 2


def test_the_first_comparison_of_the_bundled_runs_needs_no_job(open_app: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "submit", lambda *arguments, **options: pytest.fail("a job was started"))
    folder = ROOT / DEMO_RUNS
    run = next(r.id for r in RunStore(folder).runs() if "-eelu-s0-" in r.id)
    tab = open_app("features", demo_folder=folder, run=run, lens="comparison")
    (figure,) = tab.charts
    table = tab.test.dataframe[0].value
    assert table["Noise"].tolist() == ["own noise", *["Gaussian", "dropout"] * 3]
    assert "128 probe images, 16 passes" in tab.text
    (cell,) = [c.value for c in tab.test.main.get("code") if "import" in c.value]
    assert same(json.loads(executed(cell).to_json()), figure)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a run whose second stage alone makes noise."""
    folder = tmp_path_factory.mktemp("mixed")
    make_mixed_run(folder, "mixed")
    return folder


@pytest.mark.parametrize("lens", ["clouds", "maps", "depth"])
def test_a_site_before_all_noise_is_explained_with_the_sites_that_have_it(open_app: Open, mixed: Path, lens: str) -> None:
    tab = open_app("features", mixed, run="mixed", site="layer1.0.act1", lens=lens)
    assert "ReLU at layer1.0.act1 makes no noise, and no site before it does" in tab.text
    assert [q["site"] for q in tab.links.values()] == ["layer2.0.act1", "layer2.0.act2"]
    assert tab.charts == []


def test_a_site_behind_the_noise_says_where_it_comes_from(open_app: Open, mixed: Path) -> None:
    tab = open_app("features", mixed, run="mixed", site="layer3.0.act1", images="10,25", lens="maps")
    assert "makes no noise of its own; what is seen here arrives from 2 sites from layer2.0.act1 to layer2.0.act2" in tab.text
    wait_for_chart(tab)
    assert len(tab.charts) == 2, "a loop of one's own told the writer which images it took"


def with_places(tab: Opened) -> Opened:
    """Return the tab with the map of the probe images unfolded and drawn."""
    tab.test.session_state["choose_by_place"] = True
    tab.run()
    end = time.monotonic() + 60
    while len(tab.charts) < 2 and time.monotonic() < end:
        time.sleep(0.2)
        tab.run()
    assert len(tab.charts) == 2
    return tab


def test_a_class_chosen_by_its_name_puts_its_images_into_the_view(open_app: Open, demo: Path) -> None:
    (run,) = ids(demo, "eelu-s0")
    tab = with_places(open_app("features", run=run, runs="", site="layer3.0.act2", epoch="3"))
    assert "Principal components · 1,000 probe images" in tab.text
    assert "The two directions along which" in tab.text
    box = tab.test.selectbox(key="choose_class")
    box.set_value(box.options[0])
    tab.run()
    chosen = tab.query["images"].split(",")
    assert 8 < len(chosen) <= 48
    assert "the figure holds the first 8" in tab.text


def test_tsne_lays_the_images_out_in_another_way_and_says_what_it_does_not_mean(open_app: Open, demo: Path) -> None:
    (run,) = ids(demo, "eelu-s0")
    tab = with_places(open_app("features", run=run, runs="", site="layer3.0.act2", epoch="3", places="tsne"))
    assert "t-SNE · 1,000 probe images" in tab.text
    assert "how far apart groups lie and how large they are means nothing" in tab.text
    assert "The two directions along which" not in tab.text
    cells = [c.value for c in tab.test.main.get("code") if "points(runs" in c.value]
    assert [same(json.loads(executed(c).to_json()), tab.charts[1]) for c in cells] == [True]


@pytest.mark.full
def test_clouds_of_several_runs_are_aligned_to_the_first_or_stand_by_themselves(open_app: Open, demo: Path, mine: Path) -> None:
    (run,) = ids(demo, "eelu-s0")
    tab = wait_for_chart(open_app("features", mine, run=run, runs="own-half", site="layer3.0.act2", images="10,25,170"))
    (turned,) = tab.charts
    assert "turned, mirrored and scaled" in tab.text
    assert any(a["text"].rstrip("</span>").endswith("% left") for a in turned["layout"]["annotations"])
    (cell,) = [c.value for c in tab.test.main.get("code") if "import" in c.value]
    assert same(json.loads(executed(cell).to_json()), turned)
    tab.test.segmented_control(key="segments_align").set_value("no")
    tab.run()
    assert tab.query["align"] == "no"
    assert "each panel has a network and axes of its own" in tab.text
    assert tab.charts[0]["data"] != turned["data"]


def test_an_unknown_view_of_the_lens_is_named(open_app: Open, demo: Path) -> None:
    (run,) = ids(demo, "eelu-s0")
    tab = open_app("features", run=run, lens="nosuch")
    assert "The link says lens=nosuch; known are clouds, maps, depth, comparison" in tab.text
    assert tab.charts == []
