"""The tables behind the figures: one row per pixel, scaled as they say."""

import numpy as np
import pytest

from core.analysis.attribution import attribute
from core.analysis.attribution_grid import by_method, by_network, error_table, map_table, picture_table

from .attributed import ONE, pictures, residual


def test_one_method_on_several_networks_is_that_method_on_each():
    models, images = {"a": residual("relu"), "b": residual("coslu")}, pictures(3)
    told = []
    found = by_network(models, images, "deep_lift", ids=[5, 6, 7], progress=lambda *a: told.append(a), **ONE)
    for name, model in models.items():
        np.testing.assert_allclose(found[name].full, attribute(model, images, "deep_lift", **ONE).full, rtol=1e-5, atol=1e-7)
    assert {total for _, total, _ in told} == {6}
    assert [done for done, _, _ in told] == sorted(done for done, _, _ in told)
    assert told[-1][2].startswith("b: DeepLift")


def test_smooth_grad_passes_by_occlusion():
    found = by_method(residual("relu"), pictures(2), ["saliency", "occlusion"], smooth=3, **ONE)
    assert list(found) == ["Saliency, smooth", "Occlusion"]


def test_maps_across_networks_are_in_percent_of_their_own_gap():
    images = pictures(3)
    found = by_network({"a": residual("relu"), "b": residual("coslu")}, images, "deep_lift", ids=[5, 6, 7], **ONE)
    table = map_table(found)
    assert table.columns.tolist() == ["panel", "image", "row", "column", "value"]
    assert len(table) == 2 * 3 * 64
    b = found["b"]
    one = table[(table["panel"] == "b") & (table["image"] == 6) & (table["row"] == 2) & (table["column"] == 5)]
    scale = max(abs(b.gap[1]), 0.1 * b.median_gap)
    assert one["value"].item() == pytest.approx(100 * b.map[1, 2, 5] / scale, rel=1e-5)
    sums = table[table["panel"] == "b"].groupby("image")["value"].sum()
    np.testing.assert_allclose(sums, 100 * b.total / np.maximum(np.abs(b.gap), 0.1 * b.median_gap), rtol=1e-3)


def test_maps_of_methods_are_in_percent_of_their_own_99th_percentile():
    found = by_method(residual("relu"), pictures(2), ["saliency", "deep_lift"], **ONE)
    table = map_table(found, "own")
    tops = table.groupby(["panel", "image"])["value"].apply(lambda v: np.quantile(np.abs(v), 0.99))
    np.testing.assert_allclose(tops, 100, rtol=1e-4)


def test_errors_name_the_classes_that_are_explained():
    found = by_method(residual("relu"), pictures(2), ["deep_lift"], **ONE)
    classes = ["shirt", "shoe", "bag"]
    table = error_table(found, classes)
    assert table["explained"].tolist() == [classes[i] for i in found["DeepLift"].predicted]
    assert table["panel"].tolist() == ["DeepLift"] * 2


def test_pictures_keep_their_pixels_and_grey_ones_have_three_equal_colours():
    pixels = np.arange(2 * 3 * 4 * 5, dtype=np.uint8).reshape(2, 3, 4, 5)
    table = picture_table([8, 9], pixels, ["a", "b"])
    row = table[(table["image"] == 9) & (table["row"] == 3) & (table["column"] == 1)].iloc[0]
    assert [row["red"], row["green"], row["blue"]] == pixels[1, :, 3, 1].tolist()
    assert row["label"] == "b"
    grey = picture_table([8], pixels[:1, :1])
    assert (grey["red"] == grey["green"]).all() and (grey["red"] == grey["blue"]).all()
