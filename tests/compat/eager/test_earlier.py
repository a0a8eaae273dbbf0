"""What was computed before a tape was opened is constant for it. Numbers: from TensorFlow 2."""

import numpy as np


def test_paths_through_what_was_made_outside_count_for_nothing(tf2):
    v = tf2.Variable(2.0)
    z, looked_at = v * v, v * v * v
    float(looked_at)
    with tf2.GradientTape(persistent=True) as tape:
        y, other, again = z * v, looked_at * v, z * v * (v * v)
    assert float(tape.gradient(y, v)) == 4
    assert float(tape.gradient(other, v)) == 8
    assert float(tape.gradient(again, v)) == 48  # The same expression, made inside, does count.
    assert tape.gradient(y, z) is None


def test_what_an_outer_tape_knows_is_constant_for_an_inner_one_alone(tf2):
    v = tf2.Variable(2.0)
    with tf2.GradientTape() as outer:
        a = v * v
        with tf2.GradientTape(persistent=True) as inner:
            inner.watch(a)
            b = a * a * v
        by_v, by_a = inner.gradient(b, v), inner.gradient(b, a)
    assert (float(by_v), float(by_a)) == (16, 16)
    assert float(outer.gradient(by_v, v)) == 32


def test_a_constant_that_two_tapes_watch(tf2):
    x = tf2.constant(3.0)
    with tf2.GradientTape() as outer:
        outer.watch(x)
        a = x * x
        with tf2.GradientTape() as inner:
            inner.watch(x)
            b = x * x * x * a
        slope = inner.gradient(b, x)
        whole = a + slope
    assert float(slope) == 243
    assert float(outer.gradient(whole, x)) == 330


def test_persistent_tapes_know_what_each_of_them_saw(tf2):
    v = tf2.Variable(2.0)
    with tf2.GradientTape(persistent=True) as first:
        a = v * v
        b = a * v
    with tf2.GradientTape(persistent=True) as second:
        c = a * v
    assert float(first.gradient(b, v)) == 12
    assert float(second.gradient(c, v)) == 4
    assert float(first.gradient(b, a)) == 2
    assert second.gradient(c, a) is None


def test_targets_of_the_same_network_are_constant(tf2):
    layer = tf2.keras.layers.Dense(2, kernel_initializer="ones")
    x = tf2.ones((2, 3))
    target = 1.0 + 0.9 * tf2.reduce_max(layer(2 * x), 1)
    same = layer(x)
    with tf2.GradientTape(persistent=True) as tape:
        far = tf2.reduce_mean((tf2.reduce_max(layer(x), 1) - target) ** 2)
        near = tf2.reduce_mean(same * layer(x))
    np.testing.assert_allclose(tape.gradient(far, layer.bias), [-3.4, -3.4], rtol=1e-5)
    np.testing.assert_allclose(tape.gradient(near, layer.bias), [1.5, 1.5], rtol=1e-5)


def test_carried_state_is_constant_in_the_next_step(tf2):
    v, state = tf2.Variable(3.0), tf2.constant(1.0)
    slopes = []
    for _ in range(3):
        with tf2.GradientTape() as tape:
            state = state * v
            y = state * v
        slopes.append(float(tape.gradient(y, v)))
    assert slopes == [6, 18, 54]


def test_in_a_function_that_is_traced(tf2):
    v = tf2.Variable(2.0)

    @tf2.function
    def slopes(x):
        z, before = v * v, x * x
        with tf2.GradientTape(persistent=True) as tape:
            tape.watch(x)
            y = z * v * x * before
        return tape.gradient(y, v), tape.gradient(y, x)

    assert [float(x) for x in slopes(tf2.constant(3.0))] == [108, 72]
    assert [float(x) for x in slopes(tf2.constant(4.0))] == [256, 128]


def test_tapes_that_stop_or_forget_or_watch_no_variables(tf2):
    v, w = tf2.Variable(2.0), tf2.Variable(5.0)
    with tf2.GradientTape() as tape:
        a = v * v
        with tape.stop_recording():
            b = v * a
        y = a + b * v
    assert float(tape.gradient(y, v)) == 12
    with tf2.GradientTape() as tape:
        a = v * v
        tape.reset()
        y = a * v
    assert float(tape.gradient(y, v)) == 4
    with tf2.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(w)
        y = v * v * w
    nothing, known = tape.gradient(y, [v, w])
    assert nothing is None
    assert float(known) == 4
