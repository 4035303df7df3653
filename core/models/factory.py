"""`make_model`: a network by name, with the activations a user asks for."""

from collections.abc import Mapping
from typing import Any

import torch

from ..activations import Activation, describe, make_activation, share_parameters
from ..config import split_activation
from ..errors import ExplorerError, normalise_name, unknown_name
from .initialise import initialise
from .patterns import ActivationPatterns
from .resnet import DEPTHS, CifarResNet


def model_names() -> list[str]:
    """Return the names of the architectures, smallest first."""
    return list(DEPTHS)


def make_model(
    name: str,
    activation: str | Mapping[str, str] = "relu",
    num_classes: int = 10,
    in_channels: int = 3,
    sharing: str | None = None,
    activation_options: Mapping[str, Any] | None = None,
    *,
    shortcut: str = "pad",
    init: str = "default",
    generator: torch.Generator | None = None,
) -> CifarResNet:
    """Return a new network: `(N, in_channels, H, W)` normalised images -> `(N, num_classes)` logits.

    `activation` is a registry name, with options behind a colon if wished ("eelu:eps=0.2"), or a mapping from
    patterns of site paths to such names, {"layer3.*": "relu", "*": "coslu"}: the first pattern that matches (as in
    `fnmatch`) wins, and a site that none matches is an error. `sharing` None: each activation's own default. With
    "network" the sites of one activation hold the same Parameters. With a mapping, each of the `activation_options` goes
    to the activations that have it; options behind a colon go before.

    `shortcut` is "pad" or "projection". The weights are drawn from `generator` (see `initialise`), never from the global
    generator unless `generator` is None.

    Raises `ExplorerError` for an unknown name, a site without activation or an option that the activation does not have.
    """
    blocks = DEPTHS[_known(name)]
    maker = _Maker(activation, sharing, activation_options or {})
    _check_positive(num_classes=num_classes, in_channels=in_channels)
    model = CifarResNet(blocks, maker, num_classes=num_classes, in_channels=in_channels, shortcut=shortcut)
    maker.finish()
    initialise(model, generator, init)
    return model


class _Maker:
    """Makes the activation of each site and ties those of one name where the network shares them."""

    def __init__(self, activation: str | Mapping[str, str], sharing: str | None, options: Mapping[str, Any]) -> None:
        self.patterns = ActivationPatterns(activation)
        self.sharing = sharing
        self.options = dict(options)
        self.lenient = not isinstance(activation, str)
        self.shared: dict[tuple[str, str], list[Activation]] = {}
        self.taken: set[str] = set()

    def __call__(self, path: str, channels: int) -> Activation:
        """Return the activation of the site `path`."""
        name, own = split_activation(self.patterns[path])
        info = describe(name)
        given = {k: v for k, v in self.options.items() if not self.lenient or k in info.options}
        self.taken.update(given)
        sharing = self.sharing or info.default_sharing
        module = make_activation(name, sharing=sharing, num_channels=channels, **{**given, **own})
        if sharing == "network":
            self.shared.setdefault((module.name, repr(module.options)), []).append(module)
        return module

    def finish(self) -> None:
        """Tie what the network shares; complain of patterns and options that had no effect."""
        for modules in self.shared.values():
            share_parameters(modules)
        lost = [key for key in self.options if key not in self.taken]
        if lost:
            raise ExplorerError(f"No activation of this network has the option '{lost[0]}'.")
        self.patterns.warn_unused()


def _known(name: str) -> str:
    """Return the architecture's name as listed; case, `-` and `_` do not matter."""
    for known in DEPTHS:
        if normalise_name(known) == normalise_name(name):
            return known
    raise unknown_name("model", name, DEPTHS)


def _check_positive(**numbers: int) -> None:
    for key, value in numbers.items():
        if value < 1:
            raise ExplorerError(f"{key} must be at least 1; received {value}.")
