"""Metrics at thresholds and of the k greatest predictions, over two batches, against NumPy."""

import numpy as np
import pytest

RNG = np.random.RandomState(0)
PROBABILITIES = RNG.rand(2, 30).astype("float32")
TRUE = RNG.rand(2, 30) < 0.4
WEIGHTS = RNG.randint(0, 3, 30).astype("float32")
SCORES = RNG.rand(2, 8, 6).astype("float32")
CLASSES = np.stack([np.sort(RNG.permutation(6)[:2]) for _ in range(16)]).reshape(2, 8, 2)


def run(tf, metric, **batches):
    """Return the value of a metric after two batches, and what the last update returned."""
    dtypes = {"b": tf.bool, "f": tf.float32, "i": tf.int64}
    given = {
        key: tf.placeholder(dtypes[data.dtype.kind], data.shape[1:])
        for key, data in batches.items()
    }
    value, update = metric(**given)
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        for number in (0, 1):
            feed = {given[key]: data[number] for key, data in batches.items()}
            last = session.run(update, feed)
        found = session.run(value)
    np.testing.assert_allclose(found, last, rtol=1e-6)
    return found


def counts(threshold):
    """Return true and false positives, true and false negatives above a threshold, weighted."""
    held, w = threshold < PROBABILITIES, np.stack([WEIGHTS, WEIGHTS])
    return [(w * case).sum() for case in (TRUE & held, ~TRUE & held, ~TRUE & ~held, TRUE & ~held)]


@pytest.mark.parametrize(
    ("name", "formula"),
    [
        ("true_positives", lambda tp, fp, tn, fn: tp),
        ("false_positives", lambda tp, fp, tn, fn: fp),
        ("true_negatives", lambda tp, fp, tn, fn: tn),
        ("false_negatives", lambda tp, fp, tn, fn: fn),
        ("precision", lambda tp, fp, tn, fn: tp / (tp + fp)),
        ("recall", lambda tp, fp, tn, fn: tp / (tp + fn)),
    ],
)
def test_counts_and_shares_at_thresholds(tf, name, formula):
    lines = [0.2, 0.5, 0.8]
    metric = getattr(tf.metrics, f"{name}_at_thresholds")
    found = run(
        tf, lambda **given: metric(thresholds=lines, weights=WEIGHTS, **given), labels=TRUE,
        predictions=PROBABILITIES,
    )  # fmt: skip
    np.testing.assert_allclose(found, [formula(*counts(line)) for line in lines], rtol=1e-5)


def test_one_share_where_the_other_is_nearest_to_what_is_asked_for(tf):
    each = [counts(line) for line in np.arange(1, 199) / 199]
    specificity = np.array([tn / (tn + fp) for _, fp, tn, _ in each])
    sensitivity = np.array([tp / (tp + fn) for tp, _, _, fn in each])
    both = {"labels": TRUE, "predictions": PROBABILITIES}
    found = run(
        tf, lambda **given: tf.metrics.sensitivity_at_specificity(
            specificity=0.7, weights=WEIGHTS, **given
        ), **both,
    )  # fmt: skip
    assert found == pytest.approx(sensitivity[np.argmin(np.abs(specificity - 0.7))], rel=1e-5)
    found = run(
        tf, lambda **given: tf.metrics.specificity_at_sensitivity(
            sensitivity=0.7, weights=WEIGHTS, **given
        ), **both,
    )  # fmt: skip
    away = np.abs(sensitivity - 0.7)
    assert found == pytest.approx(specificity[np.flatnonzero(away == away.min())[-1]], rel=1e-5)


def test_shares_among_the_greatest(tf):
    top = np.argsort(-SCORES, -1)[..., :3]
    hits = (top[..., :, None] == CLASSES[..., None, :]).sum((-1, -2))
    given = {"labels": CLASSES, "predictions": SCORES}
    metrics = tf.metrics
    assert run(tf, lambda **g: metrics.precision_at_k(k=3, **g), **given) == pytest.approx(
        hits.sum() / (3 * hits.size)
    )
    assert run(tf, lambda **g: metrics.recall_at_k(k=3, **g), **given) == pytest.approx(
        hits.sum() / (2 * hits.size)
    )
    chosen = {"labels": CLASSES, "predictions_idx": top}
    assert run(tf, metrics.precision_at_top_k, **chosen) == pytest.approx(hits.mean() / 3)
    assert run(tf, metrics.recall_at_top_k, **chosen) == pytest.approx(hits.mean() / 2)
    # Of one class alone: how often it is among the three, where it is among the labels.
    true, held = (CLASSES == 4).any(-1), (top == 4).any(-1)
    found = run(tf, lambda **g: metrics.recall_at_k(k=3, class_id=4, **g), **given)
    assert found == pytest.approx((true & held).sum() / true.sum())
    found = run(tf, lambda **g: metrics.precision_at_k(k=3, class_id=4, **g), **given)
    assert found == pytest.approx((true & held).sum() / held.sum())


def test_average_precision_among_the_greatest(tf):
    top = np.argsort(-SCORES, -1)[..., :3].reshape(-1, 3)
    each = []
    for row, labels in zip(top, CLASSES.reshape(-1, 2), strict=True):
        right = np.isin(row, labels)
        each.append((np.cumsum(right) / [1, 2, 3] * right).sum() / 2)
    found = run(
        tf, lambda **g: tf.metrics.average_precision_at_k(k=3, **g), labels=CLASSES,
        predictions=SCORES,
    )  # fmt: skip
    assert found == pytest.approx(np.mean(each), rel=1e-5)


def test_means_of_several_kinds(tf):
    x, y = SCORES[..., 0], SCORES[..., 1] - 0.5
    both = {"labels": x, "predictions": y}
    found = run(tf, lambda **g: tf.metrics.mean_relative_error(normalizer=g["labels"], **g), **both)
    assert found == pytest.approx(np.mean(np.abs(x - y) / x), rel=1e-5)
    found = run(tf, lambda **g: tf.metrics.mean_cosine_distance(dim=0, **g), **both)
    assert found == pytest.approx(1 - np.mean((x * y).sum(1)), rel=1e-5)
    np.testing.assert_allclose(run(tf, tf.metrics.mean_tensor, values=x), x.mean(0), rtol=1e-6)
    found = run(tf, lambda values: tf.metrics.percentage_below(values, 0.3), values=x)
    assert found == pytest.approx(np.mean(x < 0.3))
