"""`read`: what a network calls, read from its code without running it."""

from collections.abc import Callable
from typing import Any

from torch import fx, nn

from ..errors import ExplorerError
from .inference import after_shape, layout_read
from .kinds import FUNCTIONS, GATE_FUNCTIONS, activation_name, gate_name, is_activation
from .layouts import Layout, joined, layer_layout
from .operations import KEEP, PASSIVE, SAME, VIEWS, argument, leaves, mapped, operation
from .record import Record, Value
from .trace import TraceError, current_forward, function_of, given_arguments, inputs_of, numbered_calls, shallow_graph


def read(network: nn.Module) -> dict[bool, Record]:
    """Return the record of a pass in evaluation mode (False) and of one in training mode (True), read module by module.

    Hand over a fork, with every activation under one name only: its code meets proxies. Raises `ExplorerError` where code
    that matters for activations cannot be read in evaluation mode; a training mode that cannot be read is left out.
    """
    records = {False: _Reader(network, training=False).record}
    try:
        records[True] = _Reader(network, training=True).record
    except ExplorerError:
        return records
    return records


#: Layers of torch after which the channels are elsewhere.
_MOVING = (nn.Unflatten, nn.PixelShuffle, nn.PixelUnshuffle, nn.Fold, nn.Unfold, nn.MultiheadAttention, nn.RNNBase)


