"""Attribution figures: what stands where, the shared colours, the words below each map."""

import json

import numpy as np
import pytest

from explorer import plots

from . import tables as t


def spec(fig) -> dict:
    return json.loads(fig.to_json())


def test_one_image_stands_first_and_its_maps_follow_in_rows_of_four():
    found = spec(plots.attribution_figure(**t.attribution_tables(t.METHOD_PANELS)))
    assert [trace["type"] for trace in found["data"]] == ["image"] + ["heatmap"] * 6
    assert found["layout"]["xaxis5"]["domain"] == found["layout"]["xaxis"]["domain"]


def test_several_images_have_a_row_each():
    found = spec(plots.attribution_figure(**t.attribution_tables(["a", "b"], images=3)))
    assert [trace["type"] for trace in found["data"]] == ["image", "heatmap", "heatmap"] * 3
    tops = [found["layout"][f"yaxis{i}"]["domain"][1] for i in (2, 5, 8)]
    assert tops == sorted(tops, reverse=True) and len(set(tops)) == 3


def test_one_scale_for_all_maps_ends_at_the_99th_percentile_on_both_sides():
    tables = t.attribution_tables(["a", "b"], images=2)
    axis = spec(plots.attribution_figure(**tables))["layout"]["coloraxis"]
    top = np.quantile(np.abs(tables["table"]["value"].to_numpy(dtype=float)), 0.99)
    assert axis["cmax"] == pytest.approx(top)
    assert axis["cmin"] == -axis["cmax"]


def test_below_each_map_stand_what_is_explained_and_its_error():
    words = [
        a["text"] for a in spec(plots.attribution_figure(**t.attribution_tables(["a", "b", "c"])))["layout"]["annotations"]
    ]
    assert sum("Ankle boot − Sandal" in w for w in words) == 3
    assert any("Warning: error 7.2 %" in w.replace("<br>", " ") for w in words)
    assert any("makes no claim" in w.replace("<br>", " ") for w in words)


def test_a_map_shows_the_values_of_its_pixels():
    tables = t.attribution_tables(["a"], side=5)
    drawn = np.array(plots.attribution_figure(**tables).data[1].z)
    np.testing.assert_allclose(drawn.ravel(), tables["table"]["value"], atol=6e-4)


def test_too_many_panels_are_refused():
    with pytest.raises(ValueError, match="at most 8 images and 7 panels; received 1 and 8"):
        plots.attribution_figure(**t.attribution_tables(list("abcdefgh")))


def test_the_mean_over_images_leaves_out_maps_that_do_not_vary():
    table = t.randomisation_table(depths=3, images=2)
    *members, mean, _dots = plots.randomisation_figure(table).data
    assert len(members) == 2
    last = table[table["depth"] == 3]["correlation"].dropna()
    assert mean.y[-1] == pytest.approx(last.mean())
