"""Sentences about predictions: found, none, cannot tell."""

import numpy as np
import pandas as pd
import pytest

from core.analysis.confusion import class_table, confused_pairs
from core.analysis.flips import Flips
from core.analysis.prediction_findings import (
    accuracy_finding,
    calibration_finding,
    confusion_finding,
    flip_finding,
    hardest_class_finding,
)

DATA = "validation images of greys"
NAMES = ("cat", "dog")


def said(counts: dict[tuple[int, int], int], confidence: float = 0.9) -> pd.DataFrame:
    pairs = np.array([pair for pair, n in counts.items() for _ in range(n)], dtype=np.int64).reshape(-1, 2)
    columns = {"image": np.arange(len(pairs)), "label": pairs[:, 0], "predicted": pairs[:, 1], "confidence": confidence}
    return pd.DataFrame({**columns, "wrong": pairs[:, 0] != pairs[:, 1]})


GOOD = said({(0, 0): 45, (0, 1): 5, (1, 1): 49, (1, 0): 1})
EMPTY = said({})


def test_accuracy_comes_with_n_and_interval():
    found = accuracy_finding(GOOD, DATA, 2)
    assert (found.kind, found.value) == ("found", 0.94)
    assert found.sentence == "94.0 % of 100 validation images of greys are right (95 % Wilson interval 87.5 to 97.2 %)."


def test_accuracy_that_guessing_reaches_says_so():
    found = accuracy_finding(said({(0, 0): 6, (0, 1): 4}), DATA, 2)
    assert found.kind == "none"
    assert found.sentence.endswith("which may be guessing (50.0 %).")
    assert accuracy_finding(EMPTY, DATA, 2).sentence == "Cannot tell how many are right: there is no image to look at."


def test_the_most_frequent_pair_is_named_with_its_counts():
    found = confusion_finding(confused_pairs(GOOD, NAMES), 100, DATA)
    assert (found.kind, found.value) == ("found", 5)
    assert found.sentence == (
        "cat is taken for dog in 5 of 50 images (10.0 %), the most frequent of 2 confused pairs;"
        " 6 of 100 validation images of greys are wrong."
    )


def test_pairs_as_frequent_no_mistakes_and_no_images_have_their_own_sentences():
    tied = confusion_finding(confused_pairs(said({(0, 1): 1, (1, 0): 1, (1, 1): 8}), NAMES), 10, DATA)
    assert tied.kind == "cannot tell"
    assert tied.sentence == (
        "Cannot tell what is confused most: 2 pairs of classes share the highest count, 1 image each;"
        " 2 of 10 validation images of greys are wrong."
    )
    nothing = confusion_finding(confused_pairs(said({(0, 0): 3}), NAMES), 3, DATA)
    assert (nothing.kind, nothing.sentence) == ("none", "Nothing is confused: all 3 validation images of greys are right.")
    assert confusion_finding(confused_pairs(EMPTY, NAMES), 0, DATA).kind == "cannot tell"


def test_the_hardest_class_is_named_only_where_its_interval_lies_below_the_whole():
    close = hardest_class_finding(class_table(GOOD, NAMES), DATA)
    assert close.kind == "cannot tell"
    assert close.sentence.startswith("Cannot tell which class is hardest. The lowest is cat, 90.0 % of 50 right (")
    clear = hardest_class_finding(class_table(said({(0, 0): 20, (0, 1): 30, (1, 1): 150}), NAMES), DATA)
    assert clear.kind == "found"
    assert clear.sentence.startswith("The hardest class is cat, 40.0 % of 50 right (")
    assert clear.sentence.endswith("against 85.0 % of all 200 validation images of greys.")
    assert "97.50 % for each" in clear.criterion
    assert hardest_class_finding(class_table(said({(0, 0): 3}), NAMES), DATA).kind == "cannot tell"


@pytest.mark.parametrize(
    ("confidence", "kind", "start"),
    [
        (0.99, "found", "Overconfident: on average 99.0 % sure and 94.0 % right on 100"),
        (0.6, "found", "Underconfident: on average 60.0 % sure and 94.0 % right on 100"),
        (0.93, "cannot tell", "Cannot tell whether it is too sure: on average 93.0 % sure and 94.0 % right on 100"),
    ],
)
def test_confidence_is_compared_with_the_interval_of_the_accuracy(confidence, kind, start):
    found = calibration_finding(GOOD.assign(confidence=confidence), DATA)
    assert found.kind == kind
    assert found.sentence.startswith(start)
    assert f"expected calibration error {100 * abs(confidence - 0.94):.1f} %" in found.sentence
    assert found.value == pytest.approx(confidence - 0.94)


def test_without_images_nothing_is_said_of_confidence():
    assert calibration_finding(EMPTY, DATA).kind == "cannot tell"


def test_the_better_of_two_runs_needs_p_below_five_percent():
    clear = flip_finding(Flips(both_right=900, only_a=40, only_b=10, both_wrong=50, p=2.4e-5), "CosLU", "ReLU", DATA)
    assert clear.kind == "found"
    assert clear.sentence == (
        "The run of CosLU is right more often: of 1,000 validation images of greys, 40 are right for CosLU alone"
        " and 10 for ReLU alone (p < 0.001)."
    )
    assert "about other seeds of the same configurations it says nothing" in clear.criterion
    close = flip_finding(Flips(both_right=900, only_a=30, only_b=20, both_wrong=50, p=0.203), "CosLU", "ReLU", DATA)
    assert close.kind == "cannot tell"
    assert close.sentence.startswith("Cannot tell which of the two runs is right more often: of 1,000 ")
    assert close.sentence.endswith("(p = 0.20).")


def test_no_flips_and_no_common_images_have_their_own_sentences():
    same = flip_finding(Flips(both_right=9, only_a=0, only_b=0, both_wrong=1, p=1.0), "A", "B", DATA)
    assert (same.kind, same.sentence) == (
        "none",
        "No image flips: both runs are right on the same of 10 validation images of greys.",
    )
    assert flip_finding(Flips(both_right=0, only_a=0, only_b=0, both_wrong=0, p=1.0), "A", "B", DATA).kind == "cannot tell"
