"""`replace_activations`: the same network with other activations, the given one untouched."""

import copy
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from torch import nn

from ..activations import Activation, make_activation, share_parameters
from .examples import Example
from .faithful import unfaithful, unreadable
from .fork import fork
from .places import Place, reason_to_leave
from .rewire import Called, Use, rewire
from .sites import site_layout
from .usage import Usage, usage


@dataclass(frozen=True, kw_only=True)
class Surgery:
    """A network with replaced activations.

    `model` is new and shares nothing with the given one, but for the weights under `share_weights`; `replaced` are the paths of
    the sites that changed, in order; `left` says of every other activation, and of every gate, why it stayed. Second calls of a
    module and activations that were called as functions have become modules: `replaced` holds the paths of these,
    "layer1.0.relu_2".
    """

    model: nn.Module
    replaced: tuple[str, ...]
    left: Mapping[str, str]


def replace_activations(
    model: nn.Module,
    activation: str,
    sharing: str = "layer",
    example_input: Example | None = None,
    which: str | Iterable[str] | None = None,
    options: Mapping[str, Any] | None = None,
    *,
    share_weights: bool = False,
) -> Surgery:
    """Return a copy of `model` in which the activations are `activation` (a registry name) with `options`.

    `which`: a pattern of site paths as in `fnmatch`, or several; None: all. With an `example_input` (a batch, or a tuple of
    arguments) calls and channels are taken from a pass in evaluation and one in training mode; without one, from the code. Only
    a module that calls an activation as a function, or one activation several times, gets a new forward (by torch.fx); all
    else stays as it is. `share_weights`: the new network is a fork, whose weights lie in the memory of the given one's.

    Left, with the reason: gates, activations of modules that run several times, or that are never called, or whose overwritten
    input is read again elsewhere (without an example this is found where the code of the modules shows it), and with
    `sharing="channel"` sites whose channels are unknown. Warns when nothing was replaced. Raises `ExplorerError` for an unknown
    activation or option, and where the network's code cannot be read without an example.
    """
    make_activation(activation, sharing=sharing, num_channels=1, **(options or {}))  # raises before the copying starts
    seen = usage(model, example_input)
    patterns = ["*"] if which is None else [which] if isinstance(which, str) else list(which)
    left = {place.path: _reason(place, seen, patterns, sharing, example_input is not None) for place in seen.places}
    left |= dict.fromkeys(seen.uncalled, "not called in a forward pass")
    unread = _unread(seen, [place for place in seen.places if left[place.path] is None], example_input)
    left |= {p.path: unread[p.owner] for p in seen.places if left[p.path] is None and p.owner in unread and _moves(p, seen)}
    chosen = [place for place in seen.places if left[place.path] is None]
    reasons = {path: reason for path, reason in left.items() if reason is not None}
    _warn_of_nothing(model, chosen, reasons, patterns)
    twin = fork(model) if share_weights else copy.deepcopy(model)
    _put(twin, seen, chosen, activation, sharing, dict(options or {}))
    return Surgery(model=twin, replaced=tuple(place.path for place in chosen), left=reasons)


def _reason(place: Place, seen: Usage, patterns: list[str], sharing: str, example: bool) -> str | None:
    reason = reason_to_leave(place, seen.places)
    if place.gate:
        return reason
    if not any(fnmatchcase(place.path, pattern) for pattern in patterns):
        return "not chosen by `which`"
    layout = site_layout(place, seen.network)
    if reason is None and sharing == "channel" and not layout.known:
        if example or "meet" in layout.problem:
            return f"its channel axis is ambiguous: {layout.problem}"
        return "number of channels unknown; give example_input"
    return reason


def _siblings(place: Place, seen: Usage) -> list[Place]:
    """Return the places where the owner of `place` calls the same module."""
    return [p for p in seen.places if place.target is not None and (p.owner, p.target) == (place.owner, place.target)]


def _moves(place: Place, seen: Usage) -> bool:
    """Return whether a replacement at `place` takes a new forward of its owner."""
    reread = any(call.reread for call in place.seen)
    return place.target is None or reread or len(_siblings(place, seen)) > 1


