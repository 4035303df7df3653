"""Curve figures show the table's numbers: the curve, what is reached, the start, the density."""

import numpy as np
import pandas as pd
import pytest

from explorer.plots import (
    curve_figure,
    fits_small_multiples,
    overlay_figure,
    shared_figure,
    site_figure,
    small_multiples_figure,
)
from explorer.plots.curve_traces import DENSITY_SHARE
from explorer.plots.grid import stage_cells
from explorer.plots.records import site_curves

from .tables import RESNET8, curve_table, median_table, resnet_sites

SITE = "layer2.0.act2"


def traces(fig, name: str) -> list:
    return [t for t in fig.data if t.name == name]


def one(fig, name: str):
    (trace,) = traces(fig, name)
    return trace


def rows(table: pd.DataFrame, site: str = SITE) -> pd.DataFrame:
    return table[table["site"] == site]


def test_the_trace_named_after_the_site_holds_the_whole_curve():
    table = curve_table()
    trace = one(curve_figure(table, sites=SITE), SITE)
    np.testing.assert_array_equal(trace.x, rows(table)["x"])
    np.testing.assert_array_equal(trace.y, rows(table)["y"])
    assert (trace.line.dash, trace.line.width) == ("dash", 1)


def test_only_what_inputs_reach_is_solid():
    table = curve_table()
    trace = one(curve_figure(table, sites=SITE), f"{SITE}, reached")
    np.testing.assert_array_equal(np.isfinite(trace.y), rows(table)["reached"])
    assert (trace.line.dash, trace.line.width) == ("solid", 2.2)


def test_start_is_a_thin_dotted_line():
    table = curve_table()
    trace = one(curve_figure(table, sites=SITE), "start")
    np.testing.assert_array_equal(trace.y, rows(table)["start"])
    assert (trace.line.dash, trace.line.width) == ("dot", 1)
    assert not traces(curve_figure(table, sites=SITE, start=False), "start")


def test_density_stays_in_the_bottom_fifth_below_every_curve():
    fig = curve_figure(curve_table(), sites=SITE)
    low, high = fig.layout.yaxis.range
    density = one(fig, "density of the inputs")
    assert min(density.y) == pytest.approx(low)
    assert max(density.y) <= low + DENSITY_SHARE * (high - low)
    assert max(density.y) < np.nanmin(one(fig, SITE).y)


def test_without_data_everything_is_solid_and_there_is_no_density():
    fig = curve_figure(curve_table([SITE], seen=False))
    assert not traces(fig, "density of the inputs")
    assert np.isfinite(one(fig, f"{SITE}, reached").y).all()


def test_a_table_of_three_columns_is_enough():
    x = np.linspace(-1, 1, 5)
    fig = curve_figure(pd.DataFrame({"site": "act", "x": x, "y": x**2}))
    np.testing.assert_array_equal(one(fig, "act").y, x**2)


def test_missing_columns_are_named():
    with pytest.raises(ValueError, match=r"^a curve table needs the columns site, x, y; missing here: x, y\.$"):
        curve_figure(pd.DataFrame({"site": ["act"]}))


def test_an_unknown_site_lists_the_known_ones():
    with pytest.raises(ValueError, match=r"^no site act9 in this table; it has act, layer1\.0\.act1\.$"):
        curve_figure(curve_table(["act", "layer1.0.act1"]), sites="act9")


def test_several_sites_become_small_multiples_and_many_one_panel():
    assert len(curve_figure(curve_table()).select_xaxes.__self__.layout.annotations) >= len(RESNET8)
    sites = resnet_sites(9)
    fig = curve_figure(curve_table(sites, points=9))
    assert [t.name for t in fig.data] == [*sites, "depth"]


def test_a_pole_outside_the_reached_inputs_does_not_set_the_y_range():
    table = curve_table([SITE])
    table.loc[table.index[0], "y"] = 1e6
    assert curve_figure(table).layout.yaxis.range[1] < 10


def test_one_site_is_shown_around_its_own_inputs():
    table = curve_table()  # the first site's inputs have sd 0.6: reached is |x| < 1.8
    low, high = curve_figure(table, sites="act").layout.xaxis.range
    reached = rows(table, "act").query("reached")["x"]
    assert (low, high) == pytest.approx((reached.min() * 1.24, reached.max() * 1.24))


def test_alt_names_the_distance_from_the_start():
    table = curve_table([SITE])
    table["start"] = table["y"]
    assert "it lies on its start" in curve_figure(table).layout.meta["alt"]
    weights = table["density"] / table["density"].sum()
    spread = np.sqrt((weights * (table["y"] - (weights * table["y"]).sum()) ** 2).sum())
    table["start"] = table["y"] + spread / 4
    assert "25.0 % of the start's spread" in curve_figure(table).layout.meta["alt"]


def test_rows_are_stages_and_columns_the_sites_within():
    cells = stage_cells(["stem", "layer1", "layer1", "layer2", "layer2"])
    assert [(c.row, c.column) for c in cells] == [(0, 0), (1, 0), (1, 1), (2, 0), (2, 1)]


def test_a_stage_of_more_than_eight_sites_goes_on_in_the_next_row():
    assert [(c.row, c.column) for c in stage_cells(["a"] * 9)][7:] == [(0, 7), (1, 0)]


