"""Slopes where functions have a kink, or are put together of parts that have one: at 0.

A network whose biases begin with zeros, or whose logits come out of a ReLU, has zeros among its
numbers. The expected slopes are those of TensorFlow 2.21; of the losses the exact ones, which for
the weighted one TensorFlow misses at 0.
"""

import numpy as np
import pytest

X = [-1.0, 0.0, 0.0, 2.0]
LABELS = [0.0, 1.0, 0.3, 1.0]


def _sigmoid(x):
    return 1 / (1 + np.exp(-np.asarray(x)))


@pytest.mark.parametrize(
    ("name", "slopes"),
    [
        ("relu", [0, 0, 0, 1]),
        ("relu6", [0, 0, 0, 1]),
        ("elu", [np.exp(-1), 1, 1, 1]),
        ("leaky_relu", [0.2, 0.2, 0.2, 1]),
        ("selu", [0.64676, 1.0507, 1.0507, 1.0507]),
        ("softplus", _sigmoid(X)),
        ("log_sigmoid", 1 - _sigmoid(X)),
    ],
)
def test_slopes_of_activations(tf, name, slopes):
    x = tf.placeholder(tf.float32, [4])
    (slope,) = tf.gradients(getattr(tf.nn, name)(x), x)
    with tf.Session() as session:
        np.testing.assert_allclose(session.run(slope, {x: X}), slopes, atol=1e-4)


def test_slopes_of_cross_entropies_of_sigmoids(tf):
    x, y = tf.placeholder(tf.float32, [4]), tf.constant(LABELS)
    plain = tf.nn.sigmoid_cross_entropy_with_logits(logits=x, labels=y)
    weighted = tf.nn.weighted_cross_entropy_with_logits(logits=x, targets=y, pos_weight=3.0)
    found = [tf.gradients(loss, x)[0] for loss in (plain, weighted)]
    p, labels = _sigmoid(X), np.asarray(LABELS)
    with tf.Session() as session:
        first, second = session.run(found, {x: X})
    np.testing.assert_allclose(first, p - labels, atol=1e-6)
    np.testing.assert_allclose(second, (1 - labels) * p - 3 * labels * (1 - p), atol=1e-6)


@pytest.mark.parametrize("version", ["", "_v2"])
def test_slopes_of_a_softmax_whose_labels_do_not_add_to_1(tf, version):
    logits = np.float32([[1, 2, 3], [0, 0, 0], [1, -1, 2]])
    labels = np.float32([[0, 0, 0], [1, 1, 0], [0, 2.5, 0]])
    x, y = tf.placeholder(tf.float32, [None, 3]), tf.placeholder(tf.float32, [None, 3])
    function = getattr(tf.nn, f"softmax_cross_entropy_with_logits{version}")
    loss = function(labels=y, logits=x)
    by_x, by_y = tf.gradients(loss, [x, y])
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    with tf.Session() as session:
        feed = {x: logits, y: labels}
        value, slope = session.run([loss, by_x], feed)
        np.testing.assert_allclose(value, -(labels * np.log(p)).sum(1), rtol=1e-5)
        # TensorFlow's, whatever the labels add to; with 1 it is the exact one.
        np.testing.assert_allclose(slope, p - labels, atol=1e-6)
        if version:
            np.testing.assert_allclose(session.run(by_y, feed), -np.log(p), rtol=1e-5)
        else:
            assert by_y is None


def test_the_slope_of_a_sign_is_there_and_0(tf):
    x = tf.placeholder(tf.float32, [3])
    with tf.Session() as session:
        found = session.run([tf.sign(x), *tf.gradients(tf.sign(x), x)], {x: [-2.0, 0.0, np.nan]})
    np.testing.assert_array_equal(found[0], [-1, 0, np.nan])
    assert found[1][:2].tolist() == [0, 0]
