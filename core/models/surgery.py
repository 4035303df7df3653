"""`replace_activations`: the same network with other activations, the given one untouched."""

import copy
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from torch import Tensor, nn

from ..activations import Activation, make_activation, share_parameters
from .sites import Site, sites
from .usage import Usage, usage


@dataclass(frozen=True, kw_only=True)
class Surgery:
    """A network with replaced activations.

    `model` is new and shares nothing with the given one; `replaced` are the paths of the sites that changed, in order; `left`
    says of every other activation why it stayed. A functional activation stands there as "path:function".
    """

    model: nn.Module
    replaced: tuple[str, ...]
    left: Mapping[str, str]


def replace_activations(
    model: nn.Module,
    activation: str,
    sharing: str = "layer",
    example_input: Tensor | tuple[Any, ...] | None = None,
    which: str | Iterable[str] | None = None,
    options: Mapping[str, Any] | None = None,
) -> Surgery:
    """Return a copy of `model` in which the activation modules are `activation` (a registry name) with `options`.

    `which`: a pattern of site paths as in `fnmatch`, or several; None: all. With an `example_input` (a batch, or a tuple of
    arguments) the calls and the channels are taken from a pass; without one, from torch.fx and the layers before.

    Left as they are, with the reason: modules called several times or not at all, activations called as functions, and with
    `sharing="channel"` sites whose channels are unknown. Warns when nothing was replaced. Raises `ExplorerError` for an unknown
    activation or option, and where the network's code cannot be read without an example.
    """
    make_activation(activation, sharing=sharing, num_channels=1, **(options or {}))  # raises before the copying starts
    seen = usage(model, example_input)
    patterns = ["*"] if which is None else [which] if isinstance(which, str) else list(which)
    left = {f"{path}:{name}": "called as a function, not as a module" for path, name in seen.functional}
    chosen: list[Site] = []
    for site in sites(model):
        reason = _reason_to_leave(site, seen, patterns, sharing)
        if reason:
            left[site.path] = reason
        else:
            chosen.append(site)
    _warn_of_nothing(model, chosen, left, patterns)
    twin = copy.deepcopy(model)
    known = {s.path: s for s in sites(model, example_input)} if example_input is not None else {}
    _put(twin, [known.get(site.path, site) for site in chosen], activation, sharing, dict(options or {}))
    return Surgery(model=twin, replaced=tuple(site.path for site in chosen), left=left)


def _reason_to_leave(site: Site, seen: Usage, patterns: list[str], sharing: str) -> str | None:
    calls = seen.calls.get(site.path, 0)
    if not any(fnmatchcase(site.path, pattern) for pattern in patterns):
        return "not chosen by `which`"
    if calls == 0:
        return "not called in a forward pass in evaluation mode"
    if calls > 1:
        return f"one module called {calls} times in a forward pass"
    if sharing == "channel" and site.channels is None:
        return "number of channels unknown; give example_input"
    return None


def _warn_of_nothing(model: nn.Module, chosen: list[Site], left: Mapping[str, str], patterns: list[str]) -> None:
    """Warn where nothing is replaced, or where one of the patterns of `which` chooses nothing."""
    idle = [p for p in patterns if not any(fnmatchcase(site.path, p) for site in chosen)]
    if not chosen:
        listed = "; ".join(f"{path}: {reason}" for path, reason in left.items()) or "it has no activation modules"
        warnings.warn(f"No activation of {type(model).__name__} was replaced ({listed}).", stacklevel=3)
    elif idle:
        warnings.warn(f"These patterns of `which` choose no site: {', '.join(map(repr, idle))}.", stacklevel=3)


def _put(model: nn.Module, chosen: list[Site], activation: str, sharing: str, options: dict[str, Any]) -> None:
    """Put a new activation at the chosen sites of `model`, on the device and in the mode of the network there."""
    like = next((p for p in model.parameters() if p.is_floating_point()), None)
    made: list[Activation] = []
    for site in chosen:
        parent, _, name = site.path.rpartition(".")
        new = make_activation(activation, sharing=sharing, num_channels=site.channels, **options)
        new.train(site.module.training)
        setattr(model.get_submodule(parent), name, new if like is None else new.to(like.device, like.dtype))
        made.append(new)
    if sharing == "network" and made:
        share_parameters(made)
