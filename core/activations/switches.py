"""Switches over a whole model: noise, hold, true gradients. They live on the model's modules and are set back on leaving.

So two threads may work on two models (or forks of one) at the same time, each with switches of its own.
"""

import contextlib
from collections.abc import Collection, Iterator
from typing import Any

from torch import nn

from .module import Activation
from .noise_draw import NoiseSource


@contextlib.contextmanager
def noise(
    model: nn.Module, on: bool = True, generator: NoiseSource = None, *, only: Collection[str] | None = None
) -> Iterator[None]:
    """Turn the noise of every stochastic activation in `model` on or off, whether the model trains or evaluates.

    `only`: paths of the activations that are turned on; the noise of all others is off (None: no activation is left out).

    Every forward pass draws anew, from `generator` (a torch.Generator on the input's device, or a `NoiseStream`); None: torch's
    default generator of the device. Outside, noise follows `model.training`. Models without noise are left as they are.
    """
    found = [(path, m) for path, m in model.named_modules() if isinstance(m, Activation) and m.stochastic]
    with contextlib.ExitStack() as stack:
        for path, module in found:
            here = on and (only is None or path in only)
            stack.enter_context(_set(module, noise_on=here, noise_generator=generator, noise_site=path))
        yield


@contextlib.contextmanager
def hold(model: nn.Module, on: bool = True) -> Iterator[None]:
    """Hold the parameters of stochastic activations: they take part in the graph with a gradient of zero.

    Momentum and weight decay would still move them: set their `.grad` to None before the optimizer's step, as our loop does.
    """
    with contextlib.ExitStack() as stack:
        for module in model.modules():
            if isinstance(module, Activation) and module.stochastic:
                stack.enter_context(_set(module, held=on))
        yield


@contextlib.contextmanager
def true_gradients(model: nn.Module, on: bool = True) -> Iterator[None]:
    """Let autograd see the derivative of the forward function: no pseudo derivative, no gradient through a clamp."""
    with contextlib.ExitStack() as stack:
        for module in model.modules():
            if isinstance(module, Activation):
                stack.enter_context(_set(module, true_gradients=on))
        yield


@contextlib.contextmanager
def alternation(model: nn.Module, step: int, generator: NoiseSource = None) -> Iterator[bool]:
    """Run optimizer step `step` (from 0) as EELU's authors do: even steps with noise and held parameters, odd ones clean.

    Activations that do not alternate (EReLU, RReLU: noise, but nothing to hold) make noise in every step. Yields whether the
    step is a noise step of those that do. Under gradient accumulation use one step number for the whole window.
    """
    noisy = step % 2 == 0
    with noise(model, generator=generator), hold(model, on=noisy), contextlib.ExitStack() as stack:
        for module in model.modules():
            if isinstance(module, Activation) and module.alternates:
                stack.enter_context(_set(module, noise_on=noisy))
        yield noisy


@contextlib.contextmanager
def _set(module: Activation, **values: Any) -> Iterator[None]:
    before = {name: getattr(module, name) for name in values}
    try:
        for name, value in values.items():
            setattr(module, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(module, name, value)
