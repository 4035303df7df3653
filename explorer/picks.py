"""Which images are looked at: moves from one pick of data-set indices to the next."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from core.streams import hashed_order

#: A cloud figure holds at most this many images; a montage at most that many.
MOST, MONTAGE = 8, 48


def next_wrong(outcomes: pd.DataFrame, picked: Sequence[int]) -> tuple[int, ...]:
    """Return the pick with the next wrongly classified image after the last picked one, by index; round to the first."""
    return _add(picked, _after([int(i) for i in outcomes.index[outcomes["wrong"]]], picked))


def same_class(outcomes: pd.DataFrame, picked: Sequence[int]) -> tuple[int, ...]:
    """Return the pick with the next image of the last picked one's class."""
    last = [i for i in picked if i in outcomes.index]
    if not last:
        return tuple(picked)
    label = outcomes.loc[last[-1], "label"]
    return _add(picked, _after([int(i) for i in outcomes.index[outcomes["label"] == label]], last))


def random_pick(ids: Sequence[int], count: int, draw: int) -> tuple[int, ...]:
    """Return `count` of the ids, others for every number `draw`, always the same for the same."""
    order = hashed_order(np.asarray(sorted(ids)), f"random pick {draw}")
    return tuple(int(i) for i in order[:count])


def candidates(outcomes: pd.DataFrame, ids: Sequence[int]) -> list[int]:
    """Return the images of the montage: wrong ones, at most half of it, then right ones; from `ids` if nothing is known."""
    if outcomes.empty:
        return [int(i) for i in ids[:MONTAGE]]
    wrong = [int(i) for i in outcomes.index[outcomes["wrong"]]][: MONTAGE // 2]
    right = [int(i) for i in outcomes.index[~outcomes["wrong"]]][: MONTAGE - len(wrong)]
    return wrong + right


def read_numbers(text: str) -> tuple[int, ...]:
    """Return the whole numbers in a text, separated by commas or spaces. ValueError: it holds something else."""
    return tuple(dict.fromkeys(int(part) for part in text.replace(",", " ").split()))


def _after(known: Sequence[int], picked: Sequence[int]) -> int | None:
    free = [i for i in known if i not in picked]
    later = [i for i in free if picked and i > picked[-1]]
    return next(iter(later or free), None)


def _add(picked: Sequence[int], image: int | None) -> tuple[int, ...]:
    """Return the pick with one more image; the oldest goes when it is full."""
    return tuple(picked) if image is None else (*picked, image)[-MOST:]
