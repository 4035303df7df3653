"""One batch of images through the noise lens: once without noise, then pass after pass from the first noisy site on."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..errors import ExplorerError
from .moments import OverImages, OverPasses
from .noise_decisions import Decisions
from .noise_kind import NoiseKind
from .replay import Prefix

if TYPE_CHECKING:
    from torch import Tensor, nn

    from ..activations import NoiseStream

Tell = Callable[[str], None]


@dataclass(frozen=True, eq=False, kw_only=True)
class LensPlan:
    """What is done with every batch. `model` is a fork in evaluation mode; pass p draws from `streams[p]`."""

    model: "nn.Module"
    site: str
    kind: NoiseKind
    noisy: tuple[str, ...]
    tracked: tuple[str, ...]
    prefix: Prefix
    streams: Sequence["NoiseStream"]
    between: dict[str, OverImages]
    """Sums over the noise-off features of the batches by tracked site; {} where the variance between images is known."""
    map_images: int
    rank_images: int
    rank_passes: int


@dataclass(frozen=True, eq=False, kw_only=True)
class BatchResult:
    """What one batch of n images gave.

    within, signal: by tracked site, float64 (n,); clean, counts: decisions, (n,) and (n, K), None where the output is no
    (n, K); maps: clean, mean and spread of the first images, None where none of them is here; deviations: (passes, images,
    D) of the images for the rank, centred over the passes, None likewise.
    """

    within: dict[str, np.ndarray]
    signal: dict[str, np.ndarray]
    clean: np.ndarray | None
    counts: np.ndarray | None
    maps: tuple[np.ndarray, np.ndarray, np.ndarray] | None
    deviations: np.ndarray | None


def variance_between(
    model: "nn.Module", images: "Tensor", paths: Sequence[str], batch_size: int, tell: Tell
) -> dict[str, float]:
    """Return the variance of the noise-off features between images at every path, summed over the features.

    Hooks are hung on `model` while it runs: give a fork in evaluation mode.
    """
    import torch

    from ..models import on_device

    sums = {path: OverImages() for path in paths}
    with torch.no_grad(), _watched(model, {path: sums[path].add for path in paths}):
        for batch in images.split(batch_size):
            tell("Features without noise")
            model(on_device(model, batch))
    return {path: found.variance() for path, found in sums.items()}


def lens_batch(plan: LensPlan, images: "Tensor", first: int, total: int, tell: Tell) -> BatchResult:
    """Return what the noise does to one batch, images `first` … of `total`."""
    import torch

    from ..models import on_device

    batch = on_device(plan.model, images)
    where = f", images {first + 1:,} to {first + len(batch):,} of {total:,}" if len(batch) < total else ""
    seen: dict[str, OverPasses] = {}

    live = [path for path in plan.tracked if not plan.prefix.covers(path)]

    def remember(path: str) -> Callable[["Tensor"], object]:
        """Return what takes the noise-off features at `path` into the sums."""

        def take(x: "Tensor") -> None:
            if path in plan.between:
                plan.between[path].add(x)
            if path in live or path == plan.site:
                seen[path] = OverPasses(x, maps=path == plan.site and first < plan.map_images)

        return take

    with torch.no_grad():
        tell(f"Without noise{where}")
        with plan.prefix.recorded(), _watched(plan.model, {path: remember(path) for path in plan.tracked}):
            logits = plan.model(batch)
        if plan.site not in seen:
            raise ExplorerError(f"The network does not pass through site '{plan.site}' with these images.")
        decisions = Decisions(logits) if isinstance(logits, torch.Tensor) and logits.ndim == 2 else None
        kept = _Kept(seen[plan.site].clean[: max(0, plan.rank_images - first)], plan.rank_passes)

        def take(path: str) -> Callable[["Tensor"], object]:
            """Return what takes the noisy features at `path` into the sums, and at the site itself for the rank."""

            def both(x: "Tensor") -> None:
                seen[path].add(x)
                kept.add(x)

            return both if path == plan.site else seen[path].add

        with plan.prefix.replayed(), _watched(plan.model, {path: take(path) for path in live if path in seen}):
            for number, stream in enumerate(plan.streams):
                tell(f"Noisy pass {number + 1} of {len(plan.streams)}{where}")
                with plan.kind.on(plan.model, plan.noisy, stream):
                    said = plan.model(batch)
                if decisions is not None:
                    decisions.add(said)
    clean, counts = decisions.rows() if decisions is not None else (None, None)
    here = seen[plan.site]
    return BatchResult(
        within={path: sums.within().cpu().numpy() for path, sums in seen.items() if sums.passes},
        signal={path: sums.signal().cpu().numpy() for path, sums in seen.items()},
        clean=clean, counts=counts, maps=_maps(here, plan.map_images - first), deviations=kept.deviations(),
    )  # fmt: skip


class _Kept:
    """What the first images' features differ by in the first passes from `clean` (k, …), for the effective rank."""

    def __init__(self, clean: "Tensor", passes: int) -> None:
        self.clean, self.passes = clean, passes
        self.parts: list[np.ndarray] = []

    def add(self, features: "Tensor") -> None:
        if len(self.clean) and len(self.parts) < self.passes:
            difference = features[: len(self.clean)].float() - self.clean
            self.parts.append(difference.flatten(1).cpu().numpy())

    def deviations(self) -> np.ndarray | None:
        if not self.parts:
            return None
        found = np.stack(self.parts)
        return found - found.mean(0, dtype=np.float64).astype(np.float32)


def _maps(sums: OverPasses, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Return clean, mean and spread of the first `count` images, each (M, C, H, W)."""
    if count <= 0:
        return None
    quiet = not sums.passes  # a site that no noise reaches: every pass is the noise-off one
    mean = sums.clean if quiet else sums.mean()
    spread = sums.clean.new_zeros(sums.clean.shape) if quiet else sums.spread()
    return _picture(sums.clean[:count]), _picture(mean[:count]), _picture(spread[:count])


def _picture(x: "Tensor") -> np.ndarray:
    found: np.ndarray = (x if x.ndim == 4 else x.flatten(1)[:, None, None]).cpu().numpy()
    return found


@contextmanager
def _watched(model: "nn.Module", take: dict[str, Callable[["Tensor"], object]]) -> Iterator[None]:
    """Hand the output of each path's first call in a pass to its function, for every pass inside.

    Hooks that change an output are hung in front of these, so that they see what the network sees.
    """
    called: set[str] = set()

    def hook(path: str, function: Callable[["Tensor"], object]) -> Callable[..., None]:
        """Return the hook that gives `function` the first output of a pass."""

        def run(_module: object, _args: object, output: "Tensor") -> None:
            if path not in called:
                called.add(path)
                function(output)

        return run

    handles = [model.get_submodule(path).register_forward_hook(hook(path, function)) for path, function in take.items()]
    handles.append(model.register_forward_pre_hook(lambda *_: called.clear()))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
