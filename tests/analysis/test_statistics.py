import math

import numpy as np
import pytest
from scipy import stats

from core.analysis.statistics import detectable_difference, summary, verdict, welch_interval

RELU = [0.901, 0.905, 0.899, 0.903, 0.907]
COSLU = [0.902, 0.909, 0.900, 0.904, 0.905]
BETTER = [0.921, 0.925, 0.919, 0.923]


def test_the_summary_is_scipys_t_interval():
    s = summary(RELU)
    low, high = stats.t.interval(0.95, 4, loc=np.mean(RELU), scale=stats.sem(RELU))
    assert (s.n, s.mean, s.sd) == pytest.approx((5, np.mean(RELU), np.std(RELU, ddof=1)))
    assert (s.low, s.high) == pytest.approx((low, high))


def test_one_value_has_a_mean_but_no_spread():
    s = summary([0.9])
    assert (s.n, s.mean) == (1, 0.9)
    assert all(math.isnan(v) for v in (s.sd, s.low, s.high))
    assert summary([]).n == 0


def test_welch_is_scipys_interval_of_the_difference_also_for_unequal_n_and_spread():
    for a, b in [(RELU, COSLU), (BETTER, RELU), ([1.0, 5.0, 9.0], [2.0, 2.1])]:
        ours, theirs = welch_interval(a, b), stats.ttest_ind(a, b, equal_var=False)
        interval = theirs.confidence_interval(0.95)
        assert ours.degrees == pytest.approx(theirs.df)
        assert (ours.low, ours.high) == pytest.approx((interval.low, interval.high))


def test_the_detectable_difference_is_found_in_80_percent_of_simulated_repetitions():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(20000, 5)), rng.normal(size=(20000, 5))
    # exact for equal spread and n, where Welch's degrees of freedom are those of Student
    table = stats.ttest_ind(np.array([-1.0, 1, 0, 0.5, -0.5]), np.array([-1.0, 1, 0, 0.5, -0.5]), equal_var=False)
    welch = welch_interval([-1.0, 1, 0, 0.5, -0.5], [-1.0, 1, 0, 0.5, -0.5])
    assert welch.degrees == pytest.approx(table.df) == pytest.approx(8)
    shift = detectable_difference(welch) / np.std([-1.0, 1, 0, 0.5, -0.5], ddof=1)
    found = stats.ttest_ind(a + shift, b, axis=1).pvalue < 0.05
    assert found.mean() == pytest.approx(0.80, abs=0.01)


def test_two_seeds_each_still_have_a_detectable_difference():
    welch = welch_interval([0.90, 0.91], [0.90, 0.92])
    assert 0.05 < detectable_difference(welch) < 1


def test_a_clear_difference_is_better_one_way_and_worse_the_other():
    v = verdict(BETTER, RELU, "CosLU", "ReLU", column="test_accuracy", data="fashion-sample")
    assert (v.kind, v.n_a, v.n_b) == ("better", 4, 5)
    assert v.difference == pytest.approx(0.019)
    assert v.sentence == (
        "CosLU is better than ReLU in test accuracy: +1.9 points"
        " (95 % Welch interval +1.4 to +2.4; n = 4 and 5 seeds on fashion-sample)."
    )
    assert verdict(RELU, BETTER, "ReLU", "CosLU").kind == "worse"


def test_of_losses_the_lower_is_better():
    assert verdict([0.1, 0.11], [0.9, 0.91], "a", "b", column="val_loss").kind == "better"


def test_a_difference_within_its_interval_cannot_be_told_and_says_what_could_be():
    v = verdict(COSLU, RELU, "CosLU", "ReLU", column="test_accuracy", data="fashion-sample")
    assert v.kind == "cannot tell"
    assert v.low < 0 < v.high
    assert v.sentence == (
        "Cannot tell whether CosLU or ReLU is better in test accuracy: +0.1 points"
        " (95 % Welch interval −0.4 to +0.6; n = 5 and 5 seeds on fashion-sample)."
        " At this spread, so many seeds find a difference of 0.7 points in 80 % of cases."
    )


def test_one_seed_cannot_tell_however_large_the_difference():
    v = verdict([0.99], [0.10], "CosLU", "ReLU", column="val_accuracy", data="cifar10")
    assert v.kind == "cannot tell"
    assert v.sentence == "Cannot tell: one seed each. CosLU against ReLU: +89.0 points validation accuracy on cifar10."
    assert "ReLU has one seed" in verdict([0.9, 0.91], [0.1], "CosLU", "ReLU").sentence


def test_no_seed_and_no_spread_cannot_tell():
    assert verdict([], [0.1], "CosLU", "ReLU").sentence == "Cannot tell: no validation accuracy for CosLU."
    v = verdict([0.9, 0.9], [0.8, 0.8], "CosLU", "ReLU")
    assert v.kind == "cannot tell"
    assert v.sentence.startswith("Cannot tell: no spread between the seeds (n = 2 and 2).")


def test_a_run_that_diverged_is_left_out_and_counted():
    v = verdict([*BETTER, math.nan], RELU, "CosLU", "ReLU")
    assert v.n_a == 4
    assert v.sentence.endswith(" 1 run without a finite value left out.")


def test_no_difference_is_claimed_more_often_than_five_percent_where_there_is_none():
    rng = np.random.default_rng(1)
    kinds = [verdict(rng.normal(size=3), rng.normal(size=5), "a", "b").kind for _ in range(200)]
    assert np.mean([k != "cannot tell" for k in kinds]) < 0.09
