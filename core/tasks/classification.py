"""Classification of images: cross entropy, accuracy, logits."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True, kw_only=True)
class Classification:
    """One of `num_classes` classes per image."""

    num_classes: int
    name: str = "classification"

    def loss_sum(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return the sum of the cross entropies (nats, float32) of `logits` (N, K) for `labels` (N,)."""
        return functional.cross_entropy(logits.float(), labels, reduction="sum")

    def correct(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return how many images have their largest logit at their label, as an int64 tensor of shape ()."""
        return (logits.argmax(1) == labels).sum()

    def metrics(self, logits: Tensor, labels: Tensor) -> dict[str, float]:
        """Return mean loss (nats) and accuracy (0 to 1) of `logits` (N, K) for `labels` (N,)."""
        with torch.no_grad():
            n = len(labels)
            return {
                "loss": float(self.loss_sum(logits, labels)) / n,
                "accuracy": int(self.correct(logits, labels)) / n,
            }
