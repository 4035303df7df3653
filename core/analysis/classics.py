"""The classic activation functions that a learned curve is compared with: each by its formula, some with one number to fit."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, ndtr


@dataclass(frozen=True, kw_only=True)
class Classic:
    """A function, or a family of them with one fitted number.

    `function` maps points (P,) and numbers (K, 1) to values (K, P); functions without a number give (1, P). `low` and `high`
    bound the number, `geometric` says that it is searched on a logarithmic scale. `contains` names the functions that the
    family becomes at some number, or in the limit.
    """

    name: str
    function: Callable[[np.ndarray, np.ndarray], np.ndarray]
    low: float = 0.0
    high: float = 0.0
    geometric: bool = False
    contains: tuple[str, ...] = ()

    @property
    def fitted(self) -> bool:
        """Whether there is a number to fit."""
        return self.high > self.low

    @property
    def rank(self) -> int:
        """How simple it is: linear 0, without a number 1, with a fitted one 2."""
        return 2 if self.fitted else int(self.name != "linear")

    def numbers(self, count: int) -> np.ndarray:
        """Return `count` numbers from low to high, (count,); [0] where there is none to fit."""
        if not self.fitted:
            return np.zeros(1)
        return (np.geomspace if self.geometric else np.linspace)(self.low, self.high, count)

    def values(self, x: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        """Return the functions with `numbers` (K,) at `x` (P,): (K, P)."""
        return np.atleast_2d(self.function(x, np.atleast_1d(numbers)[:, None]))


def _leaky(x: np.ndarray, slope: np.ndarray) -> np.ndarray:
    return np.where(x > 0, x, slope * x)


def _elu(x: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


#: Linear is the identity and every multiple of it, as any output scale and offset is allowed.
CLASSICS = (
    Classic(name="linear", function=lambda x, _: x),
    Classic(name="ReLU", function=lambda x, _: np.maximum(x, 0)),
    Classic(name="SiLU", function=lambda x, _: x * expit(x)),
    Classic(name="GELU", function=lambda x, _: x * ndtr(x)),
    Classic(name="Softplus", function=lambda x, _: np.logaddexp(0, x)),
    Classic(name="tanh", function=lambda x, _: np.tanh(x)),
    Classic(name="sigmoid", function=lambda x, _: expit(x)),
    Classic(name="softsign", function=lambda x, _: x / (1 + np.abs(x))),
    Classic(name="abs", function=lambda x, _: np.abs(x)),
    Classic(name="square", function=lambda x, _: x * x),
    # Slopes beyond 1 in size are mirrored ones: LeakyReLU(4) is −4 LeakyReLU(0.25) of −x.
    Classic(name="LeakyReLU", function=_leaky, low=-4, high=4, contains=("linear", "ReLU", "abs")),
    Classic(name="ELU", function=_elu, low=0, high=4, contains=("ReLU",)),
    Classic(
        name="Swish", function=lambda x, b: x * expit(b * x), low=0.05, high=50, geometric=True,
        contains=("linear", "ReLU", "SiLU"),
    ),
    Classic(
        name="clipped ReLU", function=lambda x, n: np.minimum(np.maximum(x, 0), n), low=0.02, high=50, geometric=True,
        contains=("ReLU",),
    ),
)  # fmt: skip
