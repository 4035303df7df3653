"""Compiled kernels: one compiled function for each use of a kernel, on a flat view, so that one serves every shape.

The switch is a context variable: off unless `compiled(True)` is active. Without a compiler everything runs as before, after one
line of warning.
"""

import contextlib
import functools
import logging
import threading
import types
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from .kernel import Kernel

logger = logging.getLogger("activation_explorer")

#: Below this size a call costs more than the arithmetic; such tensors run as plain functions.
SMALLEST = 1 << 12

_switch: ContextVar[bool] = ContextVar("activation_explorer_compiled", default=False)
_failed = False


@contextlib.contextmanager
def compiled(on: bool = True) -> Iterator[None]:
    """Let activations that are called inside run their compiled code (`on`), or not; backward follows its forward."""
    token = _switch.set(on)
    try:
        yield
    finally:
        _switch.reset(token)


def is_compiled() -> bool:
    """Tell whether `compiled(True)` is active in this thread."""
    return _switch.get()


def usable(flat: Tensor) -> bool:
    """Tell whether the flat tensor is worth compiled code: large, real, and no axis of length 1 (dynamo treats 1 apart)."""
    return not _failed and flat.numel() >= SMALLEST and min(flat.shape) > 1 and type(flat) is Tensor


def value(
    kernel: Kernel, flat: Tensor, arguments: tuple[Tensor, ...], wide: list[Tensor], axes: tuple[int, ...]
) -> Tensor | None:
    """Return f(flat), or None if nothing can be compiled here; `axes` are those without channels."""
    function = _value_function(kernel, flat.dtype, flat.device.type, bool(wide), axes)
    return _run(function, kernel, flat, *wide, *arguments)


def gradients(
    kernel: Kernel,
    grad: Tensor,
    flat: Tensor,
    arguments: tuple[Tensor, ...],
    wide: list[Tensor],
    axes: tuple[int, ...],
    with_parameters: bool,
    true: bool,
) -> tuple[Tensor, ...] | None:
    """Return the gradient in the flat input and, if wanted, the sums for the parameters; None if nothing can be compiled."""
    key = (kernel, flat.dtype, grad.dtype, flat.device.type, bool(wide), axes, with_parameters, true)
    result: tuple[Tensor, ...] | None = _run(_gradient_function(*key), kernel, grad, flat, *wide, *arguments)
    if result is None or not _by_columns(flat.device.type, axes, with_parameters):
        return result
    return result[0].transpose(1, 2).contiguous(), *result[1:]  # it lies like this already: nothing is copied


@functools.cache
def _value_function(kernel: Kernel, dtype: torch.dtype, device: str, noisy: bool, axes: tuple[int, ...]) -> Callable[..., Any]:
    def run(x: Tensor, *rest: Tensor) -> Tensor:
        arguments = _arguments(rest, noisy)
        return kernel.evaluate(x.to(_wide(dtype)), arguments).to(dtype)

    return _Compiled(run, f"{kernel.name}_value_{len(axes)}")


@functools.cache
def _gradient_function(
    kernel: Kernel,
    dtype: torch.dtype,
    grad_dtype: torch.dtype,
    device: str,
    noisy: bool,
    axes: tuple[int, ...],
    with_parameters: bool,
    true: bool,
) -> Callable[..., Any]:
    by_columns = _by_columns(device, axes, with_parameters)

    def run(grad: Tensor, x: Tensor, *rest: Tensor) -> tuple[Tensor, ...]:
        """Return the gradient in x and the sums for the parameters: the function that is compiled."""
        if by_columns:
            grad, x, *others = (t.transpose(1, 2) if t.ndim == 3 else t.unsqueeze(1) if t.ndim else t for t in (grad, x, *rest))
            rest = tuple(others)
        arguments = _arguments(rest, noisy)
        first, *terms = kernel.pull_back(grad.to(_wide(dtype)), x.to(_wide(dtype)), arguments, true=true)
        sums = [_summed(term, axes, by_columns).reshape(arguments[0].shape) for term in terms] if with_parameters else []
        return first.to(dtype), *kernel.conclude(sums, arguments[: len(sums)])

    # Else inductor turns the loop over the elements back into the order of memory, and the sums get a loop of their own, which
    # computes every exponential again.
    return _Compiled(run, f"{kernel.name}_gradients_{len(axes)}", {"pick_loop_orders": False} if by_columns else {})


