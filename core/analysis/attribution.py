"""Attributions: which pixels the decision comes from, always with the true derivatives and with the noise off.

attribute(model, images, "integrated_gradients")            one method on some images of one network
method_table(model, images)                                 which methods hold for the network, and why not
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ExplorerError
from ..progress import ProgressCallback
from .attribution_baselines import baseline_images
from .attribution_choices import (
    BASELINES,
    COMPLETE,
    METHODS,
    ONE_PASS,
    REFUSED,
    WITH_BASELINE,
    Target,
    check_baseline,
    check_method,
)
from .attribution_record import Attribution, completeness_error, method_title
from .attribution_validity import NO_FEATURE_MAP, method_note, method_table, method_validity, seen_feature_map
from .attribution_values import ExplainedValues, Said
from .full_precision import full_precision

if TYPE_CHECKING:
    from torch import Tensor, nn

    from .attribution_methods import Batch

__all__ = [
    "BASELINES",
    "COMPLETE",
    "METHODS",
    "REFUSED",
    "WITH_BASELINE",
    "Attribution",
    "Target",
    "attribute",
    "baseline_images",
    "completeness_error",
    "method_note",
    "method_table",
    "method_title",
    "method_validity",
]

#: Images that are worked on together; where a method needs many copies of an image, a pass holds `batch_size` of them.
TOGETHER, TOGETHER_COPIED = 32, 16
#: SmoothGrad: sd of its noise as a share of each image's range.
SMOOTH_SHARE = 0.15


def attribute(
    model: "nn.Module",
    images: "Tensor",
    method: str,
    *,
    baseline: str = "black",
    mean: Sequence[float] | None = None,
    sd: Sequence[float] | None = None,
    target: Target | None = None,
    classes: Sequence[str] = (),
    ids: Sequence[int] | None = None,
    probe: "Tensor | None" = None,
    smooth: int = 0,
    seed: int = 0,
    wanted: float = 0.005,
    first_steps: int = 32,
    most_steps: int = 1024,
    batch_size: int = 64,
    check: bool = True,
    progress: ProgressCallback | None = None,
) -> Attribution:
    """Return what `method` says about `images`: signed attributions, gaps and completeness errors.

    The network runs as a fork in evaluation mode, under `true_gradients` and with the noise off, on a GPU without TF32; `model`
    stays as it is, and threads may work on the same model. Integrated Gradients take `first_steps` gradients and, for an image
    whose error is above `wanted`, more of them where its path needs them, up to `most_steps`.

    Args:
        images: normalised floats (N, C, H, W).
        method: one of `METHODS`. Saliency is the signed gradient; Grad-CAM keeps its sign, too.
        baseline: one of `BASELINES`; black needs `mean` and `sd`, what the images were normalised with, one number per channel.
            Every method has a gap to it; Saliency, Input × Gradient and Grad-CAM do not look at it otherwise.
        target: what is explained; None: the logit of the predicted class. `classes` are the names for its text.
        ids: N data-set indices, default 0 … N − 1; the noise of SmoothGrad belongs to them.
        probe: images (M, C, H, W) whose median |gap| says which gaps are tiny; default: `images`.
        smooth: noisy copies that are averaged (SmoothGrad), 0 for none; not with Occlusion.
        check: whether to look first if the method is valid for the network.
        batch_size: images of a forward pass, at most, to which baselines may be added.
        progress: called before every forward pass, as (images done, N, text).

    Raises:
        ExplorerError: an unknown method or baseline, a method that is not valid here (with the reason), no images, a class
            that the network does not have.
    """
    target = target or Target()
    _check(method, baseline, images, ids, smooth)
    target.check(len(images))
    if check and method != "grad_cam" and (reason := method_validity(model, method, images)) is not None:
        raise ExplorerError(reason)
    from ..activations import noise, true_gradients
    from ..models import device_of, fork
    from .attribution_methods import Batch

    twin = fork(model).eval().requires_grad_(False)
    layer = _layer_of_maps(twin, images) if method == "grad_cam" else None
    device = device_of(twin, images.device)
    images, numbers = images.detach().to(device), [int(i) for i in (range(len(images)) if ids is None else ids)]
    tell = _Telling(progress, method_title(method, smooth), len(images))
    with noise(twin, on=False), true_gradients(twin), full_precision(device):
        values = ExplainedValues(
            network=twin, target=target, baseline=baseline, mean=mean, sd=sd, batch_size=batch_size,
            before=partial(tell, "What the network says"),
        )  # fmt: skip
        make = partial(
            Batch, wanted=wanted, first_steps=first_steps, most_steps=most_steps, rows=batch_size,
            smooth=smooth, smooth_share=SMOOTH_SHARE, seed=seed, layer=layer,
        )  # fmt: skip
        together = _together(method, batch_size, smooth)
        if method in ONE_PASS and not smooth:
            heard = _Heard(values)
            full, steps = _maps(method, twin, _batches(images, numbers, values, heard.asked, make, together), tell)
            said = values.of_logits(images, heard.logits())
            median_gap = _median_gap(said, values, probe)
        else:
            said = values(images)
            median_gap = _median_gap(said, values, probe)
            asked = partial(_asked, said, median_gap)
            full, steps = _maps(method, twin, _batches(images, numbers, values, asked, make, together), tell)
    return Attribution(
        method=method, baseline=baseline, target=target.text(classes), ids=tuple(numbers), full=full, gap=said.gap,
        median_gap=median_gap, steps=steps, wanted=wanted, predicted=said.predicted, positive=said.positive,
        negative=said.negative, smooth=smooth,
    )  # fmt: skip


class _Telling:
    """Says before every forward pass where the work stands: `done` of `total` images."""

    def __init__(self, progress: ProgressCallback | None, title: str, total: int) -> None:
        self.progress, self.title, self.total, self.done = progress, title, total, 0

    def __call__(self, text: str | None = None) -> None:
        if self.progress is not None:
            words = text or f"{self.title}, image {min(self.done + 1, self.total)} of {self.total}"
            self.progress(self.done, self.total, words)


def _layer_of_maps(network: "nn.Module", images: "Tensor") -> str:
    """Return the layer that Grad-CAM looks at; raise ExplorerError where there is none."""
    layer = seen_feature_map(network, images)
    if layer is None:
        raise ExplorerError(NO_FEATURE_MAP)
    return layer


def _together(method: str, batch_size: int, smooth: int) -> int:
    """Return how many images are worked on together."""
    most = TOGETHER_COPIED if method in ("integrated_gradients", "occlusion") else TOGETHER
    return max(1, min(most, batch_size // max(smooth, 1)))


def _batches(
    images: "Tensor", ids: list[int], values: ExplainedValues, asked: "Callable[[slice], dict[str, Any]]",
    make: "Callable[..., Batch]", together: int,
) -> "Iterator[Batch]":  # fmt: skip
    """Yield the images, `together` at a time; `asked` tells what is asked about some rows, `make` what all batches share."""
    for first in range(0, len(images), together):
        rows = slice(first, first + together)
        part = images[rows]
        yield make(images=part, baselines=values.baselines(part), ids=ids[rows], **asked(rows))


def _asked(said: Said, median_gap: float, rows: slice) -> dict[str, Any]:
    """Return what is asked about `rows` of the images that the network said this of."""
    return {"weights": said.weights[rows], "gaps": said.gap[rows], "median_gap": median_gap}


class _Heard:
    """What the network says of the images while their maps are made, for methods with one forward pass: no pass before it."""

    def __init__(self, values: ExplainedValues) -> None:
        self.values = values
        self.parts: list[Tensor] = []

    def asked(self, rows: slice) -> dict[str, Any]:
        """Return what is asked about `rows`: weights that are chosen when their logits are there."""
        return {"weights": partial(self._choose, rows)}

    def logits(self) -> "Tensor":
        """Return the logits of all images, (N, K)."""
        import torch

        return torch.cat(self.parts)

    def _choose(self, rows: slice, logits: "Tensor") -> "Tensor":
        self.parts.append(logits)
        return self.values.weights(logits, rows)


def _median_gap(said: Said, values: ExplainedValues, probe: "Tensor | None") -> float:
    """Return the median |gap| of the probe images, or of the images themselves."""
    return float(np.median(np.abs(said.gap if probe is None else values(probe.detach().to(said.weights.device)).gap)))


def _maps(method: str, network: "nn.Module", batches: "Iterable[Batch]", tell: _Telling) -> tuple[np.ndarray, np.ndarray]:
    """Return the attributions of all batches, (N, C, H, W), and the steps of their paths, (N,)."""
    from .attribution_methods import attributions_of

    parts, steps = [], []
    for batch in batches:
        found, used = attributions_of(method, network, batch, tell)
        parts.append(found.cpu().numpy())
        steps.append(used)
        tell.done += len(batch.images)
    return np.concatenate(parts), np.concatenate(steps)


def _check(method: str, baseline: str, images: "Tensor", ids: Sequence[int] | None, smooth: int) -> None:
    check_method(method)
    check_baseline(baseline)
    if images.ndim != 4 or len(images) < 1:
        raise ExplorerError(f"Attributions need images of shape (N, C, H, W), N at least 1; received {tuple(images.shape)}.")
    if ids is not None and len(ids) != len(images):
        raise ExplorerError(f"ids must hold one number per image; received {len(ids)} for {len(images)} images.")
    if smooth < 0 or (smooth and method == "occlusion"):
        raise ExplorerError(
            "SmoothGrad averages gradients: it takes a number of copies from 0, and Occlusion has no gradient;"
            f" received {smooth} copies for {METHODS[method]}."
        )
