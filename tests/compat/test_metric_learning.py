"""Losses of distances between examples, against sums over pairs in NumPy."""

import numpy as np
import pytest

RNG = np.random.default_rng(5)
X = RNG.normal(size=(8, 3)).astype(np.float32)
LABELS = np.array([0, 1, 2, 0, 1, 2, 0, 1])


def _triplets(x, labels, margin):
    d = np.square(x[:, None] - x).sum(2)
    found = []
    for a in range(len(x)):
        others = d[a][labels != labels[a]]
        for p in range(len(x)):
            if p != a and labels[p] == labels[a]:
                farther = others[others > d[a, p]]
                n = farther.min() if len(farther) else others.max()
                found.append(max(margin + d[a, p] - n, 0))
    return np.mean(found)


@pytest.mark.parametrize("scale", [1.0, 0.2])
def test_triplets_of_half_hard_negatives(tf, scale):
    x = tf.placeholder(tf.float32, [None, 3])
    loss = tf.contrib.losses.metric_learning.triplet_semihard_loss(LABELS, x, margin=0.5)
    (slope,) = tf.gradients(loss, x)
    with tf.Session() as session:
        value, slopes = session.run([loss, slope], {x: X * scale})
    assert value == pytest.approx(_triplets(X * scale, LABELS, 0.5), rel=1e-4)
    assert np.isfinite(slopes).all()
    assert np.abs(slopes).sum() > 0


def test_pairs(tf):
    a, b, y = X[:4], X[4:], np.array([0, 1, 1, 0])
    home = tf.contrib.losses.metric_learning
    d = np.linalg.norm(a - b, axis=1)
    expected = np.mean(y * d**2 + (1 - y) * np.maximum(2 - d, 0) ** 2)
    logits = a @ b.T
    logs = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    same = (y[:, None] == y) / 2
    penalty = 0.25 * 0.002 * (np.square(a).sum(1).mean() + np.square(b).sum(1).mean())
    with tf.Session() as session:
        found = session.run([home.contrastive_loss(y, a, b, 2.0), home.npairs_loss(y, a, b)])
    np.testing.assert_allclose(found, [expected, penalty - (same * logs).sum(1).mean()], rtol=1e-5)
