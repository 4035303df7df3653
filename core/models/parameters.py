"""Counting and naming parameters."""

from torch import nn

from .kinds import is_activation


def activation_parameters(model: nn.Module) -> list[tuple[str, nn.Parameter]]:
    """Return (name, Parameter) of all activation parameters in order of registration, each Parameter once.

    A Parameter shared by several sites has the name it has at the first of them.
    """
    owners = {path for path, module in model.named_modules() if is_activation(module)}
    return [(name, p) for name, p in model.named_parameters() if name.rpartition(".")[0] in owners]


def parameter_count(model: nn.Module) -> int:
    """Return the number of trainable and frozen parameter values, a shared Parameter counted once."""
    return sum(p.numel() for p in model.parameters())
