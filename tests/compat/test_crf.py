"""Conditional random fields against sums over all tags."""

from __future__ import annotations

from itertools import pairwise, product
from typing import Any

import numpy as np

BATCH, STEPS, TAGS = 3, 4, 3


def _score(x: Any, between: Any, tags: Any) -> float:
    own = sum(x[t, tag] for t, tag in enumerate(tags))
    return own + sum(between[a, b] for a, b in pairwise(tags))


def test_likelihood_and_best_tags(tf: Any) -> None:
    draw = np.random.RandomState(0)
    x = draw.randn(BATCH, STEPS, TAGS).astype(np.float32)
    between = draw.randn(TAGS, TAGS).astype(np.float32)
    tags, lengths = draw.randint(0, TAGS, (BATCH, STEPS)), [4, 2, 1]
    crf = tf.contrib.crf
    likelihood, steps = crf.crf_log_likelihood(
        tf.constant(x), tf.constant(tags), tf.constant(lengths)
    )
    best, score = crf.crf_decode(tf.constant(x), steps, tf.constant(lengths))
    with tf.Session() as session:
        steps.load(between, session)
        found, found_best, found_score = session.run([likelihood, best, score])
    for i, n in enumerate(lengths):
        scores = {y: _score(x[i], between, y) for y in product(range(TAGS), repeat=n)}
        total = np.log(sum(np.exp(s) for s in scores.values()))
        np.testing.assert_allclose(found[i], scores[tuple(tags[i, :n])] - total, rtol=1e-4)
        likeliest = max(scores, key=lambda y: scores[y])
        assert tuple(found_best[i, :n]) == likeliest
        np.testing.assert_allclose(found_score[i], scores[likeliest], rtol=1e-5)
        assert tuple(crf.viterbi_decode(x[i, :n], between)[0]) == likeliest
