"""Start: one sentence, one figure, three links; then noise and one honest comparison."""

from pathlib import Path

from .conftest import Open


def test_start_shows_a_sentence_three_figures_and_three_numbered_links(open_app: Open, demo: Path) -> None:
    tab = open_app()
    assert tab.test.title[0].value == "Activation Explorer"
    assert "see what the activations became" in tab.text
    assert len(tab.charts) == 3
    assert [label.strip("*")[:2] for label in tab.links] == ["1.", "2.", "3.", "Op"]
    assert not tab.test.main.get("metric")
    assert not tab.test.dataframe


def test_the_findings_are_sentences_about_the_runs(open_app: Open) -> None:
    text = open_app().text
    assert "from its start, the furthest of" in text
    assert "Cannot tell whether" in text
    assert "n = " in text
    assert "64 noisy passes of 6 images" in text


def test_every_link_opens_its_page_on_what_start_shows(open_app: Open, demo: Path) -> None:
    tab = open_app()
    first, second, third, _ = tab.links.values()
    assert tab.go("curves", **first).charts
    assert tab.query["run"] == first["run"]
    assert tab.go("features", **second).charts
    assert "-eelu-" in tab.query["run"]
    assert tab.go("compare", **third).query["runs"] == third["runs"]
    assert len(tab.charts) == 3


def test_without_demo_runs_it_says_how_to_make_them(open_app: Open, tmp_path: Path) -> None:
    tab = open_app(demo_folder=tmp_path / "none")
    assert "The demo runs that belong here are missing." in tab.text
    assert "make demo-runs" in tab.text
    assert tab.charts == []


def test_a_folder_that_is_missing_is_named_with_the_command_that_fills_it(open_app: Open, tmp_path: Path) -> None:
    tab = open_app("start", tmp_path / "not-there")
    assert f"The folder `{tmp_path / 'not-there'}` does not exist yet." in tab.text
    assert f"--runs-dir {tmp_path / 'not-there'}" in tab.text
    assert len(tab.charts) == 3


def test_every_chart_has_an_alternative_text(open_app: Open) -> None:
    tab = open_app()
    assert all(len(c.proto.alt) > 20 for c in tab.test.main.get("plotly_chart"))
