"""Scores of single images, and paired differences between two networks, by hand and against scipy."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import binomtest
from torch import nn

from core.analysis.scores import Scores, check_images, holm, mcnemar, paired_difference, score
from core.errors import ExplorerError


def scores(correct: list[int], losses: list[float]) -> Scores:
    return Scores(np.array(correct, dtype=bool), np.array(losses))


def test_class_and_loss_of_every_image() -> None:
    model = nn.Sequential(nn.Flatten())
    logits = torch.tensor([[2.0, 0.0], [0.0, 0.0], [0.0, 3.0]]).reshape(3, 2, 1, 1)
    found = score(model, logits, torch.tensor([0, 1, 0]), batch_size=2)
    assert found.correct.tolist() == [True, False, False]
    np.testing.assert_allclose(found.losses, [math.log(1 + math.exp(-2)), math.log(2), math.log(1 + math.exp(3))], rtol=1e-7)
    assert found.accuracy == pytest.approx(1 / 3)


def test_logits_that_are_no_numbers_are_never_right() -> None:
    logits = torch.tensor([[float("nan"), 0.0], [float("inf"), 0.0]]).reshape(2, 2, 1, 1)
    assert score(nn.Flatten(), logits, torch.tensor([0, 0])).correct.tolist() == [False, False]


def test_a_paired_difference_by_hand() -> None:
    before, after = scores([1, 1, 1, 0], [0.1, 0.2, 0.3, 2.0]), scores([1, 0, 0, 1], [0.1, 1.2, 1.3, 1.0])
    found = paired_difference(after, before)
    assert (found.lost, found.gained) == (2, 1)
    assert found.accuracy == pytest.approx(-0.25)
    assert found.accuracy_error == pytest.approx(np.std([0, -1, -1, 1], ddof=1) / 2)
    assert found.loss == pytest.approx(0.25)
    assert found.p == 1.0


def test_losses_that_are_no_numbers_have_no_error() -> None:
    found = paired_difference(scores([0, 0], [math.inf, 1.0]), scores([1, 1], [0.1, 0.1]))
    assert found.loss == math.inf and math.isnan(found.loss_error)


@pytest.mark.parametrize(("lost", "gained"), [(0, 0), (1, 0), (9, 1), (5, 5), (40, 18)])
def test_mcnemars_exact_test_is_that_of_fair_coins(lost: int, gained: int) -> None:
    wanted = binomtest(lost, lost + gained).pvalue if lost + gained else 1.0
    assert mcnemar(lost, gained) == pytest.approx(wanted)


def test_holm_goes_on_while_each_p_stands_its_stricter_level() -> None:
    assert holm([0.01, 0.04, 0.03]) == [True, False, False]  # 0.03 > 0.05 / 2
    assert holm([0.01, 0.04, 0.02]) == [True, True, True]
    assert holm([]) == []


def test_images_and_labels_belong_together() -> None:
    with pytest.raises(ExplorerError, match=r"^There must be one label per image; received 3 images and 2 labels\.$"):
        check_images(torch.zeros(3, 1, 1, 1), torch.zeros(2))
