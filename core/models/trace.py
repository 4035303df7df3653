"""`shallow_graph`: the code of one module as a graph, with every module it calls as one node."""

import functools
import inspect
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, fx, nn

from .kinds import FUNCTIONS, GATE_FUNCTIONS, gate_name, is_activation
from .operations import PASSIVE, operation


class TraceError(Exception):
    """The code of a module cannot be written as a graph."""


def shallow_graph(module: nn.Module, training: bool, given: frozenset[str] = frozenset()) -> fx.Graph:
    """Return the graph of `module` in training or in evaluation mode; only what its own forward does stands in it.

    Its inputs are the arguments without a default and those named in `given`; the others have their defaults. The code runs
    once: hand over a copy. Raises `TraceError` where the code cannot be written as such a graph.
    """
    before, modes = _state(module), {m: m.training for m in module.modules()}
    try:
        module.train(training)
        graph = _Tracer(given).trace(module)
    except Exception as error:  # whatever the module's own code raises when it meets a proxy
        raise TraceError(str(error)) from error
    finally:
        for child, mode in modes.items():
            child.training = mode
    if _state(module) != before:
        raise TraceError("its forward writes to attributes of its own, or makes tensors from constants")
    return graph


def current_forward(module: nn.Module, training: bool) -> Callable[..., Any]:
    """Return the function that computes `module`, with the module as its first argument."""
    rewiring = vars(module).get("_rewiring")
    if rewiring is not None:
        function: Callable[..., Any] = rewiring.functions[training]
        return function
    return getattr(vars(module).get("forward"), "__func__", type(module).forward)


def given_arguments(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> frozenset[str]:
    """Return the names of the arguments with a default that a call gives another value."""
    parameters = _parameters(current_forward(module, module.training))
    names = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    values = {**{p.name: a for p, a in zip(names, args, strict=False)}, **kwargs}
    optional = {p.name: p.default for p in parameters if p.default is not p.empty}
    return frozenset(n for n, default in optional.items() if n in values and values[n] is not default)


def inputs_of(module: nn.Module, training: bool, given: frozenset[str]) -> tuple[str, ...]:
    """Return the names of the inputs of `shallow_graph`, in order."""
    parameters = _parameters(current_forward(module, training))
    some = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    return tuple(p.name for p in some if p.default is p.empty or p.name in given)


def numbered_calls(graph: fx.Graph, module: nn.Module) -> dict[fx.Node, tuple[str | None, str, int]]:
    """Return the nodes of `graph` that call activations or gates: (path of the module in `module`, name, number of the call).

    The path is None for functions, the name empty for modules. Functions of parameters alone are no activations.
    """
    found: dict[fx.Node, tuple[str | None, str, int]] = {}
    count: Counter[tuple[str | None, str]] = Counter()
    for node in _carrying(graph.nodes):
        key = _called_by(node, module)
        if key is not None:
            count[key] += 1
            found[node] = (*key, count[key])
    return found


def function_of(node: fx.Node) -> Callable[..., Any] | None:
    """Return the function or method of Tensor that a node calls."""
    if node.op == "call_method":
        return getattr(Tensor, str(node.target), None)
    return node.target if node.op == "call_function" and callable(node.target) else None


def _called_by(node: fx.Node, module: nn.Module) -> tuple[str | None, str] | None:
    if node.op == "call_module":
        called = module.get_submodule(str(node.target))
        return (str(node.target), "") if is_activation(called) or gate_name(called) else None
    function = function_of(node)
    name = FUNCTIONS.get(function) or GATE_FUNCTIONS.get(function) if function else None
    return (None, name) if name else None


def _carrying(nodes: Iterable[fx.Node]) -> list[fx.Node]:
    """Return the nodes whose result is computed from the inputs."""
    found: dict[fx.Node, None] = {}
    for node in nodes:
        function = function_of(node)
        passive = function is not None and (operation(function) in PASSIVE or function is getattr)
        if node.op == "placeholder" or (not passive and any(n in found for n in node.all_input_nodes)):
            found[node] = None
    return list(found)


@functools.lru_cache(maxsize=1024)
def _parameters(function: Callable[..., Any]) -> tuple[inspect.Parameter, ...]:
    return tuple(inspect.signature(function).parameters.values())[1:]


def _state(module: nn.Module) -> dict[str, int]:
    """Return what the module holds, by identity, without what torch keeps for itself."""
    own = {**vars(module), **module._buffers, **module._parameters, **module._modules}
    return {name: id(value) for name, value in own.items() if not (name in vars(nn.Module()) or name == "training")}


class _Tracer(fx.Tracer):
    """Traces one module; refuses code whose contexts (no_grad, autocast) a graph would lose."""

    proxy_buffer_attributes = True

    def __init__(self, given: frozenset[str]) -> None:
        super().__init__()
        self.given = given
        self.context = _context()

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return True

    def create_args_for_root(self, root_fn: Any, is_module: bool, concrete_args: Any = None) -> tuple[Any, list[Any]]:
        assert isinstance(self.root, nn.Module)
        function = current_forward(self.root, self.root.training)
        names = inputs_of(self.root, self.root.training, self.given)
        inputs = {name: self.create_proxy("placeholder", name, (), {}) for name in names}
        return functools.partial(_call, function, self.root, inputs), []

    def create_node(self, *args: Any, **kwargs: Any) -> fx.Node:
        if _context() != self.context:
            raise TraceError("it changes autocast or gradient mode in its forward")
        return super().create_node(*args, **kwargs)


def _call(function: Callable[..., Any], root: nn.Module, inputs: dict[str, Any]) -> Any:
    positional = [p.name for p in _parameters(function) if p.kind == p.POSITIONAL_ONLY and p.name in inputs]
    return function(root, *(inputs.pop(name) for name in positional), **inputs)


def _context() -> tuple[bool, ...]:
    return torch.is_grad_enabled(), torch.is_autocast_enabled("cpu"), torch.is_autocast_enabled("cuda")
