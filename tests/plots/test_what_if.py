"""Ablation bars, the path from start to learned, and the surface show the table's numbers."""

import numpy as np
import pytest

from explorer.plots import ablation_figure, path_curve_figure, path_figure, surface_figure

from .tables import RESNET8, resnet_sites
from .what_if_tables import ablation_table, path_curve_table, path_table, surface_table


def test_two_bars_per_site_in_points_with_the_interval_of_the_estimated_one():
    table = ablation_table()
    now, again, _ = ablation_figure(table).data
    rows = table[table["kind"] != "baseline"]
    np.testing.assert_allclose(now.x, 100 * rows["accuracy_change"])
    np.testing.assert_allclose(again.x, 100 * rows["accuracy_reestimated_change"])
    np.testing.assert_allclose(again.error_x.array, 196 * rows["accuracy_reestimated_change_error"])
    assert (now.name, again.name) == ("as it is", "BN statistics estimated again")


def test_only_changes_told_from_zero_have_strong_colour():
    colours = ablation_figure(ablation_table()).data[1].marker.color
    assert [c.endswith(",0.6)") for c in colours] == [True, False, False, True, False, False, True, True]


def test_zero_is_in_sight_and_the_largest_bars_do_not_set_the_range():
    low, high = ablation_figure(ablation_table()).layout.xaxis.range
    assert -10 < low < -4 and 0 < high < 5


def test_the_numbers_of_both_kinds_stand_at_the_right():
    words = [a.text for a in ablation_figure(ablation_table()).layout.annotations]
    assert words[0] == "−0.4 [−1.4 to +0.5]<br>worse; as it is −5.0"
    assert words[-1].startswith("−62.0 [")
    assert "<br>" not in ablation_figure(ablation_table(resnet_sites(9))).layout.annotations[0].text


def test_every_site_has_its_row_and_larger_networks_smaller_ones():
    heights = [ablation_figure(ablation_table(sites)).layout.height for sites in (RESNET8, resnet_sites(3), resnet_sites(9))]
    assert heights == [84 + 36 * 8, 84 + 20 * 20, 84 + 13 * 56]


def test_the_whole_row_of_a_site_is_there_for_a_click_and_all_sites_together_are_none():
    fig = ablation_figure(ablation_table())
    rows = fig.data[2]
    assert [tuple(bar) for bar in rows.customdata] == [(site,) for site in [*RESNET8, ""]]
    assert all([tuple(bar) for bar in trace.customdata] == [tuple(bar) for bar in rows.customdata] for trace in fig.data[:2])
    low, high = fig.layout.xaxis.range
    np.testing.assert_allclose(rows.base + rows.x, high)
    assert rows.base == low


def test_the_chosen_site_is_marked_at_its_name():
    names = ablation_figure(ablation_table(), site="layer2.0.act1").layout.yaxis.ticktext
    assert [name for name in names if "▶" in name] == ["▶ layer2.0.act1"]
    assert not [name for name in ablation_figure(ablation_table(), site="no.such.site").layout.yaxis.ticktext if "▶" in name]


def test_losses_are_in_their_own_unit_and_the_worst_is_the_highest():
    fig = ablation_figure(ablation_table(), column="loss")
    assert fig.layout.xaxis.title.text == "change in loss"
    assert fig.data[1].x[-1] == pytest.approx(1.24)
    assert "the worst is +1.24 at all sites" in fig.layout.meta["alt"]


def test_the_title_names_the_change():
    assert ablation_figure(ablation_table()).layout.meta["title"] == "ReLU in place of the learned function"
    assert ablation_figure(ablation_table(what="its start")).layout.meta["title"] == "Back at its start"


def test_an_empty_ablation_is_an_error_in_words():
    with pytest.raises(ValueError, match="no site was changed"):
        ablation_figure(ablation_table().iloc[:1])