def _by_columns(device: str, axes: tuple[int, ...], with_parameters: bool) -> bool:
    """Tell whether (groups, rows, channels) is better run as (groups, channels, rows): then sums are made along the way."""
    return device == "cpu" and axes == (0, 1) and with_parameters


def _summed(term: Tensor, axes: tuple[int, ...], by_columns: bool) -> Tensor:
    """Return the sum over `axes`, which stay with length 1: over rows first, where groups of rows are added up last."""
    if axes == (0, 1):
        return term.sum(2 if by_columns else 1, keepdim=True).sum(0, keepdim=True)
    return term.sum(axes, keepdim=True)


def _bare(x: Tensor) -> Tensor:
    """Return `x` as a tensor that is nobody's view: dynamo compiles a view again for every new shape of its base."""
    return torch.empty(0, dtype=x.dtype, device=x.device).set_(x.untyped_storage(), x.storage_offset(), x.shape, x.stride())


def _wide(dtype: torch.dtype) -> torch.dtype:
    return torch.float64 if dtype == torch.float64 else torch.float32


def _arguments(rest: tuple[Tensor, ...], noisy: bool) -> tuple[Tensor, ...]:
    if not noisy:
        return rest
    z, *parameters, sigma = rest
    return (*parameters, z.to(sigma.dtype), sigma)


@dataclass(frozen=True)
class _Shortcut:
    """The compiled code for arguments of one set of shapes and strides, without dynamo's checks around it."""

    code: Callable[..., Any]
    inputs: tuple[int | None, ...]
    """For every input of the code: which argument it is, or None for a number."""
    numbers: tuple[Any, ...]
    """The inputs that are sizes: always the same for these shapes and strides."""
    outputs: tuple[int, ...]
    """Which results of the code the function returns."""
    single: bool

    def __call__(self, arguments: tuple[Tensor, ...]) -> Any:
        chosen = zip(self.inputs, self.numbers, strict=True)
        results = self.code([number if index is None else arguments[index] for index, number in chosen])
        return results[self.outputs[0]] if self.single else tuple(results[i] for i in self.outputs)


