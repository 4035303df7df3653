"""What an attribution can be asked for: methods, targets, baselines. Plain words, no torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..errors import ExplorerError, unknown_name

#: The methods that are computed, with their names.
METHODS = {
    "integrated_gradients": "Integrated Gradients",
    "deep_lift": "DeepLift",
    "saliency": "Saliency",
    "input_x_gradient": "Input × Gradient",
    "grad_cam": "Grad-CAM",
    "occlusion": "Occlusion",
}
#: The methods whose map claims to sum to the gap: only these have a completeness error.
COMPLETE = ("integrated_gradients", "deep_lift")
#: The methods whose only forward pass also tells what the network predicts.
ONE_PASS = ("saliency", "input_x_gradient", "grad_cam")
#: The methods that compare with a baseline; Occlusion covers the image with pieces of it.
WITH_BASELINE = ("integrated_gradients", "deep_lift", "occlusion")
#: Methods that others offer and that are never valid here: `method_validity` says why.
REFUSED = {"guided_backprop": "Guided Backpropagation", "lrp": "Layer-wise Relevance Propagation"}
#: The baselines, with what they are.
BASELINES = {"black": "Black", "mean": "Mean colour", "blurred": "Blurred image"}


@dataclass(frozen=True, kw_only=True)
class Target:
    """The number that is explained: one logit, or the difference of two.

    positive: the class whose logit counts, or a tuple with one class per image; None: each image's predicted class.
    negative: the class whose logit is subtracted; "second": the highest logit of the other classes; None: nothing.
    """

    positive: int | tuple[int, ...] | None = None
    negative: int | Literal["second"] | None = None

    def __post_init__(self) -> None:
        if self.positive is not None and self.positive == self.negative:
            raise ExplorerError(f"The difference of class {self.positive} with itself is 0 everywhere; choose two classes.")

    def classes(self, logits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return for logits (N, K) the class that counts and the one that is subtracted (−1: none), both (N,)."""
        number, known = logits.shape
        for index in (*np.atleast_1d(self.positive or 0), self.negative):
            if not isinstance(index, str | None) and not 0 <= index < known:
                raise ExplorerError(f"A target must be a class from 0 to {known - 1}; received {index}.")
        self.check(number)
        positive = logits.argmax(1) if self.positive is None else np.full(number, self.positive)
        if self.negative == "second":
            others = logits.copy()
            others[np.arange(number), positive] = -np.inf
            return positive, others.argmax(1)
        return positive, np.full(number, -1 if self.negative is None else self.negative)

    def check(self, number: int) -> None:
        """Raise ExplorerError unless a class for every image is one for each of `number` images."""
        if isinstance(self.positive, tuple) and len(self.positive) != number:
            raise ExplorerError(f"positive must name one class per image; received {len(self.positive)} for {number} images.")

    def text(self, classes: Sequence[str] = ()) -> str:
        """Return the target in words: "logit of the predicted class", "logit of 'Bag' minus that of 'Coat'"."""
        first = _name(self.positive, classes) if isinstance(self.positive, int) else "the predicted class"
        first = "a class per image" if isinstance(self.positive, tuple) else first
        if self.negative is None:
            return f"logit of {first}"
        second = "the next likely class" if self.negative == "second" else _name(self.negative, classes)
        return f"logit of {first} minus that of {second}"


def check_method(method: str) -> None:
    """Raise ExplorerError for a method that is not computed here."""
    if method not in METHODS:
        raise unknown_name("attribution method", method, METHODS)


def check_baseline(baseline: str) -> None:
    """Raise ExplorerError for a baseline that is not known."""
    if baseline not in BASELINES:
        raise unknown_name("baseline", baseline, BASELINES)


def _name(index: int, classes: Sequence[str]) -> str:
    return f"'{classes[index]}'" if index < len(classes) else f"class {index}"
