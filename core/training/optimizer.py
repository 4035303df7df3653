"""The optimizer: activation parameters are a group of their own, so that their rate and decay can be chosen and seen."""

import torch
from torch import nn

from ..config import TrainConfig
from ..models import activation_parameters


def make_optimizer(model: nn.Module, config: TrainConfig) -> torch.optim.Optimizer:
    """Return SGD or AdamW over two groups: "weights" (all but activations; biases and BN decay too) and "activation"."""
    own = [parameter for _, parameter in activation_parameters(model)]
    ids = {id(parameter) for parameter in own}
    decay = config.weight_decay if config.activation_weight_decay is None else config.activation_weight_decay
    groups = [
        {"params": [p for p in model.parameters() if id(p) not in ids], "name": "weights", "lr_scale": 1.0},
        {"params": own, "name": "activation", "lr_scale": config.activation_lr_scale, "weight_decay": decay},
    ]
    groups = [group for group in groups if group["params"]]
    if config.optimizer == "adamw":
        return torch.optim.AdamW(groups, lr=config.lr, weight_decay=config.weight_decay)
    return torch.optim.SGD(groups, lr=config.lr, momentum=config.momentum, weight_decay=config.weight_decay)


def set_learning_rate(optimizer: torch.optim.Optimizer, lr: float) -> None:
    """Set every group's rate to `lr` times its scale."""
    for group in optimizer.param_groups:
        group["lr"] = lr * group["lr_scale"]
