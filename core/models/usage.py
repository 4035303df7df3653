"""How often a network calls its activation modules, and which activations it calls as functions."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, fx, nn
from torch.overrides import TorchFunctionMode

from ..errors import ExplorerError
from .fork import fork
from .kinds import is_activation

_NAMES: tuple[str, ...] = (
    "relu", "relu6", "leaky_relu", "prelu", "rrelu", "elu", "celu", "selu", "silu", "gelu", "mish", "softplus",
    "hardswish", "threshold",
)  # fmt: skip
_HOMES = (F, torch, Tensor, torch._C._nn)
#: Functions and methods that are activations: F.relu, torch.relu, Tensor.relu, their in-place forms …
FUNCTIONS = {getattr(home, n): name for home in _HOMES for name in _NAMES for n in (name, f"{name}_") if hasattr(home, n)}


@dataclass(frozen=True)
class Usage:
    """Calls of each activation module by its path, and the functional activations as (path of the caller, function)."""

    calls: dict[str, int]
    functional: tuple[tuple[str, str], ...]


def usage(model: nn.Module, example_input: Tensor | tuple[Any, ...] | None = None) -> Usage:
    """Return what `model` calls: seen in a pass of `example_input` if given, else read from its code by torch.fx.

    Raises `ExplorerError` where there is no example and the code cannot be read.
    """
    return _traced(model) if example_input is None else _seen(model, example_input)


class _Watch(TorchFunctionMode):
    """Notes every activation function that is not called by an activation module."""

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[tuple[str, bool]] = []
        self.functional: list[tuple[str, str]] = []

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = FUNCTIONS.get(function)
        if name and not any(inside for _, inside in self.stack):
            self.functional.append((self.stack[-1][0] if self.stack else "", name))
        return function(*args, **(kwargs or {}))


def _seen(model: nn.Module, example_input: Tensor | tuple[Any, ...]) -> Usage:
    twin = fork(model).eval()
    watch = _Watch()
    calls: Counter[str] = Counter()

    def enter(path: str, inside: bool) -> None:
        watch.stack.append((path, inside))
        if inside:
            calls[path] += 1

    for path, module in twin.named_modules():
        inside = is_activation(module)
        module.register_forward_pre_hook(lambda *_, path=path, inside=inside: enter(path, inside))
        module.register_forward_hook(lambda *_: (watch.stack.pop(), None)[1])
    arguments = example_input if isinstance(example_input, tuple) else (example_input,)
    with torch.no_grad(), watch:
        twin(*arguments)
    return Usage(dict(calls), tuple(dict.fromkeys(watch.functional)))


class _Tracer(fx.Tracer):
    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return is_activation(m) or super().is_leaf_module(m, module_qualified_name)


def _traced(model: nn.Module) -> Usage:
    try:
        graph = _Tracer().trace(fork(model).eval())
    except Exception as error:  # whatever the network's own code raises when it meets a proxy
        raise ExplorerError(
            f"The code of {type(model).__name__} cannot be read without running it ({error}). Give example_input."
        ) from error
    modules = dict(model.named_modules())
    called = [str(node.target) for node in graph.nodes if node.op == "call_module"]
    calls = Counter(path for path in called if is_activation(modules[path]))
    return Usage(dict(calls), tuple(dict.fromkeys(filter(None, map(_functional, graph.nodes)))))


def _functional(node: fx.Node) -> tuple[str, str] | None:
    function = getattr(Tensor, node.target, None) if node.op == "call_method" else node.target  # type: ignore[arg-type]
    name = FUNCTIONS.get(function) if node.op in ("call_function", "call_method") else None
    stack = list(node.meta.get("nn_module_stack", {}).values())
    return (str(stack[-1][0]) if stack else "", name) if name else None
