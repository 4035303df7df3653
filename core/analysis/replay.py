"""The part of a network before its first noisy site runs once for each batch; later passes take its outputs from memory."""

import contextlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass
class Prefix:
    """The outermost modules of a network that are done before any of its noisy sites begins.

    `paths` names them; `copied` those whose output is later overwritten in place, so that every pass gets a copy. In
    `recorded()` a pass stores their outputs, in `replayed()` they return these without computing. Whatever is no module (a
    sum, a reshape) is computed anew from the stored outputs, so that nothing is assumed about the code of the network.
    """

    model: "nn.Module"
    paths: tuple[str, ...]
    copied: frozenset[str] = frozenset()
    _outputs: dict[str, "Tensor"] = field(default_factory=dict)

    def covers(self, path: str) -> bool:
        """Return whether the module `path` does not run in a replayed pass."""
        return any(path == p or path.startswith(f"{p}.") for p in self.paths)

    @contextlib.contextmanager
    def recorded(self) -> Iterator[None]:
        """Keep what the modules return in the pass inside; it replaces what was kept before."""
        self._outputs.clear()

        def keep(path: str) -> Any:
            """Return the hook that keeps the output of the module `path`."""

            def hook(_module: "nn.Module", _args: object, output: "Tensor") -> None:
                self._outputs[path] = output.clone() if path in self.copied else output

            return hook

        handles = [self.model.get_submodule(p).register_forward_hook(keep(p)) for p in self.paths]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    @contextlib.contextmanager
    def replayed(self) -> Iterator[None]:
        """Let the modules return what they returned in the recorded pass."""

        def again(path: str) -> Any:
            output, copy = self._outputs[path], path in self.copied
            return lambda *args, **kwargs: output.clone() if copy else output

        modules = [(self.model.get_submodule(p), again(p)) for p in self.paths]
        try:
            for module, forward in modules:
                module.forward = forward
            yield
        finally:
            for module, _ in modules:
                vars(module).pop("forward", None)


def find_prefix(model: "nn.Module", noisy: Collection[str], example: "Tensor") -> Prefix:
    """Return the prefix of `model`, a fork in evaluation mode, before the sites `noisy`, seen in one pass of `example`.

    A module belongs to it if it is called once, returns a tensor and has returned before the first noisy site is called.
    """
    import torch

    watch = _Watch(frozenset(noisy))
    handles = [h for path, module in model.named_modules() if path for h in watch.attach(path, module)]
    try:
        with torch.no_grad():
            model(example)
    finally:
        for handle in handles:
            handle.remove()
    done = [path for path, count in watch.calls.items() if count == 1 and path in watch.outputs]
    outermost = tuple(p for p in done if not any(p.startswith(f"{other}.") for other in done))
    changed = frozenset(p for p in outermost if watch.outputs[p][0]._version != watch.outputs[p][1])
    return Prefix(model, outermost, changed)


class _Watch:
    """Notes which modules return before the first noisy one is called, and what they return."""

    def __init__(self, noisy: frozenset[str]) -> None:
        self.noisy, self.begun = noisy, False
        self.calls: dict[str, int] = {}
        self.outputs: dict[str, tuple[Tensor, int]] = {}

    def attach(self, path: str, module: "nn.Module") -> list[Any]:
        """Hang the notes on a module; return the two handles that take them away."""
        from torch import Tensor

        def enter(*_: object) -> None:
            self.calls[path] = self.calls.get(path, 0) + 1
            self.begun = self.begun or path in self.noisy

        def leave(_module: object, _args: object, output: object) -> None:
            if not self.begun and isinstance(output, Tensor):
                self.outputs[path] = (output, output._version)

        return [module.register_forward_pre_hook(enter), module.register_forward_hook(leave)]
