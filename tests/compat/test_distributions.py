"""Distributions against the formulas in NumPy, and draws against their moments."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

LOC, SCALE = np.float32([[0.5, -1], [2, 0]]), np.float32([1.5, 0.25])
LOGITS = np.float32([[1, 2, 0.5], [0, -1, 3]])
P = np.exp(LOGITS) / np.exp(LOGITS).sum(1, keepdims=True)


def run(tf: Any, *fetches: Any) -> Any:
    with tf.Session() as session:
        return session.run(list(fetches))


def dense(x: Any, loc: Any, scale: Any) -> Any:
    return np.exp(-(((x - loc) / scale) ** 2) / 2) / (scale * np.sqrt(2 * np.pi))


def divergence(m: Any, s: Any, n: Any, t: Any) -> Any:
    return np.log(t / s) + (s**2 + (m - n) ** 2) / (2 * t**2) - 0.5


def test_normal(tf: Any) -> None:
    tf.set_random_seed(1)
    one, other = tf.distributions.Normal(LOC, SCALE), tf.distributions.Normal(0.0, 2.0)
    assert one.batch_shape.as_list() == [2, 2]
    x = np.float32([0.3, 0.2])
    prob, log, entropy, apart, drawn, cdf = run(
        tf, one.prob(x), one.log_prob(x), one.entropy(), tf.distributions.kl_divergence(one, other),
        one.sample(5000), one.cdf(LOC),
    )  # fmt: skip
    np.testing.assert_allclose(prob, dense(x, LOC, SCALE), rtol=1e-5)
    np.testing.assert_allclose(log, np.log(dense(x, LOC, SCALE)), rtol=1e-5)
    wanted = np.broadcast_to(np.log(SCALE * np.sqrt(2 * np.pi * np.e)), (2, 2))
    np.testing.assert_allclose(entropy, wanted, rtol=1e-5)
    np.testing.assert_allclose(apart, divergence(LOC, SCALE, 0, 2), rtol=1e-5)
    np.testing.assert_allclose(drawn.mean(0), LOC, atol=0.1)
    np.testing.assert_allclose(drawn.std(0), wanted * 0 + SCALE, rtol=0.05)
    np.testing.assert_allclose(cdf, 0.5)


def test_a_policy_learns_through_what_it_draws(tf: Any) -> None:
    mean, state = tf.Variable(0.0), tf.placeholder(tf.float32, [None, 1])
    policy = tf.contrib.distributions.Normal(loc=mean * state, scale=1.0)
    assert policy.sample(1).shape.as_list() == [1, None, 1]
    slope = tf.gradients(-policy.log_prob(tf.stop_gradient(policy.sample() * 0 + 3)), mean)[0]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert session.run(slope, {state: [[1], [2]]}) == pytest.approx(-3 - 6)


@pytest.mark.parametrize("by", ["logits", "probs"])
def test_categorical(tf: Any, by: str) -> None:
    tf.set_random_seed(1)
    one = tf.distributions.Categorical(**{by: LOGITS if by == "logits" else P})
    even = tf.distributions.Categorical(logits=np.zeros((2, 3), np.float32))
    log, entropy, apart, drawn, single, best = run(
        tf, one.log_prob([1, 2]), one.entropy(), one.kl_divergence(even), one.sample(4000),
        one.sample(), one.mode(),
    )  # fmt: skip
    np.testing.assert_allclose(log, np.log([P[0, 1], P[1, 2]]), rtol=1e-5)
    np.testing.assert_allclose(entropy, -(P * np.log(P)).sum(1), rtol=1e-5)
    np.testing.assert_allclose(apart, (P * np.log(P * 3)).sum(1), rtol=1e-4)
    assert drawn.shape == (4000, 2)
    assert drawn.dtype == np.int32
    assert single.shape == (2,)
    np.testing.assert_allclose((drawn == [1, 2]).mean(0), [P[0, 1], P[1, 2]], atol=0.05)
    np.testing.assert_array_equal(best, [1, 2])


def test_bernoulli_and_uniform(tf: Any) -> None:
    p = np.float32([0.2, 0.7])
    one, other = tf.distributions.Bernoulli(probs=p), tf.distributions.Bernoulli(probs=0.5)
    log, entropy, apart, drawn = run(
        tf, one.log_prob([1, 0]), one.entropy(), one.kl_divergence(other), one.sample([3000])
    )
    np.testing.assert_allclose(log, np.log([0.2, 0.3]), rtol=1e-5)
    wanted = -(p * np.log(p) + (1 - p) * np.log(1 - p))
    np.testing.assert_allclose(entropy, wanted, rtol=1e-5)
    np.testing.assert_allclose(apart, np.log(2) - wanted, rtol=1e-4)
    np.testing.assert_allclose(drawn.mean(0), p, atol=0.05)
    flat = tf.distributions.Uniform(1.0, 3.0)
    inside, outside, mean, drawn = run(
        tf, flat.prob(2.0), flat.prob(3.5), flat.mean(), flat.sample(9)
    )
    assert (inside, outside, mean) == (0.5, 0.0, 2.0)
    assert np.all((drawn >= 1) & (drawn < 3))


def test_vectors(tf: Any) -> None:
    d = tf.contrib.distributions
    one, unit = d.MultivariateNormalDiag(LOC, SCALE), d.MultivariateNormalDiag(tf.zeros(2))
    log, apart, drawn = run(tf, one.log_prob(LOC + 1), d.kl_divergence(one, unit), one.sample(7))
    np.testing.assert_allclose(log, np.log(dense(1, 0, SCALE)).sum() * np.ones(2), rtol=1e-5)
    np.testing.assert_allclose(apart, divergence(LOC, SCALE, 0, 1).sum(1), rtol=1e-5)
    assert drawn.shape == (7, 2, 2)
    assert (one.batch_shape.as_list(), one.event_shape.as_list()) == ([2], [2])
    with pytest.raises(NotImplementedError, match="Normal"):
        d.kl_divergence(d.Normal(0.0, 1.0), d.Bernoulli(0.5))


def test_classes_of_a_batch_of_any_size(tf):
    logits, value = tf.placeholder(tf.float32, [None, 3]), tf.placeholder(tf.int32, [None])
    classes = tf.distributions.Categorical(logits=logits)
    fed = np.log([[0.2, 0.3, 0.5], [0.6, 0.3, 0.1]])
    with tf.Session() as session:
        found = session.run(classes.prob(value), {logits: fed, value: [2, 0]})
        drawn = session.run([classes.sample(), classes.event_size], {logits: fed})
    np.testing.assert_allclose(found, [0.5, 0.6], rtol=1e-5)
    assert (drawn[0].shape, drawn[1]) == ((2,), 3)
