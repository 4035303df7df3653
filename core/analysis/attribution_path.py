"""Integrated Gradients with as many steps as an image needs, put where the path needs them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from captum.attr import IntegratedGradients, Saliency
from torch import Tensor

from .attribution_captum import Explained
from .attribution_record import TINY, completeness_error

#: Intervals shorter than this share of the path are not halved: single precision would not tell their ends apart.
SHORTEST = 1e-5


def raised_steps(
    model: Explained,
    images: Tensor,
    baselines: Tensor,
    weights: Tensor,
    gaps: np.ndarray,
    *,
    median_gap: float,
    wanted: float,
    first: int,
    most: int,
    rows: int,
) -> tuple[Tensor, np.ndarray]:
    """Return Integrated Gradients (B, C, H, W) and the gradients that each image took (B,): `first`, or up to `most`.

    First captum's own, by Gauss-Legendre with `first` steps. Where a function has kinks the slope along the path has jumps, and
    n even steps leave an error like 1/n or so: images whose completeness error is above `wanted` walk the path again. There
    the error of every interval is known, the trapezoid of the slopes at its ends minus the difference of the values, and the
    worst intervals are halved until the whole is exact enough or `most` gradients are spent.
    """
    together = max(rows, len(images))
    result = IntegratedGradients(model).attribute(
        images, baselines, additional_forward_args=weights, n_steps=first, internal_batch_size=together
    ).detach()  # fmt: skip
    steps = np.full(len(images), first)
    error = completeness_error(result.flatten(1).double().sum(1).cpu().numpy(), gaps, median_gap)
    tolerance = wanted * np.maximum(np.abs(gaps), TINY * median_gap)
    pending = [i for i in np.flatnonzero((error > wanted) & (tolerance > 0)).tolist() if 2 * first + 1 <= most]
    if pending:
        paths = [_Path(i, images[i] - baselines[i], float(gaps[i]), float(tolerance[i]), most - first) for i in pending]
        _walk(model, baselines, weights, paths, first, rows)
        for path in paths:
            result[path.image] = path.attributions()
            steps[path.image] += len(path.places)
    return result, steps


@dataclass(eq=False)
class _Path:
    """The way from the baseline to one image: places from 0 to 1, in order, with value, slope and gradient at each."""

    image: int
    way: Tensor
    gap: float
    tolerance: float
    most: int
    places: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    gradients: list[Tensor] = field(default_factory=list)
    slopes: list[float] = field(default_factory=list)

    def add(self, place: float, value: float, gradient: Tensor) -> None:
        at = int(np.searchsorted(self.places, place))
        self.places.insert(at, place)
        self.values.insert(at, value)
        self.gradients.insert(at, gradient)
        self.slopes.insert(at, float((gradient.double() * self.way).sum()))

    def next_places(self) -> list[float]:
        """Return the middles of the intervals to halve now; none when the sum is exact enough or nothing more may be spent.

        The errors of intervals have either sign: those are halved without which the root of the sum of squares is half of
        what is allowed, and at most as many as there are.
        """
        lengths, errors = np.diff(self.places), np.abs(self._errors())
        if abs(float(self._weights() @ self.slopes) - self.gap) <= self.tolerance:
            return []
        errors = np.where(lengths > SHORTEST, errors, 0.0)
        order = np.argsort(-errors, kind="stable")
        left = np.sqrt(np.cumsum(errors[order][::-1] ** 2)[::-1])  # what stays if the ones before are halved
        count = max(1, int((left > self.tolerance / 2).sum()))
        chosen = [i for i in order[: min(count, self.most - len(self.places))].tolist() if errors[i] > 0]
        return [(self.places[i] + self.places[i + 1]) / 2 for i in sorted(chosen)]

    def attributions(self) -> Tensor:
        """Return the trapezoid sum of the gradients, times the way, (C, H, W)."""
        weights = torch.as_tensor(self._weights(), dtype=self.way.dtype, device=self.way.device)
        return torch.tensordot(weights, torch.stack(self.gradients), 1) * self.way

    def _weights(self) -> np.ndarray:
        lengths = np.diff(self.places)
        return (np.append(lengths, 0) + np.append(0, lengths)) / 2

    def _errors(self) -> np.ndarray:
        slopes, values = np.asarray(self.slopes), np.asarray(self.values)
        return np.diff(self.places) * (slopes[1:] + slopes[:-1]) / 2 - np.diff(values)


def _walk(model: Explained, baselines: Tensor, weights: Tensor, paths: Sequence[_Path], first: int, rows: int) -> None:
    """Take `first` even steps on every path, then halve intervals; `rows` places of all paths at a time."""
    wanted = [(path, place) for path in paths for place in np.linspace(0, 1, first + 1).tolist()]
    while wanted:
        for start in range(0, len(wanted), rows):
            _visit(model, baselines, weights, wanted[start : start + rows])
        wanted = [(path, place) for path in paths for place in path.next_places()]


def _visit(model: Explained, baselines: Tensor, weights: Tensor, wanted: Sequence[tuple[_Path, float]]) -> None:
    which = [path.image for path, _ in wanted]
    points = torch.stack([baselines[path.image] + place * path.way for path, place in wanted]).requires_grad_()
    gradients = Saliency(model).attribute(points, abs=False, additional_forward_args=weights[which]).detach()
    for (path, place), value, gradient in zip(wanted, model.values.tolist(), gradients, strict=True):
        path.add(place, value, gradient)