def _unread(seen: Usage, chosen: list[Place], example: Example | None) -> dict[str, str]:
    """Return the owners that need a new forward and cannot have one, with the reason."""
    owners = {p.owner: _use(p.owner, seen) for p in chosen if _moves(p, seen)}
    found = unreadable(seen.network, owners) if example is None else unfaithful(seen.network, owners, example)
    return {
        owner: f"the code of {type(seen.network.get_submodule(owner)).__name__} cannot be rewired ({reason})"
        for owner, reason in found.items()
    }


def _use(owner: str, seen: Usage) -> Use:
    given = (record.given.get(owner, frozenset()) for record in seen.records.values())
    ran = [mode for mode, record in seen.records.items() if record.visits[owner]]
    calls = {mode: frozenset(_called(p) for p in seen.places if p.owner == owner and p.calls.get(mode)) for mode in ran}
    return Use(frozenset().union(*given), calls)


def _warn_of_nothing(model: nn.Module, chosen: list[Place], left: Mapping[str, str], patterns: list[str]) -> None:
    """Warn where nothing is replaced, or where one of the patterns of `which` chooses nothing."""
    idle = [p for p in patterns if not any(fnmatchcase(site.path, p) for site in chosen)]
    if not chosen:
        listed = "; ".join(f"{path}: {reason}" for path, reason in left.items()) or "it has no activation modules"
        warnings.warn(f"No activation of {type(model).__name__} was replaced ({listed}).", stacklevel=3)
    elif idle:
        warnings.warn(f"These patterns of `which` choose no site: {', '.join(map(repr, idle))}.", stacklevel=3)


def _put(twin: nn.Module, seen: Usage, chosen: list[Place], activation: str, sharing: str, options: dict[str, Any]) -> None:
    """Put a new activation at the chosen places of `twin`, on the device and in the mode of the network there."""
    like = next((p for p in twin.parameters() if p.is_floating_point()), None)
    moved: dict[str, list[Place]] = {}
    for place in chosen:
        if _moves(place, seen):
            moved.setdefault(place.owner, _all_of(place.owner, chosen, seen))
    for place in (p for those in moved.values() for p in those if p not in chosen):
        _set(twin, place.path, twin.get_submodule(place.target or ""))
    made: list[Activation] = []
    for place in chosen:
        layout = site_layout(place, seen.network)
        new = make_activation(activation, sharing=sharing, num_channels=layout.channels, channel_axis=layout.axis, **options)
        new.train(twin.get_submodule(place.target or place.owner).training)
        _set(twin, place.path, new if like is None else new.to(like.device, like.dtype))
        made.append(new)
    for owner, those in moved.items():
        names = {_called(place): place.path.removeprefix(f"{owner}.") for place in those}
        rewire(twin.get_submodule(owner), seen.network.get_submodule(owner), _use(owner, seen), names)
    if sharing == "network" and made:
        share_parameters(made)


def _all_of(owner: str, chosen: list[Place], seen: Usage) -> list[Place]:
    """Return the places of `owner` that its new forward calls by another name: the chosen, and other calls of their modules."""
    targets = {p.target for p in chosen if p.owner == owner and p.target is not None}
    return [p for p in seen.places if p.owner == owner and (p in chosen or p.target in targets)]


def _called(place: Place) -> Called:
    """Return how the graph of the owner knows the call at `place`."""
    if place.target is None:
        return None, place.function, place.number
    return place.target.removeprefix(f"{place.owner}."), "", place.number


def _set(model: nn.Module, path: str, module: nn.Module) -> None:
    head, _, name = path.rpartition(".")
    parent = model.get_submodule(head)
    setattr(parent, name, module)
    if isinstance(parent, nn.TransformerEncoderLayer) and not isinstance(module, nn.ReLU | nn.GELU):
        parent.activation_relu_or_gelu = 0  # otherwise torch passes the module by, in evaluation mode
