"""Confusion, accuracy per class and calibration, counted by hand."""

import math

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import confusion_matrix

from core.analysis.calibration import calibration_error, calibration_table
from core.analysis.confusion import class_table, confused_pairs, confusion_table, wilson_interval
from core.errors import ExplorerError

NAMES = ("cat", "dog", "eel")


def said(pairs: list[tuple[int, int]], confidence: float = 0.9) -> pd.DataFrame:
    label, predicted = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    columns = {"image": np.arange(len(pairs)), "label": label, "predicted": predicted, "confidence": confidence}
    return pd.DataFrame({**columns, "wrong": label != predicted})


TEN = said([(0, 0)] * 3 + [(0, 1)] * 2 + [(1, 1)] * 4 + [(1, 0)])


def test_counts_and_shares_of_every_pair():
    table = confusion_table(TEN, NAMES)
    assert table["count"].tolist() == [3, 2, 0, 1, 4, 0, 0, 0, 0]
    np.testing.assert_allclose(table["share"][:6], [0.6, 0.4, 0, 0.2, 0.8, 0])
    assert table["share"][6:].isna().all()
    first = table.iloc[1]
    assert (first["label"], first["predicted"], first["label_name"], first["predicted_name"]) == (0, 1, "cat", "dog")


def test_counts_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    table = said(list(zip(rng.integers(0, 6, 500), rng.integers(0, 6, 500), strict=True)))
    expected = confusion_matrix(table["label"], table["predicted"], labels=range(6))
    assert (confusion_table(table, list("abcdef"))["count"].to_numpy().reshape(6, 6) == expected).all()


def test_a_class_without_a_name_is_called_by_its_number():
    table = confusion_table(said([(0, 3)]), NAMES)
    assert len(table) == 16 and table["predicted_name"].tolist()[3] == "3"


def test_pairs_are_what_is_off_the_diagonal_the_most_frequent_first():
    pairs = confused_pairs(TEN, NAMES)
    assert pairs.to_dict("list") == {
        "label": [0, 1], "predicted": [1, 0], "label_name": ["cat", "dog"], "predicted_name": ["dog", "cat"],
        "count": [2, 1], "share": [0.4, 0.2],
    }  # fmt: skip
    assert len(confused_pairs(TEN, NAMES, most=1)) == 1
    assert confused_pairs(said([(0, 0)]), NAMES).empty


def test_pairs_agree_with_the_matrix():
    rng = np.random.default_rng(1)
    table = said(list(zip(rng.integers(0, 9, 300), rng.integers(0, 9, 300), strict=True)))
    matrix = confusion_table(table, [str(i) for i in range(9)]).query("label != predicted and count > 0")
    keys = ["label", "predicted"]
    pairs = confused_pairs(table)
    pd.testing.assert_frame_equal(
        pairs.sort_values(keys).reset_index(drop=True)[[*keys, "count", "share"]],
        matrix.sort_values(keys).reset_index(drop=True)[[*keys, "count", "share"]],
    )
    assert pairs["count"].is_monotonic_decreasing


def test_each_class_has_its_accuracy_and_how_often_it_was_said():
    table = class_table(TEN, NAMES)
    assert table["label_name"].tolist() == ["cat", "dog"], "eel has no images"
    assert table[["n", "right", "said"]].to_numpy().tolist() == [[5, 3, 4], [5, 4, 6]]
    assert table["accuracy"].tolist() == [0.6, 0.8]
    assert table.loc[0, ["low", "high"]].tolist() == pytest.approx(wilson_interval(3, 5))


@pytest.mark.parametrize(("right", "n"), [(0, 10), (3, 5), (81, 100), (10, 10)])
def test_the_interval_is_wilsons(right, n):
    z, p = 1.959963984540054, right / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    assert wilson_interval(right, n) == pytest.approx((centre - half, centre + half), abs=1e-12)


def test_no_images_have_no_interval():
    assert all(math.isnan(v) for v in wilson_interval(0, 0))


def confident(pairs: list[tuple[float, bool]]) -> pd.DataFrame:
    return pd.DataFrame({"confidence": [c for c, _ in pairs], "wrong": [not right for _, right in pairs]})


def test_the_calibration_error_is_the_weighted_gap_of_the_bins():
    table = confident([(0.55, True), (0.55, False), (0.95, True), (0.95, True)])
    assert calibration_error(table, bins=10) == pytest.approx(0.5 * 0.05 + 0.5 * 0.05)
    bins = calibration_table(table, bins=10)
    assert bins["n"].tolist() == [2, 2]
    assert bins["accuracy"].tolist() == [0.5, 1.0]
    np.testing.assert_allclose(bins[["low", "high"]], [[0.5, 0.6], [0.9, 1.0]])


def test_one_bin_compares_the_means_alone():
    table = confident([(0.6, True), (0.8, False), (1.0, True)])
    assert calibration_error(table, bins=1) == pytest.approx(abs(2 / 3 - 0.8))


def test_a_bin_holds_its_upper_edge_and_the_first_one_zero():
    table = confident([(0.0, False), (0.5, True), (1.0, True)])
    assert calibration_table(table, bins=2)["n"].tolist() == [2, 1]


def test_a_network_that_is_always_right_and_sure_has_no_error():
    assert calibration_error(confident([(1.0, True)] * 4)) == 0
    assert math.isnan(calibration_error(confident([])))
    with pytest.raises(ExplorerError, match=r"^bins must be at least 1; received 0\.$"):
        calibration_table(TEN, 0)
