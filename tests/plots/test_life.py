"""Bars of what died and what revived."""

import numpy as np
import pytest

from explorer.plots import heatmap_figure, life_figure
from explorer.plots.heatmap import heat_record

from .tables import channel_death_table, heat_table, life_table


def test_the_bars_add_up_to_what_is_dead_and_revived_goes_down():
    table = life_table()
    still, newly, revived = life_figure(table).data
    assert [t.name for t in (still, newly, revived)] == ["dead", "newly dead", "revived"]
    assert (np.array(still.y) + np.array(newly.y)).tolist() == table["dead"].tolist()
    assert revived.y[1:].tolist() == (-table["revived"][1:]).tolist()
    assert (newly.y[0], revived.y[0]) == (0, 0)
    assert "alive" in still.text[3] and "newly dead" in still.text[3]


def test_ticks_are_whole_numbers_without_a_sign():
    axis = life_figure(life_table()).layout.yaxis
    assert all(float(v).is_integer() for v in axis.tickvals)
    assert not any("-" in t or "−" in t for t in axis.ticktext)
    assert axis.title.text == "of 64 channels"


def test_what_was_only_counted_is_all_grey():
    still, newly, revived = life_figure(life_table("unit", known=False)).data
    assert still.y.tolist() == life_table("unit")["dead"].tolist()
    assert not any(newly.y) and not any(revived.y)
    assert "newly" not in still.text[3]


def test_several_sites_are_refused():
    table = life_table()
    with pytest.raises(ValueError, match="rows of one site; it has 2 sites"):
        life_figure(table.assign(site=["a", *["b"] * (len(table) - 1)]))


def test_a_heat_map_of_channels_has_a_row_each_and_names_some():
    record = heat_record(channel_death_table(), "share", "channel")
    assert record.sites[:2] == ["channel 0", "channel 1"]
    assert record.values[32, 10] == pytest.approx(0.5)
    fig = heatmap_figure(channel_death_table(), value="share", row="channel", share=True, name="share of dead units")
    names = fig.layout.yaxis.ticktext
    assert names[0] == "channel 0" and 10 < len(names) < 64
    assert "64 channels" in fig.layout.meta["alt"]
    assert "19 sites" in heatmap_figure(heat_table()).layout.meta["alt"]
