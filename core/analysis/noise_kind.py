"""Where the noise comes from: the activations' own, or a multiplier put behind other activations, to compare with."""

import contextlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ..errors import ExplorerError, unknown_name

if TYPE_CHECKING:
    from torch import Tensor, nn

    from ..activations import NoiseStream

#: own: what the activation draws itself; gaussian: its output times k ~ N(1, v); dropout: its output is 0 with probability
#: p = v / (1 + v), else divided by 1 - p, so that both multipliers have mean 1 and variance v.
KINDS = ("own", "gaussian", "dropout")


@dataclass(frozen=True, kw_only=True)
class NoiseKind:
    """A kind of noise and, for a multiplier that is put behind the activations, its variance v."""

    kind: Literal["own", "gaussian", "dropout"] = "own"
    variance: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise unknown_name("kind of noise", str(self.kind), KINDS)
        if self.kind != "own" and not 0 <= self.variance < float("inf"):
            raise ExplorerError(f"The variance of the noise must be a finite number of at least 0; received {self.variance!r}.")

    @property
    def scale(self) -> float:
        """The number by which people know the kind: sd of a Gaussian multiplier, p of dropout; NaN for own noise."""
        if self.kind == "gaussian":
            return float(self.variance**0.5)
        return dropout_probability(self.variance) if self.kind == "dropout" else float("nan")

    @contextlib.contextmanager
    def on(self, model: "nn.Module", paths: Collection[str], stream: "NoiseStream") -> Iterator[None]:
        """Make the sites `paths` of `model`, a fork in evaluation mode, draw from `stream`; all others stay quiet."""
        from ..activations import noise

        if self.kind == "own":
            with noise(model, on=True, generator=stream, only=paths):
                yield
            return
        handles = [self._attach(model.get_submodule(path), path, stream) for path in paths]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def _attach(self, module: "nn.Module", path: str, stream: "NoiseStream") -> Any:
        calls = 0

        def multiply(_module: "nn.Module", _args: object, output: "Tensor") -> "Tensor":
            nonlocal calls
            calls += 1  # a module that runs twice draws twice, each time from a stream of its own
            return self.multiplied(output, path if calls == 1 else f"{path}_{calls}", stream)

        return module.register_forward_hook(multiply, prepend=True)

    def multiplied(self, x: "Tensor", site: str, stream: "NoiseStream") -> "Tensor":
        """Return `x` times the multiplier that `stream` draws for `site`; same shape, dtype and layout."""
        if self.kind == "gaussian":
            return stream.draw(x, site)[0].mul_(self.variance**0.5).add_(1).mul_(x)
        p = dropout_probability(self.variance)
        kept = stream.draw(x, site, uniform=True)[0].ge_(2 * p - 1)  # U(-1, 1) becomes 1 and 0
        return kept.mul_(x).div_(1 - p)


def dropout_probability(variance: float) -> float:
    """Return the p at which dropout's multiplier has this variance: v / (1 + v)."""
    return variance / (1 + variance)
