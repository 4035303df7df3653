"""The figures of the noise lens show the table's numbers."""

import numpy as np
import pytest

from explorer.plots import flip_figure, noise_comparison_figure, noise_depth_figure, noise_map_figure, point_figure
from explorer.plots.noise_comparison import scale_text

from .noise_tables import comparison_table, depth_table, flip_table, map_table, point_table


def test_maps_stand_in_two_rows_with_a_range_of_colours_each():
    fig = noise_map_figure(map_table())
    assert len(fig.data) == 6
    mean, spread = fig.data[1], fig.data[4]
    rows, columns = np.mgrid[0:8, 0:8]
    np.testing.assert_allclose(mean.z, rows + 0.5 * columns + 1)
    np.testing.assert_allclose(spread.z, 0.1 * (rows + 0.5 * columns + 1), rtol=1e-6)
    assert (mean.coloraxis, spread.coloraxis) == ("coloraxis", "coloraxis2")
    values = map_table().query("quantity == 'spread'")["value"]
    assert (fig.layout.coloraxis2.cmin, fig.layout.coloraxis2.cmax) == (0, pytest.approx(np.quantile(values, 0.99)))
    assert fig.layout.coloraxis.colorscale == "Viridis" or len(fig.layout.coloraxis.colorscale) > 2
    assert [a.text for a in fig.layout.annotations] == ["100 class 0", "101 class 1", "102 class 2"]
    assert "the spread is largest for 102 class 2" in fig.layout.meta["alt"]


def test_maps_that_no_noise_reaches_say_so():
    fig = noise_map_figure(map_table(images=1, quiet=True))
    assert "no noise reaches this site" in fig.layout.meta["alt"]
    assert fig.layout.coloraxis2.cmax == 1


def test_a_figure_of_maps_holds_at_most_eight_images():
    with pytest.raises(ValueError, match="holds 1 to 8 images; received 9"):
        noise_map_figure(map_table(images=9))


def test_depth_has_a_line_per_run_and_open_dots_where_noise_only_arrives():
    table = depth_table()
    fig = noise_depth_figure(table, site="layer2.0.act1")
    lines, dots = fig.data[0], fig.data[1]
    np.testing.assert_allclose(lines.y, table.query("network == 'EELU'")["strength"])
    assert list(dots.marker.symbol) == ["circle-open"] + ["circle"] * 6
    assert fig.layout.shapes[0].x0 == 3
    assert [a.text for a in fig.layout.annotations] == ["EELU", "RReLU"]


def test_signal_to_noise_is_in_decibels_and_has_no_value_where_there_is_no_noise():
    fig = noise_depth_figure(depth_table(("EELU",)), quantity="snr")
    assert np.isnan(fig.data[0].y[0])
    assert fig.data[0].y[2] == pytest.approx(20)  # 200 / 2
    with pytest.raises(ValueError, match="quantity must be one of strength, snr; received 'rank'"):
        noise_depth_figure(depth_table(), quantity="rank")


def test_flips_are_bars_with_their_counts():
    fig = flip_figure(flip_table())
    assert [trace.name for trace in fig.data] == ["EELU", "RReLU"]
    assert list(fig.data[1].text) == ["0 of 64", "3 of 64", "24 of 64"]
    assert fig.data[1].x[2] == pytest.approx(37.5)
    assert "RReLU flips in 27 of 192 passes" in fig.layout.meta["alt"]


def test_kinds_of_noise_stand_in_rows_with_open_dots_where_they_are_not_equal():
    fig = noise_comparison_figure(comparison_table())
    dots = [trace for trace in fig.data if trace.name != "first row"]
    assert len(dots) == 4 * 5
    last = [trace for trace in dots if trace.y[0] == 4]
    assert {trace.marker.symbol for trace in last} == {"square-open"}
    assert [trace.x[0] for trace in last] == pytest.approx([0.08, 44, 30, 60])
    assert "EELU · Gaussian: strength 0.103, rank 31.0, accuracy 87.0 %" in fig.layout.meta["alt"]


def test_scales_are_written_as_they_are_known():
    assert [scale_text(*pair) for pair in (("own", np.nan), ("gaussian", 0.2112), ("dropout", 0.0423))] == [
        "as trained", "s = 0.211", "p = 4.2 %",
    ]  # fmt: skip


def test_chosen_images_stand_out_in_every_panel_and_a_lasso_finds_their_ids():
    fig = point_figure(point_table(), chosen=(3, 5))
    chosen = [trace for trace in fig.data if trace.name == "chosen images"]
    assert [list(trace.customdata) for trace in chosen] == [[3, 5], [3, 5]]
    assert fig.layout.dragmode == "lasso"
    assert "2 are highlighted" in fig.layout.meta["alt"]
    with pytest.raises(ValueError, match="no points"):
        point_figure(point_table().iloc[:0])
