"""Outputs of a trained network on a split, and what they are worth."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from ..data import ImageDataset, Split
from ..tasks import Classification

BATCH_SIZE = 500


def predict(
    model: nn.Module, dataset: ImageDataset, split: Split, progress: Callable[[int, int], None] | None = None
) -> Tensor:
    """Return the logits (N, K) float32, on the CPU, of `model` for the images of `split`; noise off, model left as it was."""
    device = next(model.parameters()).device
    was_training = model.training
    model.eval()
    outputs = []
    try:
        with torch.inference_mode():
            for start in range(0, len(split.labels), BATCH_SIZE):
                images = dataset.normalise(split.images[start : start + BATCH_SIZE].to(device))
                outputs.append(model(images.contiguous(memory_format=torch.channels_last)).float().cpu())
                if progress is not None:
                    progress(min(start + BATCH_SIZE, len(split.labels)), len(split.labels))
    finally:
        model.train(was_training)
    return torch.cat(outputs).clone()


def evaluate(model: nn.Module, dataset: ImageDataset, split: str = "validation") -> dict[str, str | int | float]:
    """Return {"split", "n", "loss", "accuracy"} of `model` on a split of `dataset`; loss in nats, accuracy from 0 to 1."""
    part: Split = getattr(dataset, split)
    task = Classification(num_classes=dataset.num_classes)
    return {"split": split, "n": len(part.labels), **task.metrics(predict(model, dataset, part), part.labels)}
