"""What TensorFlow refuses is refused, with its errors; what it takes is taken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest


@pytest.mark.parametrize(
    "build",
    [
        lambda tf: tf.constant(0.5, tf.int32),
        lambda tf: tf.constant([1.0, 2.0], dtype=tf.int32),
        lambda tf: tf.constant(1, tf.bool),
        lambda tf: tf.constant("a", tf.float32),
        lambda tf: tf.constant(3, tf.string),
        lambda tf: tf.constant(1) + 0.5,
        lambda tf: tf.constant([1]) < 1.5,
        lambda tf: tf.constant(1) + tf.constant(1.0),
        lambda tf: tf.constant(1.0) * tf.constant(1.0, tf.float64),
        lambda tf: tf.equal(tf.argmax([[1.0, 2.0]], 1), tf.constant([1])),
        lambda tf: tf.constant(3) / tf.constant(2, tf.int64),
        lambda tf: tf.matmul(tf.constant([[1.0]]), tf.constant([[1]])),
        lambda tf: tf.stack([tf.constant(1), tf.constant(1.0)]),
        lambda tf: tf.concat([tf.constant([1]), tf.constant([1.0])], 0),
        lambda tf: tf.where([True], tf.constant([1.0]), tf.constant([1])),
        lambda tf: tf.exp(tf.constant(1)),
        lambda tf: tf.sqrt(4),
        lambda tf: tf.reduce_mean(tf.equal([1, 2], [1, 3])),
        lambda tf: tf.reduce_all(tf.constant([1])),
        lambda tf: tf.logical_and(tf.constant(1), tf.constant(True)),
        lambda tf: tf.Variable(1) + 0.5,
        lambda tf: tf.Variable(0.5, dtype=tf.int32),
    ],
)
def test_types_that_do_not_fit_are_refused(tf: Any, build: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError):
        build(tf)


@pytest.mark.parametrize(
    ("build", "dtype", "value"),
    [
        (lambda tf: tf.constant([np.float64(1)]), "float32", [1]),
        (lambda tf: tf.constant([np.int64(1)]), "int32", [1]),
        (lambda tf: tf.constant(np.float64(1)), "float64", 1),
        (lambda tf: tf.constant([1, 2.5]), "float32", [1, 2.5]),
        (lambda tf: tf.constant(np.array([0.5, 1.5]), tf.int32), "int32", [0, 1]),
        (lambda tf: tf.constant(True, tf.float32), "float32", 1),
        (lambda tf: tf.constant(1) + np.array([0.5, 1.0]), "int32", [1, 2]),
        (lambda tf: tf.constant(1.0) + np.array([0.5, 1.0]), "float32", [1.5, 2]),
        (lambda tf: tf.constant(1.0) * 2, "float32", 2),
        (lambda tf: tf.constant(3) / 2, "float64", 1.5),
        (lambda tf: tf.maximum(tf.constant(2.5), 0), "float32", 2.5),
        (lambda tf: tf.stack([tf.constant(1.0), 2]), "float32", [1, 2]),
        (lambda tf: tf.nn.relu(tf.constant([1, -1])), "int32", [1, 0]),
        (lambda tf: tf.range(np.int64(2)), "int64", [0, 1]),
    ],
)
def test_types_that_fit_are_taken(
    tf: Any, build: Callable[[Any], Any], dtype: str, value: Any
) -> None:
    made = build(tf)
    assert made.dtype == dtype
    with tf.Session() as session:
        np.testing.assert_array_equal(session.run(made), value)


def test_tensors_of_other_graphs_are_refused(tf: Any) -> None:
    outside = tf.placeholder(tf.float32)
    with tf.Graph().as_default(), tf.Session() as session:
        inside = tf.constant(1.0)
        with pytest.raises(ValueError, match="same graph"):
            outside + inside
        with pytest.raises(ValueError, match="not an element of this graph"):
            session.run(outside)
        with pytest.raises(TypeError, match="not an element of this graph"):
            session.run(inside, {outside: 1.0})
