"""Cells of contrib against their formulas in NumPy, ``raw_rnn`` against TensorFlow's numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

_X = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)
_H = np.random.default_rng(1).normal(size=(3, 2)).astype(np.float32)
_C = np.random.default_rng(2).normal(size=(3, 2)).astype(np.float32)


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def _ran(tf: Any, cell: Any, state: Any) -> tuple[Any, dict[str, Any]]:
    """Return what a cell gives for one step, and its variables by the ends of their names."""
    results = cell(tf.constant(_X), state)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        variables = tf.global_variables()
        values = dict(zip([v.op.name for v in variables], session.run(variables), strict=True))
        return session.run(results), values


def test_gru_of_a_block(tf: Any) -> None:
    (h, _), w = _ran(tf, tf.contrib.rnn.GRUBlockCell(2), tf.constant(_H))
    assert sorted(w) == [f"gru_cell/{name}" for name in ("b_c", "b_ru", "w_c", "w_ru")]
    gates = np.hstack([_X, _H]) @ w["gru_cell/w_ru"] + w["gru_cell/b_ru"]
    r, u = np.split(_sigmoid(gates), 2, 1)
    c = np.tanh(np.hstack([_X, r * _H]) @ w["gru_cell/w_c"] + w["gru_cell/b_c"])
    np.testing.assert_allclose(h, u * _H + (1 - u) * c, rtol=1e-5)


def test_a_unit_of_one_gate(tf: Any) -> None:
    (h, _), w = _ran(tf, tf.contrib.rnn.UGRNNCell(2), tf.constant(_H))
    g, c = np.split(np.hstack([_X, _H]) @ w["ugrnn_cell/kernel"], 2, 1)
    g = _sigmoid(g + 1)
    np.testing.assert_allclose(h, g * _H + (1 - g) * np.tanh(c), rtol=1e-5)


def test_the_cell_that_was_found(tf: Any) -> None:
    state = tf.nn.rnn_cell.LSTMStateTuple(tf.constant(_C), tf.constant(_H))
    (h, new), w = _ran(tf, tf.contrib.rnn.NASCell(2), state)
    x = np.split(_X @ w["nas_cell/kernel"], 8, 1)
    m = np.split(_H @ w["nas_cell/recurrent_kernel"], 8, 1)
    a = np.tanh(_sigmoid(x[0] + m[0]) * np.maximum(x[1] + m[1], 0))
    b = np.tanh(_sigmoid(x[2] + m[2]) + np.maximum(x[3] * m[3], 0))
    c = np.tanh(np.tanh(x[4] + m[4]) * _sigmoid(x[5] + m[5]))
    d = _sigmoid(np.tanh(x[6] + m[6]) + _sigmoid(x[7] + m[7]))
    own = np.tanh(a + _C) * b
    np.testing.assert_allclose(new.c, own, rtol=1e-5)
    np.testing.assert_allclose(h, np.tanh(own * np.tanh(c + d)), rtol=1e-4)


def test_memory_of_pictures(tf: Any) -> None:
    rng = np.random.default_rng(3)
    pictures = rng.normal(size=(2, 3, 5, 5, 1)).astype(np.float32)
    cell = tf.contrib.rnn.Conv2DLSTMCell([5, 5, 1], 2, [1, 1], skip_connection=True)
    outputs, state = tf.nn.dynamic_rnn(cell, tf.constant(pictures), dtype=tf.float32)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        y, last, kernel = session.run([outputs, state, tf.trainable_variables()[0]])
    assert [v.shape.as_list() for v in tf.trainable_variables()] == [[1, 1, 3, 8], [8]]
    c = h = np.zeros((2, 5, 5, 2))
    for step in range(3):
        x = pictures[:, step]
        i, j, f, o = np.split(np.concatenate([x, h], -1) @ kernel[0, 0], 4, -1)
        c = _sigmoid(f + 1) * c + _sigmoid(i) * np.tanh(j)
        h = np.tanh(c) * _sigmoid(o)
        np.testing.assert_allclose(y[:, step], np.concatenate([h, x], -1), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(last.c, c, rtol=1e-4, atol=1e-6)


def test_a_fused_layer_is_its_cell_along_time(tf: Any) -> None:
    x = tf.constant(np.stack([_X, 2 * _X]))
    outputs, state = tf.contrib.rnn.LSTMBlockFusedCell(2)(x, dtype=tf.float32)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        y, last = session.run([outputs, state])
    assert y.shape == (2, 3, 2)
    np.testing.assert_array_equal(y[-1], last.h)


@pytest.fixture
def raw(tf: Any) -> Any:
    """The outputs of a cell with steps of a function's making, its state, and its kernel."""
    steps = tf.constant(np.linspace(-1, 1, 30).reshape(5, 2, 3).astype(np.float32))
    lengths = tf.constant([5, 3])
    inputs = tf.TensorArray(tf.float32, 5).unstack(steps)
    first = tf.constant_initializer(np.linspace(-1, 1, 28).reshape(7, 4).astype(np.float32))
    cell = tf.nn.rnn_cell.BasicRNNCell(4)

    def loop_fn(time: Any, output: Any, state: Any, loop_state: Any) -> Any:
        new = tf.zeros([2, 4]) if output is None else state
        finished = time >= lengths
        given = tf.cond(
            tf.reduce_all(finished), lambda: tf.zeros([2, 3]), lambda: inputs.read(time)
        )
        return finished, given, new, output, None

    with tf.variable_scope("rnn", initializer=first) as scope:
        outputs, state, _ = tf.nn.raw_rnn(cell, loop_fn, scope=scope)
    return outputs.stack(), state, tf.trainable_variables()[0]


