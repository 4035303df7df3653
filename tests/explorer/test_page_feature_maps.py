"""Features: the maps of chosen images, and the images made for a channel; both need no noise."""

import json
from pathlib import Path

import pytest

from .conftest import Open, wait_for_chart
from .test_cells import executed, same
from .test_view import ids


@pytest.fixture(autouse=True)
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take few steps: what is made is tested elsewhere."""
    import core.analysis.maximisation as maximisation

    real = maximisation.maximise_channel
    monkeypatch.setattr(maximisation, "maximise_channel", lambda *a, **k: real(*a, steps=2, **k))


def test_the_maps_of_several_images_stand_without_noise(open_app: Open, demo: Path) -> None:
    (run,) = ids(demo, "relu-s0")
    tab = wait_for_chart(open_app("features", run=run, lens="channels", site="layer1.0.act1", images="10,25"))
    (figure,) = tab.charts
    assert len(figure["layout"]["annotations"]) == 16
    assert "8 channels of 16 · 2 images" in tab.text
    tab.test.selectbox(key="choose_maps_of").set_value("25")
    wait_for_chart(tab.run())
    assert tab.query["maps_of"] == "25"
    assert "16 channels of 16 · 1 image" in tab.text
    (cell,) = [c.value for c in tab.test.main.get("code") if "import" in c.value]
    assert same(json.loads(executed(cell).to_json()), tab.charts[0])


def test_images_made_for_a_channel_stand_beside_real_ones(open_app: Open, demo: Path) -> None:
    (run,) = ids(demo, "coslu-s0")
    tab = wait_for_chart(open_app("features", run=run, lens="maximise", site="layer1.0.act1", channel="3"))
    assert "channel 3 of layer1.0.act1" in tab.text
    assert "1,000 probe images" in tab.text
    assert len(tab.charts[0]["data"]) == 1 + 4
    tab.test.selectbox(key="choose_channel").set_value(5)
    wait_for_chart(tab.run())
    assert tab.query["channel"] == "5"


def test_the_images_are_picked_as_on_every_page(open_app: Open, demo: Path) -> None:
    (run,) = ids(demo, "coslu-s0")
    tab = open_app("features", run=run, lens="channels", images="10,25")
    wait_for_chart(tab)
    tab.test.session_state["choose_images"] = True
    tab.run()
    assert tab.test.text_input(key="numbers").value == "10, 25"
