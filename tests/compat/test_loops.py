"""Loops assign, draw and let Python do things as in TensorFlow: in each round, and only there.

The numbers are TensorFlow's, where they do not follow from the formula at once.
"""

from __future__ import annotations

import numpy as np
import pytest


def begun(tf, run, *values):
    made = [tf.Variable(value) for value in values]
    run(tf.global_variables_initializer())
    return made


def counted(tf, most, step, *states):
    """Go round so often; a step is given the number of the round, and the states."""
    return tf.while_loop(
        lambda i, *_: i < most, lambda i, *own: (i + 1, *step(i, *own)), [0, *states]
    )


def through_python(tf, x):
    made = tf.py_func(lambda value: value, [x], x.dtype)
    made.set_shape(x.shape)
    return made


@pytest.mark.parametrize("by_python", [False, True])
def test_what_is_assigned_in_a_round_is_there_in_the_next(tf, run, by_python):
    v, w = begun(tf, run, 1.0, 10.0)

    def step(i, x):
        x = through_python(tf, x) if by_python else x
        with tf.control_dependencies([tf.assign(v, w)]):
            second = tf.assign(w, v * 3.0)
        with tf.control_dependencies([second]):
            return (x + w,)

    loop = counted(tf, 2, step, 0.0)
    with tf.control_dependencies(loop):
        behind = w.read_value() * 2
    assert run([loop[1], behind]) == [30 + 90, 180]
    assert run([v, w]) == [30, 90]


@pytest.mark.parametrize("by_python", [False, True])
def test_what_is_done_outside_is_done_once(tf, run, by_python):
    (v,) = begun(tf, run, 1.0)
    outside, drawn = tf.assign_add(v, 1.0), tf.random_uniform([])

    def step(i, x, y):
        return (through_python(tf, x) if by_python else x) + outside, y + drawn

    _, x, y = counted(tf, 3, step, 0.0, 0.0)
    found, total, one = run([x, y, drawn])
    assert found == 6
    np.testing.assert_allclose(total, 3 * one, rtol=1e-5)
    assert run(v) == 2


@pytest.mark.parametrize("by_python", [False, True])
def test_a_variable_without_a_value_is_told(tf, run, by_python):
    v = tf.Variable(1.0)
    loop = counted(tf, 3, lambda i, x: (through_python(tf, x) + v if by_python else x + v,), 0.0)
    with pytest.raises(tf.errors.FailedPreconditionError):
        run(loop)


def test_assignments_wait_for_those_before_the_loop_and_loops_inside_loops(tf, run):
    (v,) = begun(tf, run, 1.0)

    def inner(i):
        with tf.control_dependencies([tf.assign_add(v, 2.0)]):
            return i + 1

    def outer(i, x):
        with tf.control_dependencies([tf.while_loop(lambda j: j < 2, inner, [0])]):
            return (x + v.read_value(),)

    with tf.control_dependencies([tf.assign(v, 5.0)]):
        total = counted(tf, 3, outer, 0.0)[1]
    assert run(total) == 9 + 13 + 17
    assert run(v) == 17


def test_states_of_one_new_value_are_told_apart_without_a_round(tf, run):
    a, b, most = (tf.placeholder(kind, []) for kind in ("float32", "float32", "int32"))
    _, x, y = counted(tf, most, lambda i, x, y: (x * y, x * y), a, b)
    slopes = tf.gradients(2 * x + 3 * y, [a, b])
    wanted = {0: [2, 3], 1: [25, 10], 2: [500, 200]}
    assert {n: run(slopes, {a: 2, b: 5, most: n}) for n in wanted} == wanted


@pytest.mark.parametrize("seed", [None, 7])
def test_each_round_draws_and_gradients_flow(tf, run, seed):
    if seed is not None:
        tf.set_random_seed(seed)
    (w,) = begun(tf, run, 2.0)
    most = tf.placeholder(tf.int32, [])

    def step(i, x, kept):
        noise = tf.random_normal([], seed=seed)
        return x * w + noise, kept.write(i, noise)

    _, x, kept = counted(tf, most, step, 1.0, tf.TensorArray(tf.float32, 4))
    slope = tf.gradients(x, w)[0]
    for _ in range(2):
        n, found = run([kept.stack(), slope], {most: 4})
        assert len(set(n.tolist())) == 4
        # d/dw of ((((w + n0) w + n1) w + n2) w + n3), where w is 2
        np.testing.assert_allclose(found, 4 * 8 + 3 * 4 * n[0] + 2 * 2 * n[1] + n[2], rtol=1e-4)


