"""Features at one site, with the noise off or in many noisy passes; the network runs no further than the site."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from ..errors import ExplorerError, unknown_name
from ..progress import ProgressCallback
from .groups import activation_title

if TYPE_CHECKING:
    from torch import Tensor, nn


class Steps:
    """Counts batches for a progress callback."""

    def __init__(self, progress: ProgressCallback | None, total: int) -> None:
        self.progress, self.total, self.done = progress, total, 0

    def __call__(self, text: str) -> None:
        """Tell that the next batch begins."""
        if self.progress is not None:
            self.progress(self.done, self.total, text)
        self.done += 1


def noisy_sites(model: "nn.Module") -> list[str]:
    """Return the paths of the sites of `model` whose activation makes noise, in forward order."""
    from ..models import sites

    return [s.path for s in sites(model) if getattr(s.module, "stochastic", False)]


def check_noisy(model: "nn.Module", site: str) -> None:
    """Raise ExplorerError if `model` has no such site, or no noise anywhere."""
    from ..activations import activation_names, describe
    from ..models import sites

    found = sites(model)
    paths = [s.path for s in found]
    if site not in paths:
        raise unknown_name("site", site, paths)
    if not noisy_sites(model):
        used = ", ".join(dict.fromkeys(activation_title(s.activation) for s in found))
        noisy = ", ".join(describe(n).title for n in activation_names() if describe(n).stochastic)
        raise ExplorerError(f"This network makes no noise: its {len(found)} sites use {used}. Functions with noise: {noisy}.")


def check_columns(images: int, **columns: Sequence[int] | None) -> None:
    """Raise ExplorerError if one of `columns` (None: not given) does not hold one number for each of `images` images."""
    for name, values in columns.items():
        if values is not None and len(values) != images:
            raise ExplorerError(f"{name} must hold one number per image; received {len(values)} for {images} images.")


def features(
    model: "nn.Module", images: "Tensor", site: str, batch_size: int, tell: Callable[[str], None], text: str
) -> np.ndarray:
    """Return the outputs of `site`, flattened: (N, D) float32. Hooks are hung on `model`: give a fork."""
    import torch

    from ..models import on_device

    parts = []
    with torch.no_grad():
        for batch in images.split(batch_size):
            tell(text)
            parts.append(until(model, on_device(model, batch), site).flatten(1).float().cpu().numpy())
    return np.concatenate(parts)


def noisy_features(
    model: "nn.Module",
    images: "Tensor",
    site: str,
    passes: int,
    seed: int,
    batch_size: int,
    tell: Callable[[str], None],
) -> np.ndarray:
    """Return the features (passes, N, D) float32 with the noise on.

    Pass p draws from the stream (seed, "noise-lens", p): one sigma per site, common to all images, and k for every element.
    """
    from ..activations import NoiseStream, noise

    parts = []
    for p in range(passes):
        with noise(model, on=True, generator=NoiseStream(seed, "noise-lens", p)):
            parts.append(features(model, images, site, batch_size, tell, f"Noisy pass {p + 1} of {passes}"))
    return np.stack(parts)


class _ReachedError(BaseException):
    """Ends a forward pass at the site; no network's own `except Exception` may swallow it."""


def until(model: "nn.Module", batch: "Tensor", site: str, what: Literal["input", "output"] = "output") -> "Tensor":
    """Return what `site` gets or gives for `batch`; the network runs no further. A hook is hung on `model`: give a fork."""
    seen: list[Tensor] = []

    def before(_module: "nn.Module", args: "tuple[Tensor, ...]") -> None:
        seen.append(args[0])
        raise _ReachedError

    def after(_module: "nn.Module", _args: object, output: "Tensor") -> None:
        seen.append(output)
        raise _ReachedError

    module = model.get_submodule(site)
    handle = module.register_forward_pre_hook(before) if what == "input" else module.register_forward_hook(after)
    try:
        model(batch)
    except _ReachedError:
        return seen[0]
    finally:
        handle.remove()
    raise ExplorerError(f"The network does not pass through site '{site}' with these images.")
