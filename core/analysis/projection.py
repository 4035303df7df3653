"""One fixed projection for all panels: principal components fitted on noise-off features."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Projection:
    """Two directions in a feature space of D dimensions.

    `mean` (D,), `components` (2, D) of length 1 (0 where the features have fewer dimensions that vary), `explained` (2,): share
    of the total variance along each, `variance`: total variance of the fitted features (divided by n − 1).
    """

    mean: np.ndarray
    components: np.ndarray
    explained: np.ndarray
    variance: float

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """Return the coordinates (…, 2) of `features` (…, D)."""
        return (features - self.mean) @ self.components.T


def fit_projection(features: np.ndarray) -> Projection:
    """Return the first two principal components of `features` (N, D), N ≥ 2.

    Exact and without random numbers: an eigendecomposition on the smaller side of the matrix. The entry of a component that is
    largest in size is positive, so that a picture does not flip from one machine to the next.
    """
    x = np.asarray(features, dtype=np.float64)
    mean = x.mean(0)
    x = x - mean
    values, vectors = _leading(x)
    components = np.zeros((2, x.shape[1]))
    components[: len(vectors)] = vectors
    total = float((x**2).sum())
    explained = np.zeros(2)
    explained[: len(values)] = values / total if total > 0 else 0.0
    return Projection(mean, components, explained, total / (len(x) - 1))


def effective_rank(deviations: np.ndarray) -> float:
    """Return exp(entropy) of the normalised eigenvalues of the covariance of `deviations` (M, D): 1 for a line, D for a ball.

    The deviations must be centred. 0 where there is no variance. (Roy and Vetterli, EUSIPCO 2007.)
    """
    gram = deviations @ deviations.T if len(deviations) <= deviations.shape[1] else deviations.T @ deviations
    values = np.linalg.eigvalsh(gram.astype(np.float64)).clip(min=0)
    if not values.sum() > 0:
        return 0.0
    p = values / values.sum()
    p = p[p > 0]
    return float(np.exp(-(p * np.log(p)).sum()))


def _leading(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return at most two eigenvalues of x'x, largest first, and their vectors (k, D), for centred `x` (N, D)."""
    from scipy.linalg import eigh

    wide = x.shape[1] > x.shape[0]
    gram = x @ x.T if wide else x.T @ x
    size = len(gram)
    values, vectors = eigh(gram, subset_by_index=(max(0, size - 2), size - 1))
    values, vectors = values[::-1], vectors[:, ::-1].T
    kept = values > 1e-12 * max(float(values[0]), 1e-300)
    values, vectors = values[kept], vectors[kept]
    if wide:
        vectors = vectors @ x / np.sqrt(values)[:, None]
    signs = np.sign(vectors[np.arange(len(vectors)), np.abs(vectors).argmax(1)])
    return values, vectors * signs[:, None]
