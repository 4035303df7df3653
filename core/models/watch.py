"""`watched`: what a network calls, seen while an example passes through it."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from .examples import Example, arguments_of, for_training, random_state_kept
from .following import layouts_after
from .kinds import FUNCTIONS, GATE_FUNCTIONS, activation_name, gate_name, is_activation
from .layouts import Layout, layer_layout
from .operations import KEEP, PASSIVE, SHAPE, leaves, mapped, operation
from .record import Call, Record, Value
from .trace import given_arguments


def watched(network: nn.Module, example: Example) -> dict[bool, Record]:
    """Return the record of a pass in evaluation mode (False) and of one in training mode (True).

    Runs `network` itself, which changes: hand over a copy, with every activation under one name only. A pass in training mode
    that fails is left out.
    """
    records = {False: _pass(network.eval(), arguments_of(example))}
    try:
        records[True] = _pass(network.train(), for_training(arguments_of(example)))
    except Exception:  # whatever the network's own code raises; only evaluation mode must work
        return records
    return records


def _pass(network: nn.Module, arguments: tuple[Any, ...]) -> Record:
    watch = _Watch()
    handles = [handle for path, module in network.named_modules() for handle in watch.attach(path, module)]
    for x in leaves(arguments):
        if isinstance(x, Tensor):
            watch.note(x, Layout(x.shape[1], 1) if x.ndim in (2, 4, 5) else Layout())
    try:
        with torch.no_grad(), random_state_kept(network), watch:
            network(*arguments)
    finally:
        for handle in handles:
            handle.remove()
    return watch.record


class _Watch(TorchFunctionMode):
    """Writes the record of a pass: hooks tell of modules, the mode tells of functions, each tensor carries its value."""

    def __init__(self) -> None:
        super().__init__()
        self.record = Record()
        self.pending: list[tuple[Call | None, Value, int]] = []

    # ---- values on tensors

    def note(self, x: Tensor, layout: Layout, **more: Any) -> Value:
        """Give `x` a value; a tensor that has one keeps its age."""
        old = value_of(x)
        storage = x.untyped_storage()._cdata if x.layout == torch.strided else object()
        value = Value(self.record.tick() if old is None else old.time, layout, storage, **more)
        if old is None:
            x._surgery_value = value  # type: ignore[attr-defined]
            return value
        old.layout, old.gates, old.added = value.layout, value.gates, value.added
        return old

    def fresh(self, x: Any) -> Any:
        """Return an alias of `x` as young as if it had been made now, if `x` has been overwritten; else `x`."""
        if not isinstance(x, Tensor) or (value := value_of(x)) is None or not self.record.read([value]):
            return x
        alias = x.view_as(x)
        self.note(alias, value.layout, gates=value.gates)
        return alias

    # ---- modules

    def attach(self, path: str, module: nn.Module) -> list[Any]:
        """Hang the hooks for one module."""
        name = activation_name(module) if is_activation(module) else gate_name(module)
        after = self._leave_layer if name is None else self._leave_activation

        def before(module: nn.Module, args: Any, kwargs: Any) -> Any:
            return self._enter(path, module, name, args, kwargs)

        return [
            module.register_forward_pre_hook(before, with_kwargs=True),
            module.register_forward_hook(lambda module, args, out: after(module, out)),
        ]

    def _enter(self, path: str, module: nn.Module, name: str | None, args: Any, kwargs: Any) -> tuple[Any, Any]:
        with torch._C.DisableTorchFunction():
            args, kwargs = mapped(args, self.fresh), mapped(kwargs, self.fresh)
            inside = self.record.frame.inside
            if name is not None and not inside:
                x = next(x for x in leaves((args, kwargs)) if isinstance(x, Tensor))
                value = value_of(x) or self.note(x, Layout())
                call = self.record.call(name, checked(value, x), path, gate=not is_activation(module))
                self.pending.append((call, value, x._version))
            elif name is not None:
                self.pending.append((None, Value(0), 0))
            self.record.given[path] = given_arguments(module, args, kwargs)
            self.record.enter(path, inside=name is not None)
        return args, kwargs

    def _leave_activation(self, module: nn.Module, out: Tensor) -> Tensor:
        with torch._C.DisableTorchFunction():
            self.record.leave()
            call, value, _ = self.pending.pop()
            return out if call is None else self._called(call, value, out, value_of(out) is value)

    def _leave_layer(self, module: nn.Module, out: Any) -> Any:
        with torch._C.DisableTorchFunction():
            out = mapped(out, self.fresh)
            self.record.leave()
            layout = layer_layout(module)
            if layout is not None and isinstance(out, Tensor) and not self.record.frame.inside:
                self.note(out, layout)
        return out

    # ---- functions

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        name = operation(function)
        if self.record.frame.inside or name in PASSIVE:
            return function(*args, **kwargs)
        tensors = [x for x in leaves((args, kwargs)) if isinstance(x, Tensor)]
        values = [value for x in tensors if (value := value_of(x)) is not None]
        self.record.read(values)
        known = FUNCTIONS.get(function) or GATE_FUNCTIONS.get(function)
        if known and values:
            return self._function_called(known, function, args, kwargs, tensors[0])
        layouts = layouts_after(function, args, kwargs, carrying(tensors))
        if name == "mul":
            self.record.multiply(values)
        out = function(*args, **kwargs)
        self._note_all(out, layouts, name, values, [x for x in args if isinstance(x, int | float)])
        return out

    def _function_called(self, known: str, function: Any, args: Any, kwargs: Any, x: Tensor) -> Tensor:
        value = value_of(x) or self.note(x, Layout())
        call = self.record.call(known, checked(value, x), gate=function in GATE_FUNCTIONS)
        version = x._version
        out = function(*args, **kwargs)
        return self._called(call, value, out, x._version != version)

    def _called(self, call: Call, value: Value, out: Tensor, in_place: bool) -> Tensor:
        """Note the result of an activation; one that overwrote its input is handed on under another object."""
        if in_place and not call.gate:
            self.record.overwrite(call, value)
            out = out.view_as(out)
        self.note(out, call.layout, gates=(call,) if call.gate else ())
        return out

    def _note_all(self, out: Any, layouts: list[Layout], name: str, values: list[Value], numbers: list[Any]) -> None:
        passing = name in KEEP | SHAPE and not (name == "mul" and len(values) > 1)
        gates = tuple(gate for value in values for gate in value.gates) if passing else ()
        added = numbers[0] if name == "add" and numbers else None
        results = [x for x in leaves(out) if isinstance(x, Tensor)]
        for i, x in enumerate(results):
            self.note(x, layouts[min(i, len(layouts) - 1)], gates=gates, added=added)


def value_of(x: Tensor) -> Value | None:
    """Return what the pass knows of a tensor."""
    return getattr(x, "_surgery_value", None)


def carrying(tensors: list[Tensor]) -> list[tuple[Tensor, Layout]]:
    """Return the tensors that the pass knows, with their layouts."""
    return [(x, value.layout) for x in tensors if (value := value_of(x)) is not None]


def checked(value: Value, x: Tensor) -> Value:
    """Return `value` if its layout fits the shape of `x`; else one whose layout is unknown."""
    layout, shape = value.layout, tuple(x.shape)
    if not layout.known or (-x.ndim <= layout.axis < x.ndim and shape[layout.axis] == layout.channels):
        return value
    problem = f"the layer before has {layout.channels} channels on axis {layout.axis}, the tensor has shape {shape}"
    return Value(value.time, Layout(problem=problem), value.storage, added=value.added)
