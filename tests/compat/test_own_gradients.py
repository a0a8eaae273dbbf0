"""Gradients that a program tells itself, against what is derived by hand."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

_numbers = itertools.count()


def _registered(tf: Any, rule: Any) -> str:
    name = f"Own{next(_numbers)}"
    tf.RegisterGradient(name)(rule)
    return name


def test_an_identity_turns_its_gradient_around(tf: Any) -> None:
    name = _registered(tf, lambda op, grad: [tf.negative(grad) * 3.0])
    x = tf.constant([1.0, 2.0])
    with tf.get_default_graph().gradient_override_map({"Identity": name}):
        y = tf.identity(x)
    outside = tf.identity(x)
    with tf.Session() as session:
        found, slope, other = session.run([y, *tf.gradients(y * y, x), *tf.gradients(outside, x)])
    np.testing.assert_array_equal(found, [1, 2])
    np.testing.assert_array_equal(slope, [-6, -12])
    np.testing.assert_array_equal(other, [1, 1])


def test_guided_gradients_pass_where_both_are_positive(tf: Any) -> None:
    def guided(op: Any, grad: Any) -> Any:
        passed = tf.cast(op.outputs[0] > 0, tf.float32) * grad
        return tf.where(grad > 0.0, passed, tf.zeros_like(grad))

    x, weights = tf.constant([1.0, -2.0, 3.0]), tf.constant([1.0, 1.0, -1.0])
    with tf.get_default_graph().gradient_override_map({"Relu": _registered(tf, guided)}):
        y = tf.nn.relu(x)
    with tf.Session() as session:
        np.testing.assert_array_equal(session.run(tf.gradients(y * weights, x)[0]), [1, 0, 0])


def test_what_has_no_slope_is_trained_straight_through(tf: Any) -> None:
    w = tf.Variable([0.3, -0.7])
    with tf.get_default_graph().gradient_override_map({"Sign": "Identity"}):
        loss = tf.reduce_sum(tf.sign(w) * [1.0, 2.0])
    step = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(step)
        np.testing.assert_allclose(session.run(w), [0.2, -0.9], rtol=1e-6)


def test_functions_of_python_have_gradients(tf: Any) -> None:
    def slopes(op: Any, first: Any, second: Any) -> Any:
        return first * 2 * op.inputs[0], second

    x, z = tf.placeholder(tf.float32, [2]), tf.placeholder(tf.float32, [2])
    with tf.get_default_graph().gradient_override_map({"PyFunc": _registered(tf, slopes)}):
        squares, copies = tf.py_func(lambda a, b: (a * a, b), [x, z], [tf.float32, tf.float32])
    loss = tf.reduce_sum(squares) * 3.0 + tf.reduce_sum(copies * [1.0, 7.0])
    with tf.Session() as session:
        found = session.run([squares, *tf.gradients(loss, [x, z])], {x: [1, 2], z: [3, 4]})
    np.testing.assert_array_equal(found, [[1, 4], [6, 12], [1, 7]])


def test_functions_of_several_results_have_gradients(tf: Any) -> None:
    @tf.custom_gradient
    def both(x: Any, y: Any) -> Any:
        return (x * 1.0, y * 2.0), lambda a, b: (a * 2.0 + b, b * 3.0)

    x, y = tf.constant([1.0, 2.0]), tf.constant([3.0, 4.0])
    first, second = both(x, y)
    with tf.Session() as session:
        found = session.run([second, *tf.gradients(first * [1.0, 2.0] + second, [x, y])])
    np.testing.assert_array_equal(found, [[6, 8], [3, 5], [3, 3]])


def test_names_of_gradients_are_known_and_registered_once(tf: Any) -> None:
    name = _registered(tf, lambda op, grad: [grad])
    with pytest.raises(KeyError, match=name):
        tf.RegisterGradient(name)(lambda op, grad: [grad])
    x = tf.constant(1.0)
    with tf.get_default_graph().gradient_override_map({"Sign": "nobody"}):
        y = tf.sign(x)
    with pytest.raises(LookupError, match="nobody"):
        tf.gradients(y, x)
