import math

import pytest

from core.analysis import wording


@pytest.mark.parametrize(
    ("value", "decimals", "sign", "text"),
    [
        (-0.3, 1, False, "−0.3"),
        (0.3, 1, True, "+0.3"),
        (-0.04, 1, True, "0.0"),
        (0.04, 1, True, "0.0"),
        (75290, 0, False, "75,290"),
        (math.nan, 1, False, "–"),
    ],
)
def test_numbers_carry_a_true_minus_and_what_rounds_to_zero_has_no_sign(value, decimals, sign, text):
    assert wording.number(value, decimals, sign) == text


def test_a_mean_carries_its_sd_and_n():
    assert wording.mean_sd_text(0.9123, 0.0021, 5, "test_accuracy") == "91.2 ± 0.2 % (n = 5)"
    assert wording.mean_sd_text(0.9123, math.nan, 1, "test_accuracy") == "91.2 % (n = 1)"
    assert wording.mean_sd_text(math.nan, math.nan, 0, "test_accuracy") == "–"


def test_a_loss_has_three_significant_digits():
    assert wording.mean_sd_text(0.27149, 0.00432, 3, "val_loss") == "0.271 ± 0.004 (n = 3)"
    assert wording.value_text(12.3456, "val_loss") == "12.3"
    assert wording.value_text(0.0012345, "lr") == "0.00123"


def test_differences_of_shares_are_points():
    assert wording.difference_text(-0.0042, "val_accuracy") == "−0.4 points"
    assert wording.interval_text(-0.003, 0.007, "val_accuracy") == "−0.3 to +0.7"
    assert wording.difference_text(0.0421, "val_loss") == "+0.0421"


def test_counts_agree_with_their_noun():
    assert [wording.count(1, "seed"), wording.count(1000, "image")] == ["1 seed", "1,000 images"]
    assert wording.count(2, "noisy pass", "noisy passes") == "2 noisy passes"
