import math

import numpy as np
import pytest

from core.analysis.moved import moved

X = np.linspace(-3, 3, 2001)
NORMAL = np.exp(-(X**2) / 2)


def test_nothing_moved_is_zero_even_for_a_flat_start():
    assert moved(X, X, NORMAL) == 0.0
    assert moved(np.zeros_like(X), np.zeros_like(X), NORMAL) == 0.0


def test_a_line_that_became_half_as_steep_has_moved_by_a_half():
    assert moved(X, 0.5 * X, NORMAL) == pytest.approx(0.5)


def test_a_shift_counts_in_sds_of_the_start():
    uniform = np.ones_like(X)
    assert moved(X, X + 1, uniform) == pytest.approx(1 / np.std(X))


def test_only_inputs_that_occur_count():
    now = np.where(X > 0, X, 5.0)
    assert moved(X, now, np.where(X > 0, 1.0, 0.0)) == 0.0


def test_the_weights_are_a_sample_of_inputs():
    rng = np.random.default_rng(0)
    sample = rng.normal(size=400_000)
    sample = sample[np.abs(sample) < 3]
    start, now = np.maximum(sample, 0), sample / (1 + np.exp(-1.702 * sample))
    expected = np.sqrt(np.mean((now - start) ** 2)) / np.std(start)
    assert moved(np.maximum(X, 0), X / (1 + np.exp(-1.702 * X)), NORMAL) == pytest.approx(expected, rel=0.01)


def test_channels_count_alike():
    start = np.stack([X, X])
    assert moved(start, np.stack([X, 2 * X]), NORMAL) == pytest.approx(math.sqrt(0.5))


def test_a_flat_start_or_no_inputs_leave_it_undefined():
    assert math.isnan(moved(np.zeros_like(X), X, NORMAL))
    assert math.isnan(moved(X, 2 * X, np.zeros_like(X)))
