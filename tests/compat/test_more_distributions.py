"""Distributions that tf.distributions and contrib have besides, against SciPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.special import logsumexp

_X = np.array([0.2, 0.5, 0.9])


@pytest.mark.parametrize(
    ("name", "arguments", "expected", "x"),
    [
        ("Laplace", (0.3, 2.0), stats.laplace(0.3, 2), _X),
        ("Gumbel", (0.3, 2.0), stats.gumbel_r(0.3, 2), _X),
        ("Logistic", (0.3, 2.0), stats.logistic(0.3, 2), _X),
        ("StudentT", (5.0, 0.3, 2.0), stats.t(5, 0.3, 2), _X),
        ("Exponential", (2.0,), stats.expon(scale=0.5), _X),
        ("Gamma", (3.0, 2.0), stats.gamma(3, scale=0.5), _X),
        ("Beta", (2.0, 3.0), stats.beta(2, 3), _X),
        ("Poisson", (2.0,), stats.poisson(2), np.array([0.0, 2.0, 5.0])),
        ("Dirichlet", ([1.0, 2.0, 3.0],), stats.dirichlet([1, 2, 3]), np.array([0.2, 0.5, 0.3])),
        (
            "MultivariateNormalTriL", ([1.0, 2.0], [[2.0, 0.0], [0.5, 1.0]]),
            stats.multivariate_normal([1, 2], [[4, 1], [1, 1.25]]), np.array([0.5, 1.0]),
        ),
    ],
)  # fmt: skip
def test_likelihoods_and_draws(tf: Any, name: str, arguments: Any, expected: Any, x: Any) -> None:
    made = getattr(tf.contrib.distributions, name)(*arguments)
    with tf.Session() as session:
        found, mean, drawn = session.run(
            [made.log_prob(x.astype(np.float32)), made.mean(), made.sample(20_000, seed=3)]
        )
    log = expected.logpmf if name == "Poisson" else expected.logpdf
    middle = expected.mean if name == "MultivariateNormalTriL" else expected.mean()
    np.testing.assert_allclose(found, log(x), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(mean, middle, rtol=1e-5)
    np.testing.assert_allclose(drawn.mean(0), middle, atol=0.1)


def _log_of_mixture(x: Any) -> Any:
    logs = [stats.norm(-1, 0.5).logpdf(x), stats.norm(2, 1).logpdf(x)]
    return logsumexp(logs, axis=0, b=np.array([[0.3], [0.7]]))


def test_mixtures(tf: Any) -> None:
    tfd = tf.contrib.distributions
    parts = tfd.Categorical(probs=[0.3, 0.7])
    one = tfd.Mixture(parts, [tfd.Normal(-1.0, 0.5), tfd.Normal(2.0, 1.0)])
    other = tfd.MixtureSameFamily(parts, tfd.Normal([-1.0, 2.0], [0.5, 1.0]))
    for made in (one, other):
        with tf.Session() as session:
            found = session.run(
                [made.log_prob(_X.astype(np.float32)[:, None]), made.mean(), made.sample(20_000)]
            )
        np.testing.assert_allclose(np.ravel(found[0]), _log_of_mixture(_X), rtol=1e-5)
        np.testing.assert_allclose(found[1], 1.1, rtol=1e-5)
        np.testing.assert_allclose(found[2].mean(), 1.1, atol=0.05)


def test_mixtures_of_vectors(tf: Any) -> None:
    tfd = tf.contrib.distributions
    shares = tfd.Categorical(logits=[[0.0, 0.0]])
    vectors = [tfd.MultivariateNormalDiag([[m, -m]], [[1.0, 1.0]]) for m in (1.0, 3.0)]
    made = tfd.Mixture(shares, vectors)
    with tf.Session() as session:
        found, drawn = session.run([made.log_prob([[1.0, -1.0]]), made.sample(5)])
    normal = stats.multivariate_normal
    logs = [normal([m, -m], np.eye(2)).logpdf([1, -1]) for m in (1, 3)]
    np.testing.assert_allclose(found, [logsumexp(logs) - np.log(2)], rtol=1e-5)
    assert drawn.shape == (5, 1, 2)


def test_classes_as_rows(tf: Any) -> None:
    made = tf.contrib.distributions.OneHotCategorical(probs=[0.2, 0.8])
    with tf.Session() as session:
        found, drawn = session.run([made.log_prob([0, 1]), made.sample(2000, seed=1)])
    np.testing.assert_allclose(found, np.log(0.8), rtol=1e-5)
    np.testing.assert_allclose(drawn.mean(0), [0.2, 0.8], atol=0.05)
    assert (drawn.sum(1) == 1).all()


def test_entropies_of_gamma_and_beta(tf):
    made = [tf.distributions.Gamma([2.0, 0.5], 3.0), tf.distributions.Beta([2.0, 0.5], 3.0)]
    with tf.Session() as session:
        found = session.run([each.entropy() for each in made])
    # SciPy's gamma(a, scale=1 / 3).entropy() and beta(a, 3).entropy().
    np.testing.assert_allclose(found, [[0.478603, -1.008002], [-0.234907, -1.108050]], atol=1e-5)
