"""The learning rate, against torch's own schedulers in sequence."""

import pytest
import torch

from core.config import TrainConfig
from core.training import learning_rate

STEPS = 7  # per epoch


def by_torch(config: TrainConfig) -> list[float]:
    """Return the rate of every step, from torch's schedulers."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=config.lr)
    warmup = int(config.warmup_epochs * STEPS)
    total = config.epochs * STEPS
    if config.schedule == "steps":
        main = torch.optim.lr_scheduler.MultiStepLR(optimizer, [round(m * total) for m in config.milestones])
    elif config.schedule == "cosine":
        main = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=total - warmup)
    else:
        main = torch.optim.lr_scheduler.ConstantLR(optimizer, factor=1.0)
    scheduler = main
    if warmup:
        ramp = torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=0.1, total_iters=warmup)
        scheduler = torch.optim.lr_scheduler.SequentialLR(optimizer, [ramp, main], milestones=[warmup])
    rates = []
    for _ in range(total):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


@pytest.mark.filterwarnings("ignore:The epoch parameter in `scheduler.step()`:UserWarning")  # torch's own SequentialLR
@pytest.mark.parametrize("schedule", ["steps", "cosine", "constant"])
@pytest.mark.parametrize("warmup", [0, 2])
def test_rate_equals_torch_schedulers_in_sequence(schedule, warmup):
    config = TrainConfig(epochs=10, schedule=schedule, warmup_epochs=warmup, milestones=(0.5, 0.7), lr=0.2)
    ours = [learning_rate(config, step, STEPS) for step in range(config.epochs * STEPS)]
    assert ours == pytest.approx(by_torch(config), rel=1e-9)


def test_published_milestones_count_from_the_end_of_the_warm_up():
    config = TrainConfig(epochs=90, schedule="steps", milestones=(45 / 90, 65 / 90), warmup_epochs=10, lr=0.1)
    rates = [learning_rate(config, epoch * 351, 351) for epoch in range(90)]
    assert [epoch for epoch in range(1, 90) if rates[epoch] < rates[epoch - 1]] == [55, 75]
