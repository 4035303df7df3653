"""The view through the app: what a link says is kept, and nothing changes it unasked."""

from pathlib import Path

from .conftest import Open

PAGES = ("runs", "curves", "features", "explain", "what-if", "predictions", "compare", "activations", "open")


def ids(demo: Path, *names: str) -> list[str]:
    return [next(p.name for p in sorted(demo.iterdir()) if f"-{name}-" in p.name) for name in names]


def test_a_new_tab_gets_the_defaults_and_the_link_holds_them(open_app: Open, demo: Path) -> None:
    tab = open_app()
    (coslu,) = ids(demo, "coslu-s0")
    assert tab.query["run"] == coslu
    assert (tab.query["site"], tab.query["epoch"]) == ("layer3.0.act2", "3")
    assert len(tab.query["runs"].split(",")) == 4
    assert len(tab.query["images"].split(",")) == 6


def test_what_a_link_says_stays_over_every_page_and_back(open_app: Open, demo: Path) -> None:
    run, other = ids(demo, "eelu-s0", "relu-s1")
    asked = {"run": run, "runs": f"{run},{other}", "site": "layer2.0.act1", "epoch": "1"}
    tab = open_app("curves", **asked)
    for page in (*PAGES, "start", "curves"):
        tab.go(page)
        assert {k: tab.query[k] for k in asked} == asked, page


def test_only_the_keys_of_the_link_are_taken_over(open_app: Open) -> None:
    tab = open_app("curves", site="layer1.0.act2", epoch="2")
    before = tab.query
    tab.go("curves", epoch="1")
    assert tab.query == {**before, "epoch": "1"}


def test_another_run_by_link_takes_the_site_at_the_same_depth_and_says_so(open_app: Open, mine: Path) -> None:
    tab = open_app("curves", mine, run="own-deeper", site="layer3.1.act2", epoch="5")
    tab.go("curves", run="own-network")
    assert (tab.query["site"], tab.query["epoch"]) == ("layer3.0.act2", "3")
    assert "own-network has no site layer3.1.act2; this is layer3.0.act2, at the same relative depth." in tab.text
    assert "own-network has no snapshot of epoch 5; this is epoch 3, the nearest one." in tab.text


def test_another_run_by_its_widget_does_the_same(open_app: Open, mine: Path) -> None:
    tab = open_app("curves", mine, run="own-deeper", site="layer3.1.act2", epoch="5")
    tab.test.selectbox(key="choose_run").select("own-network")
    tab.run()
    assert (tab.query["run"], tab.query["site"], tab.query["epoch"]) == ("own-network", "layer3.0.act2", "3")
    assert "at the same relative depth" in tab.text
    tab.go("compare")
    assert (tab.query["site"], tab.query["epoch"]) == ("layer3.0.act2", "3")


def test_a_link_to_a_run_that_is_not_here_says_so_and_shows_nothing_in_its_place(open_app: Open) -> None:
    tab = open_app("curves", run="20200101-nosuch")
    assert "There is no run “20200101-nosuch” here. Looked in the demo runs (6)." in tab.text
    assert tab.charts == []
    assert tab.query["run"] == "20200101-nosuch"
    tab.go("features")
    assert tab.charts == []
    assert tab.query["run"] == "20200101-nosuch"
    nearest = next(b.label for b in tab.test.button if b.label.startswith("Show 2026"))
    tab.button(nearest)
    assert tab.query["run"] == nearest.removeprefix("Show ")
    assert "There is no run" not in tab.text


def test_a_site_or_epoch_that_is_not_there_is_named_with_the_nearest(open_app: Open) -> None:
    tab = open_app("curves", site="layer9.0.act1", epoch="7")
    assert "has no site “layer9.0.act1”. It has 7, from act to layer3.0.act2." in tab.text.replace("\\", "")
    assert tab.charts == []
    tab.button("Show epoch 3").button("Show layer1.0.act1")
    assert len(tab.charts) == 1
    assert (tab.query["site"], tab.query["epoch"]) == ("layer1.0.act1", "3")


def test_a_value_that_cannot_be_read_stays_in_the_link_until_it_is_mended(open_app: Open) -> None:
    tab = open_app("curves", epoch="ten")
    assert "The link says epoch=ten, but epoch must be a whole number." in tab.text
    assert tab.query["epoch"] == "ten"
    assert tab.charts == []
    tab.button("Open without epoch")
    assert tab.query["epoch"] == "3"


def test_reset_goes_back_to_the_defaults(open_app: Open) -> None:
    tab = open_app("curves", site="layer1.0.act2", epoch="1", show="site")
    tab.button("Reset the view")
    assert (tab.query["site"], tab.query["epoch"], tab.query["show"]) == ("layer3.0.act2", "3", "sites")


def test_moving_the_epoch_slider_changes_the_link_and_nothing_else(open_app: Open) -> None:
    tab = open_app("curves")
    before = tab.query
    tab.test.select_slider(key="slide_epoch").set_value(1)
    tab.run()
    assert tab.query == {**before, "epoch": "1"}


def test_a_first_link_to_a_page_opens_it_with_its_view(open_app: Open, demo: Path) -> None:
    """A server that has shown no page yet runs the page's script without the entry script: the view is read all the same."""
    (run,) = ids(demo, "relu-s0")
    tab = open_app("curves", run=run, show="units")
    assert "Dead units by site and epoch" in tab.text
    assert tab.query["run"] == run
