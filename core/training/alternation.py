"""EELU's alternation (Kim et al. 2020): even optimizer steps make noise and hold the activations, odd steps do neither.

The authors' code lets momentum and weight decay move alpha and beta in noise steps too. Here they are really held: they
take part in the graph with a zero gradient (so that DDP sees them used), and `drop_held_gradients` sets their `.grad` to
None before the step, upon which every torch optimizer leaves parameter and state alone.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn

from ..activations import Activation, NoiseStream, hold, noise


def stochastic_activations(model: nn.Module) -> list[Activation]:
    """Return the activations of `model` that can make noise, in registration order."""
    return [m for m in model.modules() if isinstance(m, Activation) and m.stochastic]


def is_noise_step(step: int) -> bool:
    """Say whether optimizer step `step`, counted from 0, makes noise: the first does."""
    return step % 2 == 0


@contextmanager
def alternation(model: nn.Module, step: int, stream: NoiseStream) -> Iterator[None]:
    """Run the forward and backward passes of optimizer step `step` (all its accumulated batches) as EELU's paper says."""
    if not stochastic_activations(model):
        yield
    elif is_noise_step(step):
        with noise(model, on=True, generator=stream), hold(model):
            yield
    else:
        with noise(model, on=False):
            yield


def drop_held_gradients(model: nn.Module, step: int) -> None:
    """After the backward passes of a noise step: set the gradients of the held parameters to None."""
    if is_noise_step(step):
        for activation in stochastic_activations(model):
            for parameter in activation.parameters(recurse=False):
                parameter.grad = None
