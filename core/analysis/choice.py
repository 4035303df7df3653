"""One activation with values for its parameters and options, as a text: `coslu:a=1.5`, `eelu:eps=0.2,alpha=0.5`."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..config import join_activation, split_activation
from ..errors import ExplorerError

if TYPE_CHECKING:
    from ..activations import Activation


@dataclass(frozen=True, kw_only=True)
class Choice:
    """An activation of the registry; what is not said of it is at its default or its start."""

    name: str
    options: dict[str, Any] = field(default_factory=dict)
    parameters: dict[str, float] = field(default_factory=dict)
    """Values of numbers in the formula, by `Activation.scalar_names`: alpha, or w.relu."""

    @property
    def text(self) -> str:
        """The choice as `read_choice` reads it."""
        return join_activation(self.name, {**self.options, **self.parameters})


def read_choice(text: str, parameters: Mapping[str, float] | None = None, options: Mapping[str, Any] | None = None) -> Choice:
    """Return the choice that `text`, a name with or without settings, makes together with `parameters` and `options`.

    Raises UnknownNameError for an activation that the registry does not hold, and ExplorerError for a setting that it does not
    have or that it refuses.
    """
    from ..activations import describe

    name, said = split_activation(text)
    info = describe(name)
    own_formula = info.name == "formula"
    settings = {k: v for k, v in said.items() if own_formula or k in info.options} | dict(options or {})
    module = make_chosen(Choice(name=info.name, options=settings))
    numbers = {k: v for k, v in said.items() if k not in settings} | dict(parameters or {})
    for key, value in numbers.items():
        if key not in module.scalar_names:
            raise _unknown_setting(info.title, key, (*module.scalar_names, *module.options))
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise ExplorerError(f"{key} of {info.title} must be a finite number; received {value!r}.")
    return Choice(name=info.name, options=settings, parameters={k: float(v) for k, v in numbers.items()})


def make_chosen(choice: Choice, copies: int | None = None) -> "Activation":
    """Return the activation in float64, in eval mode, with the values of the choice: one set of parameters, or `copies` of it.

    The copies belong to the channels, which stand on axis 1 of the input.
    """
    import torch

    from ..activations import make_activation

    sharing = "layer" if copies is None else "channel"
    module = make_activation(choice.name, sharing=sharing, num_channels=copies, **choice.options).double().eval()
    values = {**module.start_scalars(), **choice.parameters}
    with torch.no_grad():
        for name in module.parameter_names:
            parts = module.components.get(name)
            found = [values[f"{name}.{part}"] for part in parts] if parts else values[name]
            getattr(module, name).copy_(torch.tensor(found, dtype=torch.float64))
    return module


def _unknown_setting(title: str, key: str, known: tuple[str, ...]) -> ExplorerError:
    tail = f"It has: {', '.join(known)}." if known else "It has none."
    return ExplorerError(f"{title} has no parameter or option '{key}'. {tail}")
