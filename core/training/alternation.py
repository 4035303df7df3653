"""EELU's alternation in our loop: in noise steps alpha and beta, and the optimizer's state of them, really stand still.

The authors' code lets momentum and weight decay move alpha and beta in noise steps too (the option held="drift"). Here they
take part in the graph with a zero gradient (so that DDP sees them used), and their `.grad` is set to None before the step, upon
which every torch optimizer leaves parameter and state alone. Which steps make noise says `core.activations.alternation`.
"""

from torch import nn

from ..activations import Activation


def stochastic_activations(model: nn.Module) -> list[Activation]:
    """Return the activations of `model` that can make noise, in registration order."""
    return [m for m in model.modules() if isinstance(m, Activation) and m.stochastic]


def drop_held_gradients(model: nn.Module) -> None:
    """After the backward passes of a noise step: set the gradients of the held parameters to None."""
    for activation in stochastic_activations(model):
        if activation.options.get("held") == "drift":
            continue
        for parameter in activation.parameters(recurse=False):
            parameter.grad = None
