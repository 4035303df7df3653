"""Tensors at chosen sites while a network runs."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

from torch import Tensor, nn

from ..errors import ExplorerError, unknown_name


@contextmanager
def capture(
    model: nn.Module, paths: str | Iterable[str], what: Literal["input", "output"] = "output"
) -> Iterator[dict[str, Tensor]]:
    """Give a dict that holds, after each forward pass of `model`, the tensor of every module in `paths`.

    "input" is the module's first argument (at a site: the pre-activation), "output" its result; both as they are in the
    pass, part of its graph, and replaced by the next pass. The hooks are gone when the block ends; use a fork where other
    threads run the same network.
    """
    if what not in ("input", "output"):
        raise ExplorerError(f"what must be one of input, output; received {what!r}.")
    modules = dict(model.named_modules())
    seen: dict[str, Tensor] = {}
    wanted = [paths] if isinstance(paths, str) else list(paths)
    for path in wanted:
        if path not in modules:
            raise unknown_name("module", path, filter(None, modules))
    handles = [_hook(modules[path], path, what, seen) for path in wanted]
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()


def _hook(module: nn.Module, path: str, what: str, seen: dict[str, Tensor]) -> Any:
    def before(_: nn.Module, args: tuple[Tensor, ...]) -> None:
        seen[path] = args[0].clone() if getattr(module, "inplace", False) else args[0]

    def after(_: nn.Module, args: tuple[Tensor, ...], output: Tensor) -> None:
        seen[path] = output

    return module.register_forward_pre_hook(before) if what == "input" else module.register_forward_hook(after)
