"""`build_model`: a network from the plain arguments that a checkpoint file holds, ours or a published one."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from ..config import join_activation
from .factory import make_model
from .published import make_published, plain_network
from .sites import sites

#: Arguments of the published architectures; all others are those of `make_model`.
PUBLISHED_KEYS = ("num_classes", "in_channels", "library", "stem", "aux")


def build_model(arguments: Mapping[str, Any], generator: torch.Generator | None = None) -> nn.Module:
    """Return the network of `arguments`: {"model": …, and what `make_model` or, with "library", `make_published` takes}."""
    values = dict(arguments)
    name = values.pop("model")
    if "library" not in values:
        return make_model(name, **values, generator=generator)
    return make_published(name, **{key: values[key] for key in PUBLISHED_KEYS if key in values})


def expected_shapes(arguments: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """Return name -> shape of the weights that the network of `arguments` has; no weights are made."""
    values = dict(arguments)
    name = values.pop("model")
    with torch.device("meta"):
        if "library" in values:
            network = plain_network(name, **{key: values[key] for key in PUBLISHED_KEYS if key in values})
        else:
            network = make_model(name, **values, generator=torch.Generator().manual_seed(0))
    return {key: tuple(tensor.shape) for key, tensor in network.state_dict().items()}


def activation_config(model: nn.Module) -> dict[str, Any]:
    """Return how a config names the activations of `model`: one name with options, or site -> name, "*" the most frequent."""
    found = {s.path: (s.activation, dict(getattr(s.module, "options", {}))) for s in sites(model)}
    labels = {path: join_activation(name, options) for path, (name, options) in found.items()}
    distinct = sorted(set(labels.values()), key=lambda label: -list(labels.values()).count(label))
    if not distinct:
        return {"activation": "identity"}
    if len(distinct) == 1:
        name, options = next(iter(found.values()))
        return {"activation": name, **({"activation_options": options} if options else {})}
    return {"activation": {**{path: label for path, label in labels.items() if label != distinct[0]}, "*": distinct[0]}}
