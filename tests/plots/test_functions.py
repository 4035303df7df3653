"""Figures of one activation show the table's numbers: curve, ghost, band, both derivatives, histograms."""

import numpy as np
import pytest

from explorer.plots import function_figure, parameter_slope_figure, passage_figure
from explorer.plots.functions import shown_range

from .tables import parameter_slope_table, passage_table, pole_table, shape_table


def one(fig, name: str):
    (trace,) = [t for t in fig.data if t.name == name]
    return trace


def names(fig) -> list[str]:
    return [t.name for t in fig.data]


def test_the_curve_and_its_derivative_stand_over_each_other_on_one_x_axis():
    table = shape_table()
    fig = function_figure(table, name="CosLU")
    assert names(fig) == ["CosLU", "derivative"]
    np.testing.assert_array_equal(one(fig, "CosLU").y, table["y"])
    np.testing.assert_array_equal(one(fig, "derivative").y, table["derivative"])
    assert (one(fig, "derivative").yaxis, one(fig, "derivative").xaxis) == ("y2", None)
    assert fig.layout.yaxis2.domain[1] < fig.layout.yaxis.domain[0]
    assert fig.layout.hoversubplots == "axis"


def test_a_moved_curve_leaves_its_start_as_grey_dots_and_says_which_is_which():
    fig = function_figure(shape_table(moved=True))
    assert one(fig, "start").line.dash == "dot"
    assert {a.text for a in fig.layout.annotations} == {"now", "start"}
    assert "start" in fig.layout.meta["alt"]


def test_noise_is_a_band_between_low_and_high():
    table = shape_table(noisy=True)
    band = one(function_figure(table), "band")
    assert band.y.max() == table["high"].max() and len(band.x) == 2 * len(table)


def test_the_derivative_of_training_is_dashed_where_it_is_another_one():
    table = shape_table(surrogate=True)
    fig = function_figure(table)
    assert one(fig, "backward derivative").line.dash == "dash"
    np.testing.assert_array_equal(one(fig, "backward derivative").y, table["backward_derivative"])
    assert {a.text for a in fig.layout.annotations} == {"true", "in training"}


def test_a_pole_does_not_take_the_room_of_everything_else():
    fig = function_figure(pole_table())
    low, high = fig.layout.yaxis.range
    assert -20 < low < -2 and 2 < high < 20
    assert np.isnan(one(fig, "f").y[200])


def test_steep_ends_are_shown_as_far_as_they_take_little_room():
    x = np.linspace(-5, 5, 401)
    assert shown_range([x]) == pytest.approx((-5.6, 5.6))
    assert shown_range([np.array([np.nan, np.inf])]) == (-1.0, 1.0)


def test_a_value_that_many_outputs_have_is_a_stem_with_its_share():
    fig = passage_figure(passage_table(0.0, 1.0), name="ReLUN")
    assert [n for n in names(fig) if n.startswith("outputs of")] == ["outputs of exactly 0", "outputs of exactly 1"]
    texts = [a.text for a in fig.layout.annotations]
    assert texts[0].endswith("% at 0")
    assert texts[1].endswith("% at 1")
    assert max(one(fig, "outputs of exactly 0").y) <= fig.layout.yaxis.range[1]


def test_both_histograms_have_the_same_bins():
    table = passage_table()
    fig = passage_figure(table)
    np.testing.assert_array_equal(one(fig, "inputs").x, one(fig, "outputs").x)
    np.testing.assert_array_equal(
        one(fig, "outputs").y, 100 * table[(table["side"] == "output") & (table["low"] < table["high"])]["share"]
    )


def test_every_parameter_has_a_line_and_a_dashed_one_where_training_uses_another_gradient():
    assert names(parameter_slope_figure(parameter_slope_table())) == ["a", "b"]
    fig = parameter_slope_figure(parameter_slope_table(floored=True))
    assert names(fig) == ["a", "a, in training", "b", "b, in training"]
    assert one(fig, "a, in training").line.dash == "dash"
    assert {a.text for a in fig.layout.annotations} == {"a", "a, in training", "b", "b, in training"}
