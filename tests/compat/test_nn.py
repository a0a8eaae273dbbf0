"""``tf.nn``, ``tf.losses`` and ``tf.metrics`` against TensorFlow's own numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.compat.nn_cases import GOLDEN, computed

from giulgi.compat import modules

_EXPECTED = np.load(GOLDEN)


@pytest.fixture(scope="module")
def ours() -> dict[str, Any]:
    modules.install()
    import tensorflow as tf

    return computed(tf)


@pytest.mark.parametrize("name", list(_EXPECTED))
def test_values_are_tensorflows(ours: dict[str, Any], name: str) -> None:
    expected = _EXPECTED[name]
    assert ours[name].shape == expected.shape
    assert ours[name].dtype.kind == expected.dtype.kind
    np.testing.assert_allclose(ours[name], expected, rtol=2e-5, atol=2e-5)


def test_alpha_dropout_keeps_mean_and_variance(tf):
    numbers = np.random.RandomState(0).randn(200, 200).astype(np.float32)
    keep = tf.placeholder(tf.float32)
    y = tf.contrib.nn.alpha_dropout(numbers, keep)
    with tf.Session() as session:
        found = session.run(y, {keep: 0.8})
        np.testing.assert_allclose(session.run(y, {keep: 1.0}), numbers, rtol=1e-6)
    assert abs(found.mean()) < 0.02
    assert abs(found.var() - 1) < 0.03
    assert 0.18 < np.unique(found, return_counts=True)[1].max() / found.size < 0.22


def test_numbers_of_numpy_take_the_dtype_of_the_tensors_beside_them(tf):
    x, two = tf.ones([2, 4]), np.sqrt(2.0)
    cell = tf.nn.rnn_cell.BasicLSTMCell(4, forget_bias=np.float64(1.0))
    with tf.variable_scope("all", initializer=tf.orthogonal_initializer(two)):
        made = [
            tf.nn.leaky_relu(x, two), tf.nn.l2_normalize(x, 1, np.float64(1e-8)),
            tf.losses.huber_loss(x, x, delta=two), tf.layers.dense(x, 3),
            cell(x, cell.zero_state(2, tf.float32))[0], tf.keras.layers.LeakyReLU(two)(x),
            tf.keras.layers.Dropout(np.float64(0.5))(x), tf.nn.lrn(x[None, None], bias=two),
        ]  # fmt: skip
    assert {y.dtype.name for y in made} == {"float32"}
    assert tf.square(two).dtype == tf.float64


def test_how_many_of_the_greatest_may_be_computed(tf):
    numbers = np.random.RandomState(0).randn(4, 9).astype(np.float32)
    numbers[:, 3] = numbers[:, 6]  # Of equal ones the first comes first.
    x = tf.placeholder(tf.float32, [None, 9])
    count = tf.to_int32(tf.reduce_sum(tf.boolean_mask(x[:, 0], x[:, 0] > 5)))
    values, places = tf.nn.top_k(x, k=count)
    among = tf.nn.in_top_k(x, tf.constant([3, 3, 3, 3]), count)
    slope = tf.gradients(tf.reduce_sum(values * values), x)[0]
    with tf.Session() as session:
        for many in (6, 8):
            numbers[0, 0] = many
            found = session.run([values, places, among, slope], {x: numbers})
            order = np.argsort(-numbers, 1, kind="stable")[:, :many]
            np.testing.assert_array_equal(found[1], order)
            np.testing.assert_array_equal(found[0], np.take_along_axis(numbers, order, 1))
            np.testing.assert_array_equal(found[2], (numbers > numbers[:, 3:4]).sum(1) < many)
            chosen = np.zeros_like(numbers)
            np.put_along_axis(chosen, order, 1, 1)
            np.testing.assert_allclose(found[3], 2 * numbers * chosen, rtol=1e-6)