def test_small_multiples_share_both_axes_and_tick_left_and_bottom_only():
    layout = small_multiples_figure(curve_table()).layout
    assert all(layout[f"xaxis{i}"].matches == "x" and layout[f"yaxis{i}"].matches == "y" for i in range(2, 8))
    assert [layout[a].showticklabels for a in ("yaxis", "yaxis2", "yaxis3")] == [True, True, False]
    assert [layout[a].showticklabels for a in ("xaxis5", "xaxis6", "xaxis7")] == [False, True, True]


def test_small_multiples_panels_do_not_overlap():
    layout = small_multiples_figure(curve_table(resnet_sites(4))).layout
    boxes = [(*layout[f"xaxis{i}"].domain, *layout[f"yaxis{i}"].domain) for i in ["", *range(2, 26)]]
    for i, (left, right, bottom, top) in enumerate(boxes):
        assert 0 <= left < right <= 1 and 0 <= bottom < top <= 1
        for other in boxes[:i]:
            apart = right <= other[0] or left >= other[1] or top <= other[2] or bottom >= other[3]
            assert apart


def test_notes_stand_on_the_second_line_of_the_site_label():
    fig = small_multiples_figure(curve_table(), notes={SITE: "SiLU · 2 %"})
    (label,) = [a.text for a in fig.layout.annotations if a.text.startswith(SITE)]
    assert label.endswith("SiLU · 2 %</span>") and "<br>" in label


def test_more_than_25_sites_do_not_fit():
    assert fits_small_multiples(25) and not fits_small_multiples(curve_table(resnet_sites(5), points=5))
    with pytest.raises(ValueError, match="at most 25 sites; received 31"):
        small_multiples_figure(curve_table(resnet_sites(5), points=5))


def test_alt_of_small_multiples_names_the_site_furthest_from_its_start():
    table = curve_table()
    moved = {c.site: c.left_start for c in site_curves(table)}
    assert max(moved, key=moved.get) in small_multiples_figure(table).layout.meta["alt"]


def test_channels_become_median_band_and_extremes():
    table = curve_table([SITE], channels=5)
    wide = table.pivot(index="x", columns="channel", values="y")
    fig = curve_figure(table)
    np.testing.assert_allclose(one(fig, SITE).y, wide.median(axis=1))
    top = np.array(one(fig, "band").y[: len(wide)])
    np.testing.assert_allclose(top, wide.quantile(0.9, axis=1))
    assert len(traces(fig, "channel 0")) == len(traces(fig, "channel 4")) == 1


def test_roles_of_the_curve_table_are_drawn_as_they_are():
    table = median_table(channels=16)
    fig = curve_figure(table)
    median = table[table["role"] == "median"]
    np.testing.assert_array_equal(one(fig, "layer1.0.act1").y, median["y"])
    np.testing.assert_array_equal(one(fig, "band").y[:97], median["high"])
    np.testing.assert_array_equal(one(fig, "channel 15").y, table[table["role"] == "highest"]["y"])


def test_site_figure_stacks_60_20_20_on_one_x_axis():
    fig = site_figure(curve_table(), site=SITE)
    heights = [np.ptp(fig.layout[a].domain) for a in ("yaxis", "yaxis2", "yaxis3")]
    assert np.array(heights) / sum(heights) == pytest.approx([0.6, 0.2, 0.2], abs=1e-3)
    assert {t.xaxis or "x" for t in fig.data} == {"x"}
    assert fig.layout.hoversubplots == "axis" and fig.layout.hovermode == "x"


def test_site_figure_draws_the_table_s_density_and_derivative():
    table = curve_table()
    fig = site_figure(table, site=SITE)
    np.testing.assert_array_equal(one(fig, "density of the inputs").y, rows(table)["density"])
    np.testing.assert_array_equal(one(fig, "derivative").y, rows(table)["derivative"])
    assert not traces(fig, "backward derivative")


def test_site_figure_draws_both_derivatives_where_training_uses_another():
    table = curve_table([SITE], surrogate=True)
    np.testing.assert_array_equal(one(site_figure(table), "backward derivative").y, table["backward_derivative"])


def test_shared_figure_draws_one_curve_and_a_ridge_per_site():
    table = curve_table()
    fig = shared_figure(table)
    assert [t.name for t in fig.data if t.yaxis == "y2"] == RESNET8
    assert sum(t.name == "shared by the network" for t in fig.data) == 1
    assert "7 sites, 1 parameter set" in [a.text for a in fig.layout.annotations]


def test_shared_figure_is_solid_where_any_site_is_reached():
    fig = shared_figure(curve_table())
    reached = np.isfinite(one(fig, "shared by the network, reached").y)
    assert reached.all()  # the last site's inputs reach all of x


def test_overlay_runs_from_blue_to_orange():
    fig = overlay_figure(curve_table(["a.x", "b.x", "c.x"], points=5))
    assert [t.line.color for t in fig.data[:3]] == ["#0072B2", "#009E73", "#D55E00"]


def test_small_multiples_show_what_any_site_reaches_not_the_whole_grid():
    table = curve_table(["act", "layer1.0.act1"])  # sd 0.6 and 2: reached |x| < 1.8 and all of x
    wide = table.query("site == 'act'")["x"].abs().max()
    assert small_multiples_figure(table).layout.xaxis.range[1] == pytest.approx(wide)
    table["reached"] = table["x"].abs() <= 1
    assert small_multiples_figure(table).layout.xaxis.range == pytest.approx((-1.04, 1.04))
