"""Stratified parts: sizes by largest remainder, and the same rows for ever."""

from collections import Counter

import numpy as np
import pytest

from core.data.splits import quotas, stratified_rows
from core.streams import hashed_order

LABELS = np.array([0] * 10 + [1] * 25 + [2] * 65)


@pytest.mark.parametrize(
    ("total", "expected"),
    [
        (0, [0, 0, 0]),
        (10, [1, 3, 6]),  # exact shares 1, 2.5, 6.5: the tie goes to the lower class
        (11, [1, 3, 7]),  # 1.1, 2.75, 7.15
        (100, [10, 25, 65]),
    ],
)
def test_quotas_are_largest_remainders(total: int, expected: list[int]) -> None:
    assert quotas(LABELS, total).tolist() == expected


def test_every_class_gets_the_least_number_it_can_give() -> None:
    assert quotas(LABELS, 4, at_least=2).tolist() == [2, 2, 3]
    assert quotas(np.array([0, 1, 1, 1]), 1, at_least=2).tolist() == [1, 2]


def test_a_class_that_does_not_occur_gets_nothing() -> None:
    assert quotas(np.array([0, 2, 2, 2]), 2).tolist() == [1, 0, 1]


def test_the_part_is_the_head_of_each_class_in_hashed_order() -> None:
    rows = stratified_rows(LABELS, 20, "test")
    expected = [
        row for label in range(3) for row in hashed_order(np.flatnonzero(label == LABELS), "test")[: quotas(LABELS, 20)[label]]
    ]
    assert rows.tolist() == sorted(expected)
    assert Counter(LABELS[rows].tolist()) == {0: 2, 1: 5, 2: 13}


def test_the_rows_never_change() -> None:
    assert stratified_rows(np.arange(30) % 3, 6, "fixed").tolist() == [0, 8, 10, 22, 26, 27]


def test_keys_move_with_their_images() -> None:
    """The same images in another order: the same images are chosen."""
    order = np.random.default_rng(0).permutation(100)
    keys = np.arange(100) * 7 + 5
    there = stratified_rows(LABELS, 20, "test", keys=keys)
    here = stratified_rows(LABELS[order], 20, "test", keys=keys[order])
    assert sorted(order[here].tolist()) == there.tolist()