class _Compiled:
    """A function compiled for changing sizes, under a code object of its own.

    Dynamo counts recompilations by code object and, past its limit, runs uncompiled without a word: so no two uses share one,
    and reaching the limit is logged. A first call with new shapes or strides goes through dynamo, which checks whether the code
    serves them; later ones go straight to the code, as the checks cost more than small tensors do.
    """

    def __init__(self, run: Callable[..., Any], name: str, options: dict[str, Any] | None = None) -> None:
        assert isinstance(run, types.FunctionType)
        code = run.__code__.replace(co_name=name)
        own = types.FunctionType(code, run.__globals__, name, run.__defaults__, run.__closure__)
        self.name, self.count, self.options = name, 0, options or {}
        self.function = torch.compile(own, backend=self._backend, dynamic=True, fullgraph=True)
        self._lock = threading.Lock()
        self._shortcuts: dict[tuple[Any, ...], _Shortcut] = {}
        self._seen: tuple[Any, ...] | None = None

    def __call__(self, *arguments: Tensor) -> Any:
        known = tuple((argument.shape, argument.stride()) for argument in arguments)
        shortcut = self._shortcuts.get(known)
        if shortcut is not None:
            return shortcut(arguments)
        with self._lock:
            self._seen = None
            bare = tuple(_bare(argument) for argument in arguments)
            result = self._checked(bare)
            shortcut = None if self._seen is None else _shortcut(bare, result, *self._seen)
            self._seen = None
        if shortcut is not None:
            self._shortcuts[known] = shortcut
        return result

    def _checked(self, arguments: tuple[Tensor, ...]) -> Any:
        """Run through dynamo, which compiles or checks."""
        import torch.fx.experimental._config as shapes

        kind = arguments[0].device.type
        # Else dynamo would compile again because two sizes (images and channels, say) were equal in the first call, and would
        # compile everything twice to find out that the constants of a kernel cannot be inputs.
        constants = torch._dynamo.config.patch(specialize_float=True)
        no_duck_shapes = shapes.patch(use_duck_shape=False)  # type: ignore[attr-defined]
        with torch.no_grad(), torch.autocast(kind, enabled=False), constants, no_duck_shapes:
            return self.function(*arguments)

    def _backend(self, graph: torch.fx.GraphModule, inputs: list[Any]) -> Any:
        from torch._inductor.compile_fx import compile_fx

        self.count += 1
        if self.count == torch._dynamo.config.recompile_limit:
            logger.warning("%s was compiled %d times, the limit; further cases run uncompiled.", self.name, self.count)
        options = {
            # Else inductor first compiles a test for each instruction set that the processor reports: half of the first time.
            "cpp.vec_isa_ok": True,
            # a * b + c in one instruction, rounded once: 5 to 20 % of the time.
            "cpp.enable_floating_point_contract_flag": "fast",
            **self.options,
        }
        # Torch would take a function from its outer disk cache whole, without a word to `_compile`; the inner one stays.
        outer = torch._functorch.config.patch(enable_autograd_cache=False)
        with torch._inductor.config.patch(options), outer:
            checked: Any = compile_fx(graph, inputs, inner_compile=self._compile)
        return checked

    def _compile(self, *arguments: Any, **options: Any) -> Any:
        """Compile with inductor; the compiled code remembers what goes in and out while dynamo runs it."""
        from torch._inductor.compile_fx import compile_fx_inner

        code: Any = compile_fx_inner(*arguments, **options)

        def entry(inputs: list[Any]) -> Any:
            kept = tuple(inputs)  # the code empties the list
            results = code(inputs)
            self._seen = (code, kept, results)
            return results

        entry._boxed_call = True  # type: ignore[attr-defined]
        return entry


def _shortcut(
    arguments: tuple[Tensor, ...], result: Any, code: Callable[..., Any], inputs: tuple[Any, ...], results: Any
) -> _Shortcut | None:
    """Return how to call `code` next time, from what came in and out this time; None where that cannot be told."""
    at = {id(argument): i for i, argument in enumerate(arguments)}
    indices = tuple(at.get(id(value)) for value in inputs)
    tensors = [index is None and isinstance(value, Tensor) for index, value in zip(indices, inputs, strict=True)]
    returned = result if isinstance(result, tuple) else (result,)
    places = {id(value): i for i, value in enumerate(results)}
    if any(tensors) or any(id(value) not in places for value in returned):
        return None
    numbers = tuple(None if index is not None else value for index, value in zip(indices, inputs, strict=True))
    return _Shortcut(code, indices, numbers, tuple(places[id(value)] for value in returned), not isinstance(result, tuple))


def _run(function: Callable[..., Any], kernel: Kernel, *arguments: Tensor) -> Any:
    global _failed
    try:
        return function(*arguments)
    except Exception as error:
        # Dynamo and inductor raise many kinds where a compiler is missing or broken; the plain path gives the same numbers.
        _failed = True
        lines = [line for line in str(error).splitlines() if line.strip() and not line.endswith("raised:")]
        reason = lines[0].strip() if lines else type(error).__name__
        logger.warning("Activations run uncompiled: %s could not be compiled (%s).", kernel.name, reason)
        return None
