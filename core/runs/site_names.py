"""Which tensors of a file are parameters of activations: by our own names, or by where a stranger's tensor lies."""

import re
from collections.abc import Mapping

Shapes = Mapping[str, tuple[int, ...]]

#: Our own names of activation parameters.
OURS = re.compile(r"(?:act|layer\d+\.\d+\.act\d)\.(\w+)")
#: What torch.nn.PReLU calls its slope.
TORCH_SLOPE = "weight"
#: A module that holds one of these is a layer, no activation.
_OF_LAYERS = {"bias", "running_mean", "running_var", "num_batches_tracked"}
_CONTAINER = re.compile(r"layer\d+(\.\d+)?")


def site_parameters(shapes: Shapes) -> dict[str, dict[str, tuple[int, ...]]]:
    """Return site -> parameter -> shape of the activation parameters under our own names (act, layer1.0.act1 …)."""
    found: dict[str, dict[str, tuple[int, ...]]] = {}
    for name, shape in shapes.items():
        match = OURS.fullmatch(name)
        if match:
            found.setdefault(owner(name), {})[match[1]] = tuple(shape)
    return found


def activation_choices(parameters: Mapping[str, Mapping[str, tuple[int, ...]]]) -> list[str]:
    """Return the registry names of the activations that have exactly these parameters; [] where the sites differ.

    `parameters` as `site_parameters` gives them.
    """
    from ..activations import activation_names, make_activation

    sets = {tuple(sorted(names)) for names in parameters.values()}
    if len(sets) != 1:
        return []
    wanted = sets.pop()
    modules = {name: make_activation(name) for name in activation_names()}
    return [name for name, module in modules.items() if tuple(sorted(module.parameter_names)) == wanted]


def strangers(shapes: Shapes, expected: Shapes) -> dict[str, tuple[int, ...]]:
    """Return the tensors beyond `expected` that could be parameters of activations.

    They have at most one axis and lie in a module of their own, which is no layer: it holds no bias and no statistics.
    """
    holds: dict[str, set[str]] = {}
    for name in shapes:
        holds.setdefault(owner(name), set()).add(last(name))
    layers = {owner(name) for name in expected}
    modules = {path for path, names in holds.items() if path not in layers and _may_be_activation(path, names)}
    return {name: tuple(shape) for name, shape in shapes.items() if owner(name) in modules and len(shape) <= 1}


def _may_be_activation(path: str, names: set[str]) -> bool:
    in_a_module = bool(path) and _CONTAINER.fullmatch(path) is None
    return in_a_module and not names & _OF_LAYERS and (TORCH_SLOPE not in names or len(names) == 1)


def owner(name: str) -> str:
    """Return the module of a tensor: "layer1.0.act1" of "layer1.0.act1.a"."""
    return name.rpartition(".")[0]


def last(name: str) -> str:
    """Return the tensor's name within its module: "a" of "layer1.0.act1.a"."""
    return name.rpartition(".")[2]
