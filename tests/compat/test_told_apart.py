"""Tensors of one value are fed and differentiated each by itself."""

from __future__ import annotations

import warnings

import numpy as np

from giulgi.compat.sessions.programs import programs_of


def test_equal_constants_are_told_apart(tf, run):
    a, b, c = tf.constant(2.0), tf.constant(2.0), tf.constant(2.0)
    y = a * b * b + c
    assert run(tf.gradients(y, [a, b, c])) == [4, 8, 1]
    assert [run(y, {a: 5.0}), run(y, {c: 0.0}), run(y)] == [22, 8, 10]
    flag = tf.constant(True)
    assert run(tf.cond(flag, lambda: 1, lambda: 2), {flag: False}) == 2


def test_equal_zeros_are_fed_one_by_one(tf, run):
    a, b, c = tf.zeros([2]), tf.zeros([2]), tf.ones([2])
    y = a + 10.0 * b + 100.0 * c * tf.ones([2])
    assert run(y, {a: [1.0, 2.0], b: [3.0, 4.0], c: [0.0, 1.0]}).tolist() == [31.0, 142.0]


def test_each_part_of_a_state_is_fed_by_itself(tf, run):
    cells = [tf.contrib.rnn.BasicLSTMCell(3) for _ in range(6)]
    state = tf.contrib.rnn.MultiRNNCell(cells).zero_state(2, tf.float32)
    parts = [part for of_cell in state for part in of_cell]
    feeds = {part: [[float(place)] * 3] * 2 for place, part in enumerate(parts)}
    assert [value[0, 0] for value in run(parts, feeds)] == list(range(12))
    assert [value[0, 0] for value in run([1.0 * part for part in parts], feeds)] == list(range(12))


def test_identities_and_zeros_like_are_told_apart(tf, run, variable):
    w = variable(np.float32(2.0))
    a, b = tf.identity(w), tf.identity(w)
    y = a * a * b + w
    assert run(tf.gradients(y, [a, b, w])) == [8, 4, 13]
    assert run(y, {a: 1.0}) == 4
    first, second = tf.zeros_like(w), tf.zeros_like(w)
    assert run(first + 10 * second, {first: 1.0}) == 1


def test_equal_results_of_operations_are_told_apart(tf, run, variable):
    x = tf.placeholder(tf.float32, [None, 2])
    w = variable(np.float32([[1.0], [2.0]]))
    first, second = tf.matmul(x, w), tf.matmul(x, w)
    y = tf.reduce_sum(first + 10 * second)
    feed = {x: [[1.0, 1.0]]}
    assert [run(y, feed), run(y, feed | {first: [[0]]}), run(y, feed | {second: [[0]]})] == [
        33,
        30,
        3,
    ]
    by_first, by_second, by_w = run(tf.gradients(y, [first, second, w]), feed)
    assert [by_first[0, 0], by_second[0, 0], by_w[0, 0]] == [1, 10, 11]
    column = tf.reshape(first, [-1])
    again = tf.reshape(column, [-1, 1])
    assert run(first + again, feed | {first: [[7]]}) == 14
    assert run(first + again, feed | {again: [[7]]}) == 10


def test_what_changes_nothing_twice_is_told_apart_twice(tf, run):
    x = tf.placeholder(tf.float32, [3, 2])
    same = tf.reshape(x, [-1, 2])
    again = tf.identity(same)
    values = run([x, same, again], {x: np.zeros((3, 2)), again: np.ones((3, 2))})
    assert [value[0, 0] for value in values] == [0, 0, 1]


def test_equal_labels_are_fed_one_by_one(tf, run):
    x = tf.placeholder(tf.float32, [None])
    one, other = tf.cast(x, tf.int32), tf.cast(x, tf.int32)
    assert run(one + 10 * other, {x: [1.0], one: [5]}).tolist() == [15]


def test_equal_results_of_one_operation_and_reads_are_told_apart(tf, run, variable):
    x = tf.placeholder(tf.float32, [2])
    one, other = tf.map_fn(lambda t: (t * 2, t * 2), x, dtype=(tf.float32, tf.float32))
    assert run(one + 10 * other, {x: [1, 1], one: [0, 0]}).tolist() == [20, 20]
    v = variable(3.0)
    first, second = v.read_value(), v.read_value()
    assert [run(first + 10 * second, {first: 0}), run(v + second, {second: 0})] == [30, 3]
    assert run(tf.gradients(first * second * second, [first, second, v])) == [9, 18, 27]


def test_what_is_built_again_in_a_loop_runs_what_was_compiled(tf, run, variable):
    x = tf.placeholder(tf.float32, [None, 2])
    w = variable(np.float32([[1.0], [2.0]]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(5):
            loss = tf.reduce_mean(tf.square(tf.matmul(x, w) - 1.0))
            (slope,) = tf.gradients(loss, [w])
            run([loss, w.assign(w - 0.1 * slope)], {x: [[1.0, 1.0]]})
    assert len(programs_of(tf.get_default_graph()).items()) == 2  # The initializer, and the step.


def test_what_is_built_again_and_fed_a_state_runs_what_was_compiled(tf, run, variable):
    x = tf.placeholder(tf.float32, [None, 2])
    w = variable(np.float32([[1.0, 2.0], [0.0, 1.0]]))
    state = tf.zeros([1, 2])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number in range(5):
            h = tf.matmul(x, w) + state
            found = run(h, {x: [[1.0, 1.0]], state: [[number, 0.0]]})
            assert found.tolist() == [[1 + number, 3]]
    assert len(programs_of(tf.get_default_graph()).items()) == 2  # The initializer, and the step.


def test_a_graph_that_is_loaded_tells_apart_as_before(tf, run, tmp_path):
    x = tf.placeholder(tf.float32, [2], name="x")
    first, second = tf.exp(x, name="first"), tf.exp(x, name="second")
    tf.identity(x, name="same")
    tf.add(first, 10 * second, name="y")
    tf.train.export_meta_graph(str(tmp_path / "graph.meta"))
    with tf.Graph().as_default(), tf.Session() as session:
        tf.train.import_meta_graph(str(tmp_path / "graph.meta"))
        feed = {"x:0": [0.0, 0.0]}
        assert session.run("y:0", feed | {"first:0": [0, 0]}).tolist() == [10, 10]
        assert session.run("y:0", feed | {"second:0": [0, 0]}).tolist() == [1, 1]
        assert session.run(["x:0", "same:0"], {"x:0": [2, 2], "same:0": [3, 3]})[1].tolist() == [
            3,
            3,
        ]


def test_several_identities_are_told_apart(tf, run, variable):
    w = variable(np.float32(2.0))
    a, b = tf.identity_n([w, 3.0 * w], name="both")
    assert [a.name, b.name] == ["both:0", "both:1"]
    assert run(tf.gradients(a * b + w, [a, b, w])) == [6, 2, 13]
