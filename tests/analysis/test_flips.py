"""Which images flip between two networks."""

import pandas as pd
import pytest

from core.analysis.flips import count_flips, flip_table, flipped
from core.errors import ExplorerError


def said(wrong: list[bool], first: int = 0, label: int = 0) -> pd.DataFrame:
    n = len(wrong)
    images = range(first, first + n)
    confidence = [0.5 + 0.01 * i for i in range(n)]
    predicted = [1 if w else label for w in wrong]
    return pd.DataFrame(
        {"image": images, "label": label, "predicted": predicted, "confidence": confidence, "wrong": wrong}
    )  # fmt: skip


A = said([False, False, False, False, True, True])
B = said([False, True, True, True, False, True])


def test_every_image_is_right_for_both_for_one_or_for_none():
    table = flip_table(A, B.iloc[::-1])
    assert table["image"].tolist() == list(range(6))
    assert table["flip"].tolist() == ["both right", *["only a"] * 3, "only b", "both wrong"]
    assert table["predicted_b"].tolist() == [0, 1, 1, 1, 0, 1]


def test_mcnemars_p_is_that_of_a_fair_coin():
    flips = count_flips(flip_table(A, B))
    assert (flips.both_right, flips.only_a, flips.only_b, flips.both_wrong, flips.n) == (1, 3, 1, 1, 6)
    assert flips.p == pytest.approx(2 * (1 + 4) / 16)
    assert count_flips(flip_table(A, A)).p == 1
    ten = count_flips(flip_table(said([False] * 10), said([True] * 10)))
    assert ten.p == pytest.approx(2 / 2**10)


def test_flipped_images_come_with_the_surest_mistake_first():
    assert flipped(flip_table(A, B), "only a")["image"].tolist() == [3, 2, 1]
    assert flipped(flip_table(A, B), "only b")["image"].tolist() == [4]


def test_runs_without_a_common_image_or_with_other_labels_are_refused():
    with pytest.raises(ExplorerError, match=r"^The two runs predicted no image in common, so nothing can flip\.$"):
        flip_table(A, said([True], first=100))
    with pytest.raises(ExplorerError, match="different labels: they were trained on different data"):
        flip_table(A, said([True] * 6, label=2))
