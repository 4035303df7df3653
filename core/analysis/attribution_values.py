"""What a network says of images and of their baselines: the numbers that attributions explain, and the gaps they divide up."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from .attribution_baselines import baseline_images
from .attribution_choices import Target

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True, kw_only=True, eq=False)
class Said:
    """What is explained of N images.

    positive, negative (−1: none), predicted: classes (N,); weights: (N, K), what the logits are multiplied with; gap: (N,)
    float64, by how much that sum is larger for an image than for its baseline.
    """

    positive: np.ndarray
    negative: np.ndarray
    predicted: np.ndarray
    gap: np.ndarray
    weights: "Tensor"


@dataclass(frozen=True, kw_only=True, eq=False)
class ExplainedValues:
    """The target of images and of their baselines, from forward passes of `network`; `before` is called before each of them."""

    network: "nn.Module"
    target: Target
    baseline: str
    mean: Sequence[float] | None
    sd: Sequence[float] | None
    batch_size: int
    before: Callable[[], None]

    def __call__(self, images: "Tensor") -> Said:
        """Return what is explained of `images` (N, C, H, W)."""
        logits, at_baseline = self._logits(images, baseline_images(self.baseline, images, self.mean, self.sd))
        return self._said(logits, at_baseline)

    def of_logits(self, images: "Tensor", logits: "Tensor") -> Said:
        """Return the same where the logits of the images (N, K) are known: only the baselines pass."""
        baselines = baseline_images(self.baseline, images, self.mean, self.sd)
        return self._said(logits, self._passed([*baselines.split(self.batch_size)]))

    def weights(self, logits: "Tensor", rows: slice) -> "Tensor":
        """Return what the logits of the images `rows` are multiplied with."""
        target = self.target
        if isinstance(target.positive, tuple):
            target = replace(target, positive=target.positive[rows])
        return _weights(logits, *target.classes(logits.cpu().numpy()))

    def _said(self, logits: "Tensor", at_baseline: "Tensor") -> Said:
        import torch

        positive, negative = self.target.classes(logits.cpu().numpy())
        weights = _weights(logits, positive, negative)
        gap = ((logits - at_baseline) * weights).sum(1, dtype=torch.float64).cpu().numpy()
        return Said(
            positive=positive, negative=negative, predicted=logits.argmax(1).cpu().numpy(), gap=gap, weights=weights
        )  # fmt: skip

    def baselines(self, images: "Tensor") -> "Tensor":
        """Return one baseline per image, in their shape."""
        return baseline_images(self.baseline, images, self.mean, self.sd).expand_as(images)

    def _logits(self, images: "Tensor", baselines: "Tensor") -> "tuple[Tensor, Tensor]":
        """Return the logits of both. One baseline for all images rides in their last batch: cheaper than alone."""
        import torch

        batches = [*images.split(self.batch_size)]
        if len(baselines) == 1:
            batches[-1] = torch.cat([batches[-1], baselines])
        else:
            batches += baselines.split(self.batch_size)
        logits = self._passed(batches)
        return logits[: len(images)], logits[len(images) :]

    def _passed(self, batches: "list[Tensor]") -> "Tensor":
        """Return the logits of all batches."""
        import torch

        parts = []
        with torch.no_grad():
            for batch in batches:
                self.before()
                parts.append(self.network(batch))
        return torch.cat(parts)


def _weights(logits: "Tensor", positive: np.ndarray, negative: np.ndarray) -> "Tensor":
    """Return (N, K): 1 at the class that counts, −1 at the one that is subtracted, if there is one."""
    import torch

    weights = torch.zeros_like(logits)
    rows = np.arange(len(logits))
    weights[rows, positive] = 1
    minus = negative >= 0
    weights[rows[minus], negative[minus]] -= 1
    return weights
