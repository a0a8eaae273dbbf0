"""Gradients of what was computed with values."""

import numpy as np
import pytest

from giulgi.compat.names import TABLES


def test_gradients_of_variables_and_of_what_is_watched(tf2):
    v, x = tf2.Variable(3.0), tf2.constant(2.0)
    with tf2.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = v * v * x
        z = y * y
    assert float(tape.gradient(y, v)) == 12
    assert float(tape.gradient(z, x)) == 2 * 18 * 9
    assert float(tape.gradient(z, y)) == 36


def test_what_is_not_watched_has_no_gradient(tf2):
    fixed, outside = tf2.Variable(3.0, trainable=False), tf2.Variable(2.0) + 1.0
    constant = tf2.constant(3.0)
    with tf2.GradientTape() as tape:
        y = fixed * outside * constant
    assert tape.gradient(y, [fixed, outside, constant]) == [None, None, None]
    with pytest.raises(RuntimeError, match="non-persistent"):
        tape.gradient(y, fixed)


def test_gradients_of_gradients(tf2):
    x = tf2.Variable(2.0)
    with tf2.GradientTape() as outer:
        with tf2.GradientTape() as inner:
            y = x * x * x
        first = inner.gradient(y, x)
    assert float(first) == 12
    assert float(outer.gradient(first, x)) == 12


def test_jacobians_are_those_of_each_row(tf2):
    x = tf2.constant([[1.0, 2.0], [3.0, 4.0]])
    with tf2.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
    np.testing.assert_array_equal(tape.batch_jacobian(y, x)[1].numpy(), [[6, 0], [0, 8]])
    assert tape.jacobian(y, x).shape == (2, 2, 2, 2)


def test_a_persistent_tape_keeps_what_variables_were(tf2):
    a, b = tf2.Variable(2.0), tf2.Variable(5.0)
    with tf2.GradientTape(persistent=True) as tape:
        y = a * b
    a.assign_sub(tape.gradient(y, a))
    assert float(tape.gradient(y, b)) == 2
    assert float(a) == -3


def test_descent_by_hand_reaches_the_line(tf2):
    x = np.linspace(-1, 1, 20).astype("float32")
    w, b = tf2.Variable(0.0), tf2.Variable(0.0)
    for _ in range(200):
        with tf2.GradientTape() as tape:
            loss = tf2.reduce_mean(tf2.square(w * x + b - (3 * x + 2)))
        dw, db = tape.gradient(loss, [w, b])
        w.assign_sub(0.3 * dw)
        b.assign_sub(0.3 * db)
    assert abs(float(w) - 3) < 1e-2
    assert abs(float(b) - 2) < 1e-2


def test_a_gradient_that_is_lost_in_python_is_an_error(tf2):
    tf = tf2
    x = tf.Variable([[2.0, 1.0], [0.0, 1.0]])
    for function in (
        lambda: tf.linalg.svd(x)[0],
        lambda: tf.abs(tf.signal.fft(tf.complex(x, x))),
    ):
        with tf.GradientTape(persistent=True) as tape:
            y = tf.reduce_sum(function() * x)
            z = tf.reduce_sum(tf.stop_gradient(function()) * x)
        assert tape.gradient(z, x).shape == (2, 2)
        with pytest.raises(NotImplementedError, match="stop_gradient"):
            tape.gradient(y, x)


def test_a_network_of_the_first_eager_programs_trains_the_layers_that_it_tracks(tf2):
    tfe = TABLES["tensorflow"]
    dense = TABLES["tensorflow"]["layers.Dense"]

    class Line(tfe["contrib.eager.Network"]):
        def __init__(self):
            super().__init__()
            self.hidden = self.track_layer(dense(4, activation=tf2.nn.relu))
            self.out = self.track_layer(dense(1))

        def call(self, x):
            return self.out(self.hidden(x))

    line = Line()
    x = tf2.constant(np.linspace(-1, 1, 8, dtype="float32").reshape(8, 1))
    slopes = tfe["contrib.eager.implicit_gradients"](lambda: tf2.reduce_mean((line(x) - x) ** 2))
    found = slopes()
    assert [tuple(variable.shape) for _, variable in found] == [(1, 4), (4,), (4, 1), (1,)]
    assert [layer.name for layer in line.layers] == [line.hidden.name, line.out.name]
    assert len(line.trainable_weights) == 4
