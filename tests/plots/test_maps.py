"""Feature maps and maximised channels: what is drawn, by value."""

import numpy as np
import pytest

from explorer import plots

from . import tables as t


def test_every_map_stands_in_its_cell_of_the_sheet():
    table = t.feature_map_table(1, 20, 16)
    (heat,) = plots.feature_map_figure(table).data
    z = np.array(heat.z)
    assert z.shape == (3 * 17, 8 * 17 - 1)
    assert (len(heat.x), len(heat.y)) == (z.shape[1] + 1, z.shape[0] + 1)
    for k, channel in enumerate(dict.fromkeys(table["channel"])):
        row, column = k // 8 * 17 + 1, k % 8 * 17
        part = table[table["channel"] == channel]["value"].to_numpy().reshape(16, 16)
        np.testing.assert_allclose(z[row : row + 16, column : column + 16], part, rtol=1e-6)
    assert np.isfinite(z).sum() == 20 * 256


def test_several_images_have_a_row_each():
    figure = plots.feature_map_figure(t.feature_map_table(3, 12, 4))
    names = [a.text for a in figure.layout.annotations]
    assert len(names) == 24
    assert names[0].startswith("100 · ch ") and names[8].startswith("101 · ch ")


def test_colours_are_signed_around_zero_only_where_values_are_negative():
    (plain,) = plots.feature_map_figure(t.feature_map_table(1, 8)).data
    (signed,) = plots.feature_map_figure(t.feature_map_table(1, 8, signed=True)).data
    assert plain.colorscale == "Viridis"
    assert signed.zmin == -signed.zmax


def test_more_than_64_maps_are_cut_off():
    assert len(plots.feature_map_figure(t.feature_map_table(1, 80, 4)).layout.annotations) == 64


def test_the_histogram_counts_the_probe_images_and_lines_stand_at_what_was_made():
    bars, *lines = plots.maximisation_figure(t.maximisation_table()).data
    assert sum(bars.y) == 200
    assert [made.x[0] for made in lines] == [2.1, 2.0, 1.9, 0.7]


def test_a_comparison_without_probe_images_is_refused():
    with pytest.raises(ValueError, match="probe images to compare them with"):
        plots.maximisation_figure(t.maximisation_table().query("kind == 'made'"))
