"""What the predictions show, in sentences: each from a table, with n, the data, its criterion, and a form for "cannot tell"."""

import math

import pandas as pd

from . import wording
from .calibration import BINS, calibration_error
from .confusion import wilson_interval
from .findings import Finding
from .flips import Flips
from .statistics import LEVEL

_WILSON = "The interval is Wilson's, at 95 %: it is about other images of the same kind, not about other seeds."
_NO_IMAGES = "there is no image to look at."


def accuracy_finding(table: pd.DataFrame, data: str, num_classes: int) -> Finding:
    """Return the accuracy of a prediction table with its interval; "none" where the interval includes guessing.

    Args:
        data: what the images are: "validation images of fashion-sample".
        num_classes: guessing is right in one of so many cases.
    """
    n = len(table)
    if n == 0:
        return Finding("cannot tell", f"Cannot tell how many are right: {_NO_IMAGES}")
    right = n - int(table["wrong"].sum())
    low, high = wilson_interval(right, n)
    said = f"{wording.percent(right / n)} of {n:,} {data} are right (95 % Wilson interval {_shares(low, high)})"
    if low <= 1 / num_classes <= high:
        sentence = f"{said}, which may be guessing ({wording.percent(1 / num_classes)})."
        return Finding("none", sentence, value=right / n, criterion=_WILSON)
    return Finding("found", f"{said}.", value=right / n, criterion=_WILSON)


def confusion_finding(pairs: pd.DataFrame, n: int, data: str) -> Finding:
    """Return which class is taken for which most often; "cannot tell" where several pairs are as frequent.

    Args:
        pairs: all rows of `confused_pairs`.
        n: the number of images; data: what they are.
    """
    if n == 0:
        return Finding("cannot tell", f"Cannot tell what is confused: {_NO_IMAGES}")
    if pairs.empty:
        return Finding("none", f"Nothing is confused: all {n:,} {data} are right.")
    top = pairs.iloc[0]
    wrong = f"{int(pairs['count'].sum()):,} of {n:,} {data} are wrong"
    tied = int((pairs["count"] == top["count"]).sum())
    if tied > 1:
        each = wording.count(int(top["count"]), "image")
        sentence = f"Cannot tell what is confused most: {tied} pairs of classes share the highest count, {each} each; {wrong}."
        return Finding("cannot tell", sentence, value=float(top["count"]))
    of = round(top["count"] / top["share"])
    sentence = (
        f"{top['label_name']} is taken for {top['predicted_name']} in {int(top['count']):,} of {of:,} images"
        f" ({wording.percent(top['share'])}), the most frequent of {wording.count(len(pairs), 'confused pair')}; {wrong}."
    )
    criterion = "Most frequent: the largest number of images of one class that were taken for one other class."
    return Finding("found", sentence, value=float(top["count"]), criterion=criterion)


def hardest_class_finding(classes: pd.DataFrame, data: str) -> Finding:
    """Return the class with the lowest accuracy, if that is told from the accuracy over all classes.

    Args:
        classes: rows of `class_table`, at least two.
        data: what the images are.
    """
    if len(classes) < 2:
        return Finding("cannot tell", "Cannot tell which class is hardest: there are images of fewer than two classes.")
    worst = classes.iloc[int(classes["accuracy"].argmin())]
    n, right = int(classes["n"].sum()), int(classes["right"].sum())
    low, high = wilson_interval(int(worst["right"]), int(worst["n"]), 1 - (1 - LEVEL) / len(classes))
    said = (
        f"{worst['label_name']}, {wording.percent(worst['accuracy'])} of {int(worst['n']):,} right"
        f" ({_shares(low, high)}), against {wording.percent(right / n)} of all {n:,} {data}"
    )
    criterion = (
        f"A class is hardest when its Wilson interval lies below the accuracy over all classes; at 95 % for all"
        f" {len(classes)} classes together, so at {wording.percent(1 - (1 - LEVEL) / len(classes), 2)} for each."
    )
    if high >= right / n:
        sentence = f"Cannot tell which class is hardest. The lowest is {said}."
        return Finding("cannot tell", sentence, value=float(worst["accuracy"]), criterion=criterion)
    return Finding("found", f"The hardest class is {said}.", value=float(worst["accuracy"]), criterion=criterion)


def calibration_finding(table: pd.DataFrame, data: str) -> Finding:
    """Return whether the network is surer than it is right; `value` is the mean confidence minus the accuracy."""
    n = len(table)
    if n == 0:
        return Finding("cannot tell", f"Cannot tell how sure it may be: {_NO_IMAGES}")
    right = n - int(table["wrong"].sum())
    low, high = wilson_interval(right, n)
    sure, accuracy = float(table["confidence"].mean()), right / n
    said = (
        f"on average {wording.percent(sure)} sure and {wording.percent(accuracy)} right on {n:,} {data}"
        f" (95 % Wilson interval {_shares(low, high)}); expected calibration error {wording.percent(calibration_error(table))}"
    )
    criterion = (
        f"Overconfident: the mean confidence lies above the Wilson interval of the accuracy; underconfident: below it."
        f" Expected calibration error: mean distance of accuracy and confidence over {BINS} bins of confidence, weighted by n."
    )
    if low <= sure <= high:
        sentence = f"Cannot tell whether it is too sure: {said}."
        return Finding("cannot tell", sentence, value=sure - accuracy, criterion=criterion)
    word = "Overconfident" if sure > high else "Underconfident"
    return Finding("found", f"{word}: {said}.", value=sure - accuracy, criterion=criterion)


def flip_finding(flips: Flips, a: str, b: str, data: str) -> Finding:
    """Return which of two runs has more images right that the other has wrong; "cannot tell" unless p < 0.05."""
    criterion = (
        "Exact McNemar test on the images that flip, at p < 0.05. It compares these two runs;"
        " about other seeds of the same configurations it says nothing."
    )
    if flips.n == 0:
        return Finding("cannot tell", "Cannot tell what flips: the runs have no image in common.", criterion=criterion)
    total = flips.only_a + flips.only_b
    if total == 0:
        return Finding("none", f"No image flips: both runs are right on the same of {flips.n:,} {data}.", criterion=criterion)
    said = f"of {flips.n:,} {data}, {flips.only_a:,} are right for {a} alone and {flips.only_b:,} for {b} alone ({_p(flips.p)})"
    if flips.p >= 1 - LEVEL:
        sentence = f"Cannot tell which of the two runs is right more often: {said}."
        return Finding("cannot tell", sentence, value=flips.p, criterion=criterion)
    better = a if flips.only_a > flips.only_b else b
    return Finding("found", f"The run of {better} is right more often: {said}.", value=flips.p, criterion=criterion)


def _shares(low: float, high: float) -> str:
    return f"{wording.number(100 * low, 1)} to {wording.percent(high)}"


def _p(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {wording.number(p, min(3, 1 - math.floor(math.log10(p))) if p < 1 else 0)}"