def test_as_many_are_drawn_in_a_round_as_the_states_are_long(tf, run):
    x = tf.placeholder(tf.float32, [None, 50])
    _, kept = counted(tf, 2, lambda i, h: [tf.nn.dropout(h, 0.5)], x)
    _, added = counted(tf, 2, lambda i, h: [h + tf.random_uniform(tf.shape(h))], x)
    feed = {x: np.zeros((3, 50), np.float32)}
    assert run(added, feed).shape == (3, 50)
    # The sum of two that are drawn apart; of the same one twice it were 4 / 12.
    assert abs(run(added, feed).var() - 2 / 12) < 0.07
    found, gradient = run([kept, tf.gradients(kept, x)[0]], {x: np.ones((3, 50), np.float32)})
    # What two rounds keep is four times as large, and so is its gradient.
    assert set(np.unique(found)) == {0.0, 4.0}
    assert np.array_equal(found, gradient)


def test_arrays_are_as_long_as_chance_lets_the_loop_go_on(tf, run):
    x = tf.placeholder(tf.float32, [None])
    array = tf.TensorArray(tf.float32, 0, dynamic_size=True)

    def body(i, least, kept):
        drawn = tf.random_uniform(tf.shape(x))
        return i + 1, tf.reduce_min(drawn), kept.write(i, drawn)

    goes_on = lambda i, least, kept: tf.logical_and(i < 40, least > 0.2)  # noqa: E731
    n, last, kept = tf.while_loop(goes_on, body, [0, 1.0, array])
    for _ in range(6):
        rounds, least, rows = run([n, last, kept.stack()], {x: [0.0, 0.0]})
        assert rows.shape == (rounds, 2)
        assert (rows[:-1] > 0.2).all()
        assert rows[-1].min() == least


def test_what_only_looks_takes_place_in_each_round_beside_the_gradient(tf, run):
    (w,) = begun(tf, run, 2.0)
    seen = []

    def step(i, x):
        with tf.control_dependencies([tf.py_func(lambda v: seen.append(float(v)), [x], [])]):
            return (x * w,)

    x = counted(tf, 3, step, 1.0)[1]
    assert run(tf.gradients(x, w)) == [12]
    assert run(x) == 8
    assert seen[-3:] == [1, 2, 4]


def test_queues_and_arrays_inside(tf, run):
    queue = tf.FIFOQueue(10, [tf.int32], shapes=[()])
    run(queue.enqueue_many([[1, 2, 3, 4, 5]]))

    def step(i, x, kept):
        taken = queue.dequeue()
        return x + taken, kept.write(i, taken * 10)

    _, x, kept = counted(tf, 3, step, 0, tf.TensorArray(tf.int32, 3))
    assert [np.asarray(value).tolist() for value in run([x, kept.stack()])] == [6, [10, 20, 30]]
    assert run(queue.size()) == 2


def test_functions_over_parts_assign_in_their_order(tf, run):
    (v,) = begun(tf, run, 1.0)
    mapped = tf.scan(lambda old, x: tf.assign(v, v * 2 + x), tf.constant([1.0, 2.0, 3.0]), 0.0)
    assert run(mapped).tolist() == [3, 8, 19]
    assert run(v) == 19


def test_many_lengths_of_one_program(tf, run):
    """Interpreted but for its loops, until one length has come often; the sums stay the same."""
    x = tf.placeholder(tf.float32, [None, 3])
    total = tf.scan(lambda old, row: tf.tanh(old) + row, x, tf.zeros([3]))
    rng = np.random.default_rng(0)
    for length in [3, 40, 17, 40, 5, 40] * 8:
        rows = rng.normal(size=(length, 3)).astype(np.float32)
        wanted, old = [], np.zeros(3, np.float32)
        for row in rows:
            old = np.tanh(old) + row
            wanted.append(old)
        np.testing.assert_allclose(run(total, {x: rows}), wanted, rtol=1e-4, atol=1e-5)


