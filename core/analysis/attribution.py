"""Attributions: which pixels the decision comes from, always with the true derivatives and with the noise off.

attribute(model, images, "integrated_gradients")            one method on some images of one network
method_table(model, images)                                 which methods hold for the network, and why not
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..errors import ExplorerError
from ..progress import ProgressCallback
from .attribution_baselines import baseline_images
from .attribution_choices import BASELINES, COMPLETE, METHODS, REFUSED, WITH_BASELINE, Target, check_baseline, check_method
from .attribution_record import Attribution, completeness_error, method_title
from .attribution_validity import NO_FEATURE_MAP, method_note, method_table, method_validity, seen_feature_map

if TYPE_CHECKING:
    from torch import Tensor, nn

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

    The network runs as a fork in evaluation mode, under `true_gradients` and with the noise off; `model` stays as it is, and
    threads may work on the same model. Integrated Gradients take `first_steps` gradients and, for an image whose error is above
    `wanted`, more of them where its path needs them, up to `most_steps`.

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
        batch_size: images of a forward pass, at most; DeepLift adds their baselines.
        progress: called before every forward pass, as (images done, N, text).

    Raises:
        ExplorerError: an unknown method or baseline, a method that is not valid here (with the reason), no images, a class
            that the network does not have.
    """
    target = target or Target()
    _check(method, baseline, images, ids, smooth)
    if check and method != "grad_cam" and (reason := method_validity(model, method, images)) is not None:
        raise ExplorerError(reason)
    import torch

    from ..activations import noise, true_gradients
    from ..models import fork
    from .attribution_methods import Batch, attributions_of

    twin = fork(model).eval().requires_grad_(False)
    device = next((p.device for p in twin.parameters()), images.device)
    layer = seen_feature_map(twin, images) if method == "grad_cam" else None
    if method == "grad_cam" and layer is None:
        raise ExplorerError(NO_FEATURE_MAP)
    images, numbers = images.detach().to(device), list(range(len(images)) if ids is None else ids)
    title, done = method_title(method, smooth), 0

    def tell(text: str | None = None) -> None:
        if progress is not None:
            progress(done, len(images), text or f"{title}, image {min(done + 1, len(images))} of {len(images)}")

    parts, steps = [], []
    with noise(twin, on=False), true_gradients(twin):
        values = _Values(twin, target, baseline, mean, sd, batch_size, lambda: tell("What the network says"))
        positive, negative, predicted, gap, weights = values(images)
        median_gap = float(np.median(np.abs(gap if probe is None else values(probe.detach().to(device))[3])))
        together = TOGETHER_COPIED if method in ("integrated_gradients", "occlusion") else TOGETHER
        together = max(1, min(together, batch_size // max(smooth, 1)))
        for rows in torch.arange(len(images), device=device).split(together):
            where = rows.cpu().numpy()
            part = images[rows]
            batch = Batch(
                images=part,
                baselines=baseline_images(baseline, part, mean, sd).expand_as(part),
                weights=weights[rows],
                gaps=gap[where],
                ids=[numbers[i] for i in where],
                median_gap=median_gap,
                wanted=wanted,
                first_steps=first_steps,
                most_steps=most_steps,
                rows=batch_size,
                smooth=smooth,
                smooth_share=SMOOTH_SHARE,
                seed=seed,
                layer=layer,
            )
            found, used = attributions_of(method, twin, batch, tell)
            parts.append(found.cpu().numpy())
            steps.append(used)
            done += len(part)
    return Attribution(
        method=method, baseline=baseline, target=target.text(classes), ids=tuple(int(i) for i in numbers),
        full=np.concatenate(parts), gap=gap, median_gap=median_gap, steps=np.concatenate(steps), wanted=wanted,
        predicted=predicted, positive=positive, negative=negative, smooth=smooth,
    )  # fmt: skip


class _Values:
    """The target of images and of their baselines: what the gap is made of."""

    def __init__(
        self,
        network: "nn.Module",
        target: Target,
        baseline: str,
        mean: Sequence[float] | None,
        sd: Sequence[float] | None,
        batch_size: int,
        before: Callable[[], None],
    ) -> None:
        self.network, self.target, self.batch_size, self.before = network, target, batch_size, before
        self.baseline = (baseline, mean, sd)

    def __call__(self, images: "Tensor") -> "tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, Tensor]":
        """Return positive, negative and predicted class (N,), the gap (N,), and the weights (N, K) of the logits."""
        import torch

        kind, mean, sd = self.baseline
        logits = self._logits(images)
        before = self._logits(baseline_images(kind, images, mean, sd))
        positive, negative = self.target.classes(logits.cpu().numpy())
        weights = torch.zeros_like(logits)
        rows = np.arange(len(logits))
        weights[rows, positive] = 1
        minus = negative >= 0
        weights[rows[minus], negative[minus]] -= 1
        gap = ((logits - before) * weights).sum(1, dtype=torch.float64).cpu().numpy()
        return positive, negative, logits.argmax(1).cpu().numpy(), gap, weights

    def _logits(self, images: "Tensor") -> "Tensor":
        import torch

        parts = []
        with torch.no_grad():
            for batch in images.split(self.batch_size):
                self.before()
                parts.append(self.network(batch))
        return torch.cat(parts)


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
