"""What a network says of labelled images, image by image, and paired differences between two networks on the same images."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..errors import ExplorerError

if TYPE_CHECKING:
    from torch import Tensor, nn

#: Half the width of a 95 % interval, in standard errors, for as many images as are used here.
HALF_WIDTH = 1.96
#: Chance of a false alarm over all rows of a table.
ALPHA = 0.05


@dataclass(frozen=True, eq=False)
class Scores:
    """Of N images: whether the class was right, bool (N,), and the loss, nats, float64 (N,). NaN logits are never right."""

    correct: np.ndarray
    losses: np.ndarray

    @property
    def accuracy(self) -> float:
        """The share of right classes, 0 to 1."""
        return float(self.correct.mean())

    @property
    def loss(self) -> float:
        """The mean loss, nats."""
        return float(self.losses.mean())


@dataclass(frozen=True, kw_only=True)
class PairedDifference:
    """Two networks on the same N images, "after" minus "before".

    accuracy (a share) and loss (nats) with their standard errors over the images, sd / sqrt(N) of the paired differences;
    lost: images right before and wrong after; gained: the other way round; p: McNemar's exact test, that among the images whose
    answer changed, gains and losses are equally likely (1 where none changed).
    """

    accuracy: float
    accuracy_error: float
    loss: float
    loss_error: float
    lost: int
    gained: int
    p: float


def score(
    model: "nn.Module", images: "Tensor", labels: "Tensor", *, batch_size: int = 250, tell: Callable[[], None] | None = None
) -> Scores:
    """Return the scores of `model` as it stands, for normalised `images` (N, C, H, W) and `labels` (N,): give a fork in eval.

    `tell` is called before every batch.
    """
    import torch
    from torch.nn import functional

    from ..models import on_device

    correct, losses = [], []
    with torch.no_grad():
        for batch, wanted in zip(images.split(batch_size), labels.cpu().split(batch_size), strict=True):
            if tell is not None:
                tell()
            logits = model(on_device(model, batch)).double().cpu()
            known = torch.isfinite(logits).all(1)
            correct.append((logits.argmax(1) == wanted) & known)
            losses.append(functional.cross_entropy(logits, wanted.long(), reduction="none"))
    return Scores(torch.cat(correct).numpy(), torch.cat(losses).numpy())


def check_images(images: "Tensor", labels: "Tensor") -> None:
    """Raise ExplorerError unless there is one label per image, and at least one image."""
    if len(images) < 1 or len(images) != len(labels):
        raise ExplorerError(f"There must be one label per image; received {len(images)} images and {len(labels)} labels.")


def paired_difference(after: Scores, before: Scores) -> PairedDifference:
    """Return what changed from `before` to `after`, on the same images."""
    right = after.correct.astype(np.float64) - before.correct
    with np.errstate(invalid="ignore"):
        worse = after.losses - before.losses
    lost, gained = int((right < 0).sum()), int((right > 0).sum())
    return PairedDifference(
        accuracy=float(right.mean()), accuracy_error=_standard_error(right),
        loss=float(worse.mean()), loss_error=_standard_error(worse),
        lost=lost, gained=gained, p=mcnemar(lost, gained),
    )  # fmt: skip


def mcnemar(lost: int, gained: int) -> float:
    """Return the two-sided p of McNemar's exact test: of lost + gained fair coins, a split at least as uneven."""
    from scipy.special import bdtr

    if lost + gained == 0:
        return 1.0
    return min(1.0, 2 * float(bdtr(min(lost, gained), lost + gained, 0.5)))


def holm(p: "list[float]", alpha: float = ALPHA) -> list[bool]:
    """Return which of the hypotheses fall when all are looked at together (Holm 1979): at most `alpha` false alarms in all."""
    order = np.argsort(p, kind="stable")
    rejected = [False] * len(p)
    for rank, i in enumerate(order):
        if not p[int(i)] <= alpha / (len(p) - rank):
            break
        rejected[int(i)] = True
    return rejected


def _standard_error(values: np.ndarray) -> float:
    if len(values) < 2 or not np.isfinite(values).all():
        return math.nan
    return float(values.std(ddof=1) / math.sqrt(len(values)))
