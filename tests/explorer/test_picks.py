"""Moves from one pick of images to the next."""

import pandas as pd
import pytest

from explorer.picks import MONTAGE, candidates, next_wrong, random_pick, read_numbers, same_class

OUTCOMES = pd.DataFrame(
    {"label": [0, 0, 1, 1, 0], "said": [0, 1, 1, 0, 0], "wrong": [False, True, False, True, False]},
    index=pd.Index([3, 10, 12, 20, 31], name="image"),
)


def test_next_wrong_adds_the_wrong_image_after_the_last_one_and_goes_round() -> None:
    assert next_wrong(OUTCOMES, (10,)) == (10, 20)
    assert next_wrong(OUTCOMES, (20,)) == (20, 10)
    assert next_wrong(OUTCOMES, (10, 20)) == (10, 20)
    assert next_wrong(OUTCOMES, ()) == (10,)


def test_same_class_adds_the_next_image_of_the_last_ones_class() -> None:
    assert same_class(OUTCOMES, (3,)) == (3, 10)
    assert same_class(OUTCOMES, (12,)) == (12, 20)
    assert same_class(OUTCOMES, (999,)) == (999,)


def test_a_full_pick_lets_the_oldest_go() -> None:
    assert next_wrong(OUTCOMES, tuple(range(100, 108))) == (*range(101, 108), 10)


def test_random_is_the_same_for_the_same_draw() -> None:
    ids = list(range(50))
    assert random_pick(ids, 6, 1) == random_pick(ids[::-1], 6, 1)
    assert random_pick(ids, 6, 1) != random_pick(ids, 6, 2)
    assert len(set(random_pick(ids, 6, 1))) == 6


def test_the_montage_shows_wrong_images_first_and_at_most_48() -> None:
    assert candidates(OUTCOMES, ()) == [10, 20, 3, 12, 31]
    assert len(candidates(OUTCOMES.iloc[:0], range(100))) == MONTAGE


def test_numbers_are_read_with_commas_or_spaces() -> None:
    assert read_numbers("3, 5  8,3") == (3, 5, 8)
    with pytest.raises(ValueError, match="invalid literal"):
        read_numbers("3, x")
