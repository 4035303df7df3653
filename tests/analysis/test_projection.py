import numpy as np
import pytest
from scipy.stats import entropy
from sklearn.decomposition import PCA

from core.analysis.projection import effective_rank, fit_projection


@pytest.mark.parametrize("shape", [(30, 8), (8, 30)])
def test_the_projection_is_scikit_learns_pca_up_to_the_sign(shape):
    x = np.random.default_rng(0).normal(size=shape) * np.linspace(1, 3, shape[1]) + 5
    ours, theirs = fit_projection(x), PCA(2, svd_solver="full").fit(x)
    signs = np.sign((ours.components * theirs.components_).sum(1))
    np.testing.assert_allclose(ours.components, signs[:, None] * theirs.components_, atol=1e-8)
    np.testing.assert_allclose(ours.explained, theirs.explained_variance_ratio_, rtol=1e-8)
    np.testing.assert_allclose(ours(x), theirs.transform(x) * signs, atol=1e-8)
    assert ours.variance == pytest.approx(x.var(0, ddof=1).sum())
    assert (np.abs(ours.components).max(1) == ours.components.max(1)).all()


def test_features_on_a_line_or_a_point_have_no_second_direction():
    line = np.outer(np.arange(5.0), [3.0, 4.0, 0.0])
    p = fit_projection(line)
    np.testing.assert_allclose(p.components, [[0.6, 0.8, 0], [0, 0, 0]], atol=1e-12)
    np.testing.assert_allclose(p.explained, [1, 0], atol=1e-12)
    np.testing.assert_allclose(p(line), np.stack([5.0 * np.arange(5) - 10, np.zeros(5)], 1), atol=1e-12)
    point = fit_projection(np.ones((4, 3)))
    assert (point.explained.tolist(), point.variance) == ([0, 0], 0)
    assert fit_projection(np.arange(4.0)[:, None]).components.tolist() == [[1.0], [0.0]]


def test_the_effective_rank_is_exp_of_the_entropy_of_the_eigenvalues():
    x = np.random.default_rng(0).normal(size=(40, 6)) * np.array([5, 3, 1, 1, 0.5, 0.1])
    x -= x.mean(0)
    expected = np.exp(entropy(np.linalg.svd(x, compute_uv=False) ** 2))
    assert effective_rank(x) == pytest.approx(expected)
    assert effective_rank(x.T @ np.eye(40)) == pytest.approx(expected)


def test_the_effective_rank_counts_directions_and_is_blind_to_scale():
    ball = np.concatenate([np.eye(7), -np.eye(7)])
    assert effective_rank(ball) == pytest.approx(7)
    assert effective_rank(1000 * ball) == pytest.approx(7)
    assert effective_rank(np.outer([-1.0, 0, 1], [1.0, 2])) == pytest.approx(1)
    assert effective_rank(np.zeros((3, 2))) == 0