def test_arrays_that_grow_and_gradients(tf, run):
    (w,) = begun(tf, run, 2.0)
    most = tf.placeholder(tf.int32, [])
    array = tf.TensorArray(tf.float32, 0, dynamic_size=True)
    _, _, array = counted(tf, most, lambda i, x, kept: (x * w, kept.write(i, x * w)), 1.0, array)
    powers = array.stack()
    slope = tf.gradients(tf.reduce_sum(powers), w)[0]
    for n in (3, 1, 3, 3, 1, 3):
        found, by_w = run([powers, slope], {most: n})
        assert found.tolist() == [2.0 ** (i + 1) for i in range(n)]
        assert by_w == sum((i + 1) * 2.0**i for i in range(n))


def test_raw_rnn_trains_with_batches_of_any_size(tf, run):
    x, lengths = tf.placeholder(tf.float32, [None, None, 2]), tf.placeholder(tf.int32, [None])
    steps = tf.TensorArray(tf.float32, tf.shape(x)[1]).unstack(tf.transpose(x, [1, 0, 2]))
    cell = tf.nn.rnn_cell.BasicRNNCell(3)

    def following(time, output, state, loop_state):
        if output is None:
            state = cell.zero_state(tf.shape(x)[0], tf.float32)
        ended = time >= lengths
        none = tf.zeros([tf.shape(x)[0], 2])
        given = tf.cond(tf.reduce_all(ended), lambda: none, lambda: steps.read(time))
        return ended, given, state, output, None

    outputs, _, _ = tf.nn.raw_rnn(cell, following)
    with tf.variable_scope("rnn", reuse=True):
        plain, _ = tf.nn.dynamic_rnn(cell, x, lengths, dtype=tf.float32)
    pairs = [tf.transpose(outputs.stack(), [1, 0, 2]), plain]
    slopes = [tf.gradients(tf.reduce_sum(tf.square(y)), tf.trainable_variables()) for y in pairs]
    run(tf.global_variables_initializer())
    rng = np.random.default_rng(0)
    for batch, longest in ((2, 4), (3, 4), (2, 4), (2, 4)):
        fed = {x: rng.normal(size=(batch, 4, 2)), lengths: [longest] + [2] * (batch - 1)}
        (a, b), (da, db) = run([pairs, slopes], fed)
        np.testing.assert_allclose(a, b, atol=1e-5)
        for one, other in zip(da, db, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("by_python", [False, True])
def test_the_condition_sees_what_the_body_assigned(tf, run, by_python):
    (v,) = begun(tf, run, 3)

    def body(i):
        with tf.control_dependencies([tf.assign_sub(v, 1)]):
            return through_python(tf, i + 1) if by_python else i + 1

    assert run(tf.while_loop(lambda i: v.read_value() > 0, body, [0])) == 3
    assert run(v) == 0


def test_an_array_is_read_in_one_branch_and_begun_in_the_other(tf, run):
    (x,) = begun(tf, run, 2.0)
    array = tf.TensorArray(tf.float32, 0, dynamic_size=True, clear_after_read=False)

    def step(i, made):
        return [made.write(i, tf.cond(i > 0, lambda: made.read(i - 1) * x, lambda: x))]

    _, array = counted(tf, 4, step, array)
    whole = array.stack()
    assert run(whole).tolist() == [2, 4, 8, 16]
    assert run(tf.gradients(whole, x)) == [1 + 4 + 3 * 4 + 4 * 8]


def test_texts_are_passed_on_from_part_to_part(tf, run):
    letters = np.array(["T", "e", "n"])
    join = lambda a, x: a + x  # noqa: E731
    assert run(tf.scan(join, letters)).tolist() == [b"T", b"Te", b"Ten"]
    assert run(tf.scan(join, letters, reverse=True)).tolist() == [b"neT", b"ne", b"n"]
    assert run(tf.scan(join, letters, ">")).tolist() == [b">T", b">Te", b">Ten"]
    assert run(tf.foldl(join, letters)) == b"Ten"
    assert run(tf.foldr(join, letters)) == b"neT"
