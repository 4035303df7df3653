"""Clouds, differences and strips show the table's numbers."""

import numpy as np
import pandas as pd
import pytest

from explorer.plots import cloud_figure, difference_figure, strip_figure
from explorer.plots.clouds import ellipse
from explorer.plots.trajectories import late_range

from .tables import cloud_table, difference_table, run_values


def test_ellipse_has_two_point_four_five_sd_around_the_mean():
    generator = np.random.default_rng(3)
    x, y = generator.multivariate_normal([2, -1], [[4, 1], [1, 2]], size=400).T
    outline = np.stack(ellipse(x, y))
    centred = outline - np.array([[x.mean()], [y.mean()]])
    distance = np.einsum("ip,ij,jp->p", centred, np.linalg.inv(np.cov(x, y)), centred)
    np.testing.assert_allclose(np.sqrt(distance), 2.45)


def test_ellipse_of_an_axis_aligned_cloud_by_hand():
    x, y = np.array([-1.0, 1.0, 0.0, 0.0]), np.array([0.0, 0.0, -2.0, 2.0])  # sd: sqrt(2/3) and sqrt(8/3)
    across, up = ellipse(x, y, points=401)
    assert (across.max(), up.max()) == pytest.approx((2.45 * np.sqrt(2 / 3), 2.45 * np.sqrt(8 / 3)), rel=1e-4)


def test_a_panel_per_run_in_one_frame_with_equal_axes():
    fig = cloud_figure(cloud_table(("EELU", "CosLU")))
    assert fig.layout.xaxis2.matches == "x" and fig.layout.yaxis2.matches == "y"
    assert (fig.layout.yaxis.scaleanchor, fig.layout.yaxis.scaleratio) == ("x", 1)


def test_dots_ring_and_ellipse_per_image():
    table = cloud_table(("EELU",), images=2, passes=10)
    fig = cloud_figure(table)
    dots, outline, ring = fig.data[:3]
    noisy = table.query("image == 100 and `pass` >= 0")
    np.testing.assert_array_equal(dots.x, noisy["x"])
    assert (dots.marker.size, dots.marker.opacity) == (3, 0.25)
    assert (ring.x[0], ring.y[0]) == tuple(table.query("image == 100 and `pass` == -1")[["x", "y"]].iloc[0])
    assert ring.marker.symbol == "circle-open" and outline.mode == "lines"


def test_a_run_without_noise_shows_rings_alone():
    fig = cloud_figure(cloud_table(("ReLU",)))
    assert len(fig.data) == 4 and all(t.marker.symbol == "circle-open" for t in fig.data)
    assert "without noise" in fig.layout.meta["alt"]


def test_a_click_finds_the_image():
    ring = next(t for t in cloud_figure(cloud_table()).data if t.name == "102 class 2")
    assert list(ring.customdata) == [102]


def test_many_points_are_drawn_by_webgl_and_few_by_svg():
    kinds = {passes: {t.type for t in cloud_figure(cloud_table(("EELU",), 8, passes)).data} for passes in (64, 700)}
    assert kinds == {64: {"scatter"}, 700: {"scatter", "scattergl"}}


def test_more_than_eight_images_are_refused():
    with pytest.raises(ValueError, match="at most 8 images; received 9"):
        cloud_figure(cloud_table(("EELU",), 9, 3))


def test_thumbnails_stand_beside_the_rings_of_every_panel():
    fig = cloud_figure(cloud_table(), thumbnails={100: "data:image/png;base64,AA=="})
    assert [image.xref for image in fig.layout.images] == ["x", "x2"]


def test_differences_are_in_points_with_their_interval():
    fig = difference_figure(difference_table(), baseline="ReLU")
    better = fig.data[1]
    assert better.x[0] == pytest.approx(1.2)
    assert (better.error_x.array[0], better.error_x.arrayminus[0]) == pytest.approx((0.7, 0.7))
    assert fig.layout.annotations[1].text == "+1.2 [+0.5 to +1.9]<br>n = 5 and 5: better"


def test_only_differences_told_from_zero_are_filled():
    symbols = [t.marker.symbol for t in difference_figure(difference_table(), baseline="ReLU").data]
    assert symbols == ["circle-open", "circle", "circle", "circle-open"]


def test_one_seed_has_no_interval_and_says_so():
    fig = difference_figure(difference_table(), baseline="ReLU")
    assert fig.data[3].error_x.array is None
    assert fig.layout.annotations[3].text == "+0.3<br>n = 1 and 5: cannot tell"


def test_zero_is_in_sight():
    low, high = difference_figure(difference_table().query("label == 'DELU'"), baseline="ReLU").layout.xaxis.range
    assert low < 0 < high


def test_losses_differ_in_their_own_unit():
    fig = difference_figure(difference_table(), baseline="ReLU", column="val_loss")
    assert fig.data[0].x[0] == pytest.approx(0.004) and "points" not in fig.layout.xaxis.title.text


def test_no_groups_to_compare_is_an_error_in_words():
    with pytest.raises(ValueError, match="one group alone has nothing to differ from"):
        difference_figure(difference_table().iloc[:0], baseline="ReLU")


def test_strip_has_a_dot_per_run_and_a_bar_at_the_mean():
    values = run_values()
    fig = strip_figure(values)
    dots = next(t for t in fig.data if t.name == "CosLU")
    wanted = 100 * values.query("label == 'CosLU'")["value"]
    np.testing.assert_allclose(dots.x, wanted)
    means = [t.x[0] for t in fig.data if t.name == "mean"]
    assert means[1] == pytest.approx(wanted.mean())


def test_strip_counts_runs_without_a_value():
    values = run_values()
    values.loc[values["run"] == "relu-s0", "value"] = np.nan
    text = strip_figure(values).layout.annotations[0].text
    assert "(n = 4); 1 without a value" in text


def test_strip_of_nothing_is_an_error_in_words():
    with pytest.raises(ValueError, match="no runs to compare"):
        strip_figure(pd.DataFrame(columns=["label", "run", "value"]))


def test_the_wide_interval_of_two_seeds_does_not_set_the_limits() -> None:
    rows = [
        {"group": g, "label": g, "epoch": e, "mean": 0.8, "sd": 0.01, "n": n, "low": 0.8 - half, "high": 0.8 + half}
        for g, n, half in (("two", 2, 3.0), ("five", 5, 0.02))
        for e in (1, 2, 3)
    ]
    low, high = late_range(pd.DataFrame(rows), None, 100.0)
    assert 75 < low < 78 < 82 < high < 85