def test_raw_rnn_goes_on_until_all_are_finished(tf: Any, raw: Any) -> None:
    outputs, state, kernel = raw
    loss = tf.reduce_sum(outputs**2) + tf.reduce_sum(state)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        y, h, slope = session.run([outputs, state, tf.gradients(loss, kernel)[0]])
    assert y.shape == (5, 2, 4)
    np.testing.assert_array_equal(y[3:, 1], 0)
    np.testing.assert_array_equal(h[1], y[2, 1])
    # Numbers of TensorFlow 2.21.
    np.testing.assert_allclose(slope[0], [0.01193, 0.43908, 0.3351, -0.26067], atol=1e-5)
    np.testing.assert_allclose(slope[6], [2.63472, 3.34675, 3.08112, 2.21163], atol=1e-5)


def test_gradients_flow_through_raw_rnn_for_batches_of_any_size(tf: Any) -> None:
    x = tf.placeholder(tf.float32, [None, None, 3])
    lengths = tf.placeholder(tf.int32, [None])
    cell = tf.nn.rnn_cell.BasicRNNCell(4)
    steps = tf.TensorArray(tf.float32, tf.shape(x)[0]).unstack(x)

    def loop_fn(time: Any, output: Any, state: Any, own: Any) -> Any:
        if state is None:
            state = cell.zero_state(tf.shape(x)[1], tf.float32)
        ended = time >= lengths
        zeros = tf.zeros([tf.shape(x)[1], 3])
        given = tf.cond(tf.reduce_all(ended), lambda: zeros, lambda: steps.read(time))
        return ended, given, state, output, None

    outputs, _, _ = tf.nn.raw_rnn(cell, loop_fn)
    kernel = tf.trainable_variables()[0]
    (slope,) = tf.gradients(tf.reduce_sum(tf.square(outputs.stack())), [kernel])
    given = np.random.RandomState(0).rand(5, 2, 3)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        found = session.run(slope, {x: given, lengths: [5, 3]})
        rows = session.run(kernel)

    def loss(w: Any) -> Any:
        total, h = 0.0, np.zeros((2, 4))
        for time in range(5):
            new = np.tanh(np.concatenate([given[time], h], 1) @ w)
            goes_on = np.array([[time < 5], [time < 3]])
            total += np.sum(np.where(goes_on, new, 0) ** 2)
            h = np.where(goes_on, new, h)
        return total

    for place in ((0, 0), (3, 2), (6, 3)):
        step = np.zeros_like(rows, np.float64)
        step[place] = 1e-5
        expected = (loss(rows + step) - loss(rows - step)) / 2e-5
        np.testing.assert_allclose(found[place], expected, rtol=1e-3)
