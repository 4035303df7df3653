"""The learning rate as a pure function of the optimizer step: nothing to save, nothing to resume."""

import math

from ..config import TrainConfig

WARMUP_START = 0.1


def learning_rate(config: TrainConfig, step: int, steps_per_epoch: int) -> float:
    """Return the learning rate of optimizer step `step`, counted from 0.

    Warm-up is linear from 0.1 × lr over `warmup_epochs`. After it, `steps` counts its milestones from the end of the
    warm-up, as a scheduler in sequence does (Pishchik's set-up: ×0.1 at epochs 45 + w and 65 + w of 90); `cosine` falls
    to 0 at the end of training.
    """
    warmup = config.warmup_epochs * steps_per_epoch
    if step < warmup:
        return config.lr * (WARMUP_START + (1 - WARMUP_START) * step / warmup)
    total = config.epochs * steps_per_epoch
    if config.schedule == "steps":
        passed = sum(step - warmup >= share * total for share in config.milestones)
        return config.lr * 0.1**passed
    if config.schedule == "cosine":
        return config.lr * 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1.0, total - warmup)))
    return config.lr
