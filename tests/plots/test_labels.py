"""Labels are shortened and pushed apart."""

import numpy as np
import pytest

from explorer.plots.labels import EndLabel, distinct, end_labels, last_inside, push_apart, shorten


def test_far_labels_stay_where_they_are():
    assert push_apart([10, 50, 90], 15, 0, 100) == [10, 50, 90]


def test_near_labels_share_the_move():
    assert push_apart([50, 52], 10, 0, 100) == [46, 56]


def test_order_is_that_of_the_lines_not_of_the_arguments():
    assert push_apart([52, 50], 10, 0, 100) == [56, 46]


def test_labels_stay_inside():
    assert push_apart([1, 2, 3], 10, 5, 100) == [5, 15, 25]


def test_too_many_labels_shrink_the_gap():
    assert np.diff(push_apart([5.0] * 11, 20, 0, 100)).min() == pytest.approx(10)


def test_no_two_labels_are_nearer_than_the_gap_for_random_places():
    places = np.random.default_rng(0).uniform(0, 300, 6)
    assert np.diff(sorted(push_apart(places, 16, 7, 293))).min() >= 16 - 1e-9


def test_no_labels_give_none():
    assert push_apart([], 10, 0, 100) == []


def test_long_texts_lose_their_middle():
    assert shorten("features.conv_head.activation", 11) == "featu…ation"
    assert shorten("act", 11) == "act"


def test_end_labels_are_pushed_in_pixels_from_their_points():
    low, high = end_labels([EndLabel("a", 1, 0.5, "#0072B2"), EndLabel("b", 1, 0.5, "#D55E00")], (0, 1), 200)
    assert (low["y"], high["y"]) == (0.5, 0.5)
    assert high["ay"] - low["ay"] == pytest.approx(12 * 1.35, abs=0.11)


def test_last_point_inside_is_where_the_line_leaves_to_the_right():
    x = np.array([0.0, 1.0, 2.0, 3.0])
    assert last_inside(x, 2 * x, (0, 2.5), (0, 10)) == (2.5, 5.0)
    assert last_inside(x, 2 * x, (0, 3), (0, 4)) == (2.0, 4.0)
    assert last_inside(x, x + 9, (0, 3), (0, 4)) is None


def test_a_note_that_is_too_long_loses_its_distance_first():
    from explorer.plots.multiples import fitting

    assert fitting("SiLU · 2 %", 12) == "SiLU · 2 %"
    assert fitting("Swish(0.70) · 3 %", 12) == "Swish(0.70)"
    assert fitting("ELU(0.53) or Swish(0.66)", 12) == "cannot tell"


@pytest.mark.parametrize(
    ("names", "left"),
    [
        (["EELU · resnet8 · seed 0", "ReLU · resnet8 · seed 1"], ["EELU · seed 0", "ReLU · seed 1"]),
        (["EELU · resnet8 · seed 0", "EELU · resnet8 · seed 1"], ["EELU · seed 0", "EELU · seed 1"]),
        (["EELU · resnet8", "EELU · resnet8"], ["EELU", "EELU"]),
        (["EELU · resnet8", "a run of one's own"], ["EELU · resnet8", "a run of one's own"]),
    ],
)
def test_parts_that_all_names_share_are_left_out_but_for_the_first(names, left):
    assert distinct(names) == left