def test_the_path_marks_start_and_learned_in_both_panels():
    fig = path_figure(path_table())
    assert sorted((s.xref, s.x0) for s in fig.layout.shapes) == [("x", 0.0), ("x", 1.0), ("x2", 0.0), ("x2", 1.0)]
    assert [a.text for a in fig.layout.annotations].count("learned") == 2


def test_the_path_draws_both_numbers():
    table = path_table()
    fig = path_figure(table)
    again = next(t for t in fig.data if t.name == "BN statistics estimated again")
    now = next(t for t in fig.data if t.name == "as it is")
    np.testing.assert_allclose(again.y, 100 * table["accuracy_reestimated"])
    np.testing.assert_allclose(now.y, 100 * table["accuracy"])
    low, high = fig.layout.yaxis.range
    assert low > 100 * table["accuracy"].min() and high > 84
    assert "84.0 % learned (t = 1)" in fig.layout.meta["alt"]


def test_the_chosen_t_is_a_line_and_rings_stand_at_computed_points_only():
    table = path_table()
    fig = path_figure(table, t=0.3)
    assert [(s.x0, s.x1) for s in fig.layout.shapes if s.line.width == 2] == [(0.3, 0.3)] * 2
    rings = [t for t in fig.data if t.name == "nearest computed point"]
    row = table[table["t"] == 0.25].iloc[0]
    assert [tuple(t.x) for t in rings] == [(0.25, 0.25)] * 2
    np.testing.assert_allclose(rings[0].y, [100 * row["accuracy"], 100 * row["accuracy_reestimated"]])
    np.testing.assert_allclose(rings[1].y, [row["loss"], row["loss_reestimated"]])
    assert "t = 0.3 is marked." in fig.layout.meta["alt"]


def test_the_functions_stand_at_their_start_at_t_and_as_learned():
    table = path_curve_table(0.25)
    fig = path_curve_figure(table)
    first = table[table["site"] == RESNET8[0]]
    drawn = {t.name: t for t in fig.data if t.xaxis == "x"}
    np.testing.assert_allclose(drawn["start (t = 0)"].y, first["start"])
    np.testing.assert_allclose(drawn["t = 0.25"].y, first["y"])
    np.testing.assert_allclose(drawn[RESNET8[0]].y, first["learned"])
    assert sum(t.showlegend for t in fig.data) == 3
    assert fig.layout.meta["title"] == "The functions at t = 0.25"


def test_more_functions_than_fit_side_by_side_are_an_error_in_words():
    with pytest.raises(ValueError, match="1 to 8 sites fit side by side; received 19"):
        path_curve_figure(path_curve_table(0.5, resnet_sites(3)))


def test_the_surface_is_called_exact_only_where_it_is():
    assert (
        surface_figure(surface_table(exact=True)).layout.meta["title"]
        == "Loss over a and b: exact, the network has no other pair"
    )
    moved = surface_figure(surface_table(offsets=True))
    assert moved.layout.meta["title"] == "A slice of the loss over a and b: the sites moved alike"
    assert moved.layout.xaxis.title.text == "a, offset from learned"
    one = surface_figure(surface_table().assign(site="layer2.0.act1")).layout.meta["title"]
    assert one == "A slice of the loss over a and b: the pair of layer2.0.act1"


def test_the_surface_has_the_grids_values_and_marks():
    table = surface_table()
    contour, tried, start, learned = surface_figure(table).data
    assert contour.z.shape == (7, 7)
    assert contour.z[3, 3] == pytest.approx(0.5)
    assert (start.x[0], start.y[0], learned.x[0], learned.y[0]) == (1.0, 1.0, 2.0, 0.5)
    assert len(tried.x) == 49
    assert [t.name for t in surface_figure(surface_table(offsets=True)).data[2:]] == ["learned"]


def test_one_exploding_corner_leaves_the_other_colours():
    fig = surface_figure(surface_table())
    assert fig.data[0].zmax < 3
    assert "on alike" in fig.layout.annotations[0].text
