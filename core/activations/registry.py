"""The registry of activations: filled by explicit imports, loud on duplicates and unknown names."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..errors import ExplorerError, normalise_name, unknown_name
from .module import Activation


@dataclass(frozen=True)
class ActivationInfo:
    """What is known about an activation without making one; README, catalogue and tests are made from it."""

    name: str
    title: str
    formula: str
    """LaTeX, without dollar signs."""
    parameters: dict[str, float]
    """Trainable parameters and their initial values."""
    default_sharing: str
    """`layer` or `channel`: what models use when nothing else is asked for."""
    reference: str
    differs: str
    """Where this implementation differs from the published one."""
    trainable: bool
    stochastic: bool
    surrogate_gradient: bool
    """Whether training uses a gradient that is not the forward function's: in x (PD-ReLU) or in a clamped parameter."""
    bounded: bool
    """Whether the outputs lie in a finite interval."""
    value_at_zero: float
    """f(0) at the initial parameters."""
    options: dict[str, tuple[Any, str]]
    """Options with their defaults and one sentence each."""
    choices: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The words that an option may be, for those options that are words."""


_entries: dict[str, tuple[Callable[..., Activation], ActivationInfo]] = {}
_unlisted: set[str] = set()


def register(
    cls: type[Activation],
    *,
    title: str,
    formula: str,
    card: str | None,
    default_sharing: str = "layer",
    surrogate_gradient: bool = False,
    bounded: bool = False,
    value_at_zero: float = 0.0,
    listed: bool = True,
) -> None:
    """Add `cls` under `cls.name`; `card` is the docstring of its module, with the lines `Reference:` and `Differs:`.

    Not `listed`: it is found by its name, but is no entry of the catalogue, since it cannot be made without options.
    """
    enter(
        cls,
        ActivationInfo(
            name=cls.name,
            title=title,
            formula=formula,
            parameters=dict(cls.starts),
            default_sharing=default_sharing,
            reference=card_line(card, "Reference"),
            differs=card_line(card, "Differs"),
            trainable=bool(cls.starts),
            stochastic=cls.stochastic,
            surrogate_gradient=surrogate_gradient,
            bounded=bounded,
            value_at_zero=value_at_zero,
            options=dict(cls.option_defaults),
            choices=dict(cls.option_choices),
        ),
        listed=listed,
    )


def enter(make: Callable[..., Activation], info: ActivationInfo, *, listed: bool = True) -> None:
    """Add an activation that `make` makes, called like an activation's class; raise ExplorerError for a name that is taken."""
    key = normalise_name(info.name)
    if key in _entries:
        raise ExplorerError(f"An activation '{info.name}' is registered already; choose another name.")
    _entries[key] = (make, info)
    if not listed:
        _unlisted.add(key)


def card_line(card: str | None, head: str) -> str:
    """Return what follows `head:` in a module docstring, to the next line that is not indented."""
    found: list[str] = []
    for line in (card or "").splitlines():
        if found and line.startswith(" "):
            found.append(line.strip())
        elif found:
            break
        elif line.startswith(f"{head}:"):
            found.append(line.removeprefix(f"{head}:").strip())
    return " ".join(found)


def activation_names() -> tuple[str, ...]:
    """Return all registered names, in the order of the catalogue."""
    return tuple(info.name for key, (_, info) in _entries.items() if key not in _unlisted)


def describe(name: str) -> ActivationInfo:
    """Return the card of an activation; case, `-` and `_` in its name do not matter."""
    return _find(name)[1]


def make_activation(
    name: str,
    *,
    sharing: str | None = "layer",
    num_channels: int | None = None,
    channel_axis: int = 1,
    **options: Any,
) -> Activation:
    """Return a new activation module.

    `sharing`: network, layer or channel; None: the activation's own default. With `channel`, `num_channels` is the length of
    the input's axis `channel_axis` (-1: the last). Activations without parameters ignore all three. `options` are those that
    `describe(name).options` lists.
    """
    make, info = _find(name)
    chosen = info.default_sharing if sharing is None else sharing
    return make(sharing=chosen, num_channels=num_channels, channel_axis=channel_axis, **options)


def _find(name: str) -> tuple[Callable[..., Activation], ActivationInfo]:
    try:
        return _entries[normalise_name(name)]
    except KeyError:
        raise unknown_name("activation", name, activation_names()) from None
