"""`rewire`: give one module of a network a new forward in which other modules are called."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MethodType
from typing import Any

from torch import fx, nn

from ..errors import ExplorerError
from .reading import in_place
from .trace import TraceError, function_of, inputs_of, numbered_calls, shallow_graph

#: A call in the code of a module: path of the called module or None, name of the function, number among such calls.
Called = tuple[str | None, str, int]


@dataclass(frozen=True)
class Use:
    """How a network uses a module: the optional arguments that it gives, and the calls seen in each mode (True: training)."""

    given: frozenset[str]
    calls: Mapping[bool, frozenset[Called]]


@dataclass(frozen=True)
class Rewiring:
    """The forward of a module in either mode (True: training), for the given inputs, and the signature it had.

    Its functions are made from graphs, so the module cannot be pickled: save the network's `state_dict`.
    """

    functions: Mapping[bool, Callable[..., Any]]
    inputs: tuple[str, ...]
    signature: inspect.Signature

    def __deepcopy__(self, memo: Any) -> "Rewiring":
        return self

    def __call__(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Compute `module`. Raises `ExplorerError` for an argument that was at its default when the code was read."""
        function = self.functions[module.training]
        if not kwargs and len(args) == len(self.inputs):
            return function(module, *args)
        bound = self.signature.bind(*args, **kwargs).arguments
        for name, value in bound.items():
            if name not in self.inputs and value is not self.signature.parameters[name].default:
                raise ExplorerError(
                    f"{type(module).__name__} was rewired for calls without '{name}'; received {value!r}. Give "
                    "replace_activations an example_input that holds it."
                )
        return function(module, *(bound[name] for name in self.inputs))


def rewire(module: nn.Module, pattern: nn.Module, use: Use, names: Mapping[Called, str]) -> None:
    """Let `module` call, instead of the activations in `names`, its children of these names.

    The children must be there. `pattern` is a copy of `module` whose code is read, with every activation under one name only.
    Class, attributes and other children of `module` stay; its forward becomes an attribute of the object that follows `train()`
    and `eval()`. Raises `TraceError` where the code cannot be read, in either mode, or does not show the calls that were seen.
    """
    functions = {training: _forward(module, pattern, training, use, names) for training in (False, True)}
    signature = inspect.signature(module.forward)
    inputs = inputs_of(pattern, pattern.training, use.given)
    module._rewiring = Rewiring(functions, inputs, signature)  # type: ignore[assignment]
    module.forward = MethodType(_rewired_forward, module)


def _rewired_forward(self: nn.Module, *args: Any, **kwargs: Any) -> Any:
    rewiring: Any = self._rewiring
    return rewiring(self, args, kwargs)


def _forward(
    module: nn.Module, pattern: nn.Module, training: bool, use: Use, names: Mapping[Called, str]
) -> Callable[..., Any]:
    graph = shallow_graph(pattern, training, use.given)
    calls = numbered_calls(graph, pattern)
    if use.calls.get(training, set(calls.values())) != set(calls.values()):
        raise TraceError("torch.fx does not see all the activations that it calls")
    for node, call in calls.items():
        if call in names:
            _exchange(graph, node, names[call], pattern)
    graph.lint()
    forward: Callable[..., Any] = type(fx.GraphModule(module, graph)).forward
    return forward


def _exchange(graph: fx.Graph, node: fx.Node, name: str, pattern: nn.Module) -> None:
    """Put a call of the child `name` in place of `node`; what reads an overwritten input later reads the result."""
    source = node.args[0] if node.args else node.kwargs["input"]
    assert isinstance(source, fx.Node)
    overwrites = _overwrites(node, pattern)
    with graph.inserting_before(node):
        new = graph.call_module(name, (source,))
    node.replace_all_uses_with(new)
    graph.erase_node(node)
    if overwrites:
        later = set(list(graph.nodes)[list(graph.nodes).index(new) + 1 :])
        source.replace_all_uses_with(new, delete_user_cb=lambda user: user in later)


def _overwrites(node: fx.Node, pattern: nn.Module) -> bool:
    if node.op == "call_module":
        return bool(getattr(pattern.get_submodule(str(node.target)), "inplace", False))
    return in_place(function_of(node), node.args, dict(node.kwargs))