class _Reader:
    """Walks through the graphs of the modules; in place of every tensor stands its value."""

    def __init__(self, network: nn.Module, training: bool) -> None:
        self.record = Record()
        self.training = training
        self.modules = dict(network.named_modules())
        names = inputs_of(network, training, frozenset())
        self.call("", tuple(self.new() for _ in names), {})

    def new(self, layout: Layout | None = None, **more: Any) -> Value:
        """Return the value of a tensor that is made now."""
        return Value(self.record.tick(), layout or Layout(), **more)

    def renewed(self, x: Any) -> Any:
        """Return a value as young as if it had been made now, if `x` has been overwritten; else `x`."""
        if not isinstance(x, Value) or not self.record.read([x]):
            return x
        return self.new(x.layout, storage=x.storage, gates=x.gates)

    # ---- modules

    def call(self, path: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Walk through the module at `path` and return the value of its result."""
        module = self.modules[path]
        args, kwargs = mapped(args, self.renewed), mapped(kwargs, self.renewed)
        values = [x for x in leaves((args, kwargs)) if isinstance(x, Value)]
        name = activation_name(module) if is_activation(module) else gate_name(module)
        if name is not None:
            in_place = bool(getattr(module, "inplace", False))
            return self.activation(name, values[0], in_place, gate=not is_activation(module), target=path) if values else None
        self.record.given[path] = given_arguments(module, args, kwargs)
        self.record.enter(path)
        out = self._leaf(module, values) if _is_leaf(module) else self._walk(path, module, args, kwargs)
        self.record.leave()
        layout = layer_layout(module)
        return self.new(layout) if layout is not None else out

    def activation(self, name: str, value: Value, in_place: bool, gate: bool, target: str | None = None) -> Value:
        """Note the call of an activation or gate and return the value of its result."""
        call = self.record.call(name, value, target, gate)
        if target is not None:
            self.record.visits[target] += 1
        if in_place and not gate:
            self.record.overwrite(call, value)
            return self.new(value.layout, storage=value.storage)
        return self.new(value.layout, gates=(call,) if gate else ())

    def _leaf(self, module: nn.Module, values: list[Value]) -> Any:
        """Return what one of torch's own layers puts out, as far as the channels go."""
        same = isinstance(module, nn.Identity) or (isinstance(module, nn.Dropout) and not self.training)
        if same and values:
            return values[0]
        if isinstance(module, nn.Flatten) and values:
            return self.new(after_shape("flatten", (None, module.start_dim, module.end_dim), {}, values[0].layout))
        moves = isinstance(
            module, nn.Unflatten | nn.PixelShuffle | nn.PixelUnshuffle | nn.Fold | nn.Unfold | nn.MultiheadAttention
        )
        if moves or not values:
            return self.new()
        return self.new(joined(v.layout for v in values), gates=tuple(gate for v in values for gate in v.gates))

    def _walk(self, path: str, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        given = self.record.given[path]
        try:
            graph = shallow_graph(module, self.training, given)
        except TraceError as error:
            if _matters(module):
                raise ExplorerError(
                    f"The code of {type(module).__name__} cannot be read without running it ({error}). Give example_input."
                ) from error
            return self.new()
        names = inputs_of(module, self.training, given)
        return self._interpret(path, module, graph, {**dict(zip(names, args, strict=False)), **kwargs})

    def _interpret(self, path: str, module: nn.Module, graph: fx.Graph, inputs: dict[str, Any]) -> Any:
        known: dict[fx.Node, Any] = {}
        numbered = numbered_calls(graph, module)
        for node in graph.nodes:
            args, kwargs = fx.node.map_arg((tuple(node.args), dict(node.kwargs)), known.__getitem__)
            if node.op == "output":
                return mapped(_plain(args[0]), self.renewed)
            if node.op == "placeholder":
                known[node] = inputs.get(str(node.target), self.new())
            elif node.op == "get_attr":
                known[node] = _attribute(module, str(node.target))
            elif node.op == "call_module":
                known[node] = self.call(f"{path}.{node.target}".lstrip("."), _plain(args), _plain(kwargs))
            else:
                known[node] = self._function(function_of(node), _plain(args), _plain(kwargs), node in numbered)
        return None

    # ---- functions

    def _function(self, function: Callable[..., Any] | None, args: Any, kwargs: Any, called: bool) -> Any:
        values = [x for x in leaves((args, kwargs)) if isinstance(x, Value)]
        name = operation(function) if function is not None else ""
        if name in PASSIVE or function is getattr or not values:
            return None
        if name == "getitem" and isinstance(args[0], tuple | list | dict) and not isinstance(args[1], Value):
            return args[0][args[1]]
        self.record.read(values)
        if called:
            known = FUNCTIONS.get(function) or GATE_FUNCTIONS[function]  # type: ignore[arg-type]
            return self.activation(known, values[0], in_place(function, args, kwargs), gate=function in GATE_FUNCTIONS)
        if name == "mul":
            self.record.multiply(values)
        if name in SAME and not (self.training and "dropout" in name):
            return values[0]
        return self._made(function, name, args, kwargs, values)

    def _made(self, function: Any, name: str, args: Any, kwargs: Any, values: list[Value]) -> Value:
        passing = name in KEEP | VIEWS and not (name == "mul" and len(values) > 1)
        numbers = [x for x in leaves((args, kwargs)) if isinstance(x, int | float) and not isinstance(x, bool)]
        made = self.new(
            layout_read(name, args, kwargs, [value.layout for value in values]),
            gates=tuple(gate for value in values for gate in value.gates) if passing else (),
            added=numbers[0] if name == "add" and numbers else None,
        )
        if name in VIEWS or in_place(function, args, kwargs):
            made.storage = values[0].storage
        return made


def in_place(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Return whether a call writes its result over its first argument."""
    name = getattr(function, "__name__", "")
    if name.startswith("_"):
        return False
    operator = getattr(function, "__module__", "") == "_operator" and name.startswith("i") and name[1:] in ("add", "mul", "sub")
    place = {"threshold": 3, "rrelu": 4, "leaky_relu": 2, "elu": 2, "celu": 2}.get(operation(function), 1)
    flag = argument(args, kwargs, place, "inplace") if function in FUNCTIONS else kwargs.get("inplace")
    return operator or name.endswith("_") or flag is True


def _is_leaf(module: nn.Module) -> bool:
    """Return whether a module is one of torch's own layers, whose code calls no activation."""
    return type(module).__module__.startswith("torch.nn") and next(module.children(), None) is None


def _matters(module: nn.Module) -> bool:
    """Return whether a module holds activations, or its code names functions that are."""
    names = set(current_forward(module, module.training).__code__.co_names) & {f.strip("_") for f in FUNCTIONS.values()}
    held = any(is_activation(m) for m in module.modules()) or any(_is_function(v) for v in vars(module).values())
    return bool(names) or held


def _is_function(value: Any) -> bool:
    return callable(value) and value.__hash__ is not None and value in FUNCTIONS


def _attribute(module: nn.Module, path: str) -> Any:
    for name in path.split("."):
        module = getattr(module, name)
    return module


def _plain(tree: Any) -> Any:
    """Return graphs' own lists and dicts as plain ones."""
    if isinstance(tree, dict):
        return {key: _plain(branch) for key, branch in tree.items()}
    if isinstance(tree, list) or type(tree) is tuple:
        return (list if isinstance(tree, list) else tuple)(_plain(branch) for branch in tree)
    return tree
