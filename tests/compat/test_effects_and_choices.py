"""Choices, loops and assignments do what they do in TensorFlow, and only where they should."""

from __future__ import annotations

import numpy as np
import pytest


def test_a_branch_assigns_only_where_it_is_taken(tf, run, variable):
    w = variable(1.0)
    p = tf.placeholder(tf.bool)
    chosen = tf.cond(p, lambda: tf.assign(w, 10.0), lambda: tf.identity(w))
    assert [run(chosen, {p: False}), run(w)] == [1, 1]
    assert [run(chosen, {p: True}), run(w)] == [10, 10]


def test_a_branch_of_operations_takes_place(tf, run, variable):
    w = variable(1.0)
    p = tf.placeholder(tf.bool)
    chosen = tf.cond(p, lambda: tf.group(tf.assign(w, 20.0)), lambda: tf.no_op())
    run(chosen, {p: False})
    assert run(w) == 1
    run(chosen, {p: True})
    assert run(w) == 20


def test_a_branch_waits_for_its_own_dependencies(tf, run, variable):
    average = variable(0.0)
    x, p = tf.placeholder(tf.float32, ()), tf.placeholder(tf.bool)

    def training():
        update = tf.assign(average, average * 0.5 + x * 0.5)
        with tf.control_dependencies([update]):
            return tf.identity(x)

    chosen = tf.cond(p, training, lambda: average)
    assert run(chosen, {p: True, x: 4.0}) == 4
    assert run(chosen, {p: False, x: 4.0}) == 2
    assert run(average) == 2


def test_python_acts_only_in_the_branch_that_is_taken(tf, run):
    calls = []
    p = tf.placeholder(tf.bool)

    def act():
        calls.append(1)
        return np.float32(3)

    chosen = tf.cond(p, lambda: tf.py_func(act, [], tf.float32), lambda: tf.constant(1.0))
    assert run(chosen, {p: False}) == 1
    assert not calls
    assert run(chosen, {p: True}) == 3
    assert calls == [1]


def test_arguments_of_cond_before_1_0(tf, run):
    assert run(tf.cond(tf.constant(True), fn1=lambda: tf.constant(1), fn2=lambda: tf.constant(2)))


def test_a_loop_assigns_in_every_round(tf, run, variable):
    w = variable(1.0)

    def body(i):
        with tf.control_dependencies([w.assign_add(1.0)]):
            return i + 1

    assert run(tf.while_loop(lambda i: i < 4, body, [0])) == 4
    assert run(w) == 5


def test_random_numbers_differ_from_round_to_round(tf, run):
    def body(i, total):
        return i + 1, tf.concat([total, tf.random_uniform([1])], 0)

    shapes = [tf.TensorShape([]), tf.TensorShape([None])]
    _, drawn = tf.while_loop(lambda i, _: i < 5, body, [0, tf.zeros([0])], shape_invariants=shapes)
    assert len(set(run(drawn).tolist())) == 5
    mapped = tf.map_fn(lambda x: x + tf.random_uniform([], seed=3), tf.zeros([5]))
    assert len(set(run(mapped).tolist())) == 5


def test_gradients_flow_through_arrays_of_a_loop(tf, run):
    x = tf.placeholder(tf.float32, [3])
    array = tf.TensorArray(tf.float32, 3)
    _, array = tf.while_loop(
        lambda i, _: i < 3, lambda i, a: (i + 1, a.write(i, tf.square(x[i]))), (0, array)
    )
    slopes = run(tf.gradients(array.stack(), x)[0], {x: [1, 2, 3]})
    np.testing.assert_allclose(slopes, [2, 4, 6])


def test_gradients_flow_through_a_loop_as_long_as_what_is_fed(tf, run):
    x = tf.placeholder(tf.float32, [None, None, 2])
    steps = tf.shape(x)[1]
    parts = tf.TensorArray(tf.float32, steps).unstack(tf.transpose(x, [1, 0, 2]))

    def body(t, h, kept):
        h = tf.tanh(parts.read(t) + h)
        return t + 1, h, kept.write(t, h)

    begin = (0, tf.zeros([tf.shape(x)[0], 2]), tf.TensorArray(tf.float32, steps))
    _, _, kept = tf.while_loop(lambda t, *_: t < steps, body, begin)
    h, unrolled = tf.zeros([3, 2]), []
    for t in range(4):
        h = tf.tanh(x[:, t] + h)
        unrolled.append(h)
    fed = {x: np.random.RandomState(0).randn(3, 4, 2)}
    found = run([kept.stack(), tf.gradients(kept.stack(), x)[0]], fed)
    wanted = run([tf.stack(unrolled), tf.gradients(unrolled, x)[0]], fed)
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_allclose(a, b, 1e-5, 1e-6)


def test_values_that_do_not_fit_are_tensorflows_error(tf, run):
    x = tf.placeholder(tf.float32)
    with pytest.raises(tf.errors.InvalidArgumentError, match="2 elements"):
        run(tf.reshape(x, [4, 2]), {x: [1, 2]})
    with pytest.raises(tf.errors.InvalidArgumentError, match="feed a value"):
        run(x * 2)


def test_an_array_grows(tf, run):
    array = tf.TensorArray(tf.int32, size=0, dynamic_size=True)
    _, array = tf.while_loop(
        lambda i, _: i < 4, lambda i, a: (i + 1, a.write(i, i * i)), (0, array)
    )
    assert run(array.stack()).tolist() == [0, 1, 4, 9]


def test_rows_are_assigned(tf, run, variable):
    w = variable(np.zeros((4, 2), "float32"))
    assert run(tf.scatter_update(w, [1, 3], [[1.0, 1.0], [2.0, 2.0]]))[:, 0].tolist() == [
        0,
        1,
        0,
        2,
    ]
    run(tf.scatter_add(w, [1, 1], [[1.0, 1.0], [2.0, 2.0]]))
    run(tf.scatter_sub(w, 3, [1.0, 1.0]))
    assert run(w)[:, 0].tolist() == [0, 4, 0, 1]
    run(tf.scatter_nd_update(w, [[0, 1]], [9.0]))
    assert run(w)[0].tolist() == [0, 9]


def test_counting_ends(tf, run, variable):
    count = variable(0)
    step = tf.count_up_to(count, 2)
    assert [run(step), run(step)] == [0, 1]
    with pytest.raises(tf.errors.OutOfRangeError):
        run(step)


def test_variables_tell_whether_they_have_a_value(tf, run):
    w = tf.Variable(1.0, name="w")
    ask = tf.is_variable_initialized(w)
    assert not run(ask)
    assert run(tf.report_uninitialized_variables()).tolist() == [b"w"]
    run(w.initializer)
    assert run(ask)
    assert run(tf.report_uninitialized_variables()).tolist() == []


def test_a_check_fails_with_tensorflows_error(tf, run):
    x = tf.placeholder(tf.float32, [None])
    with tf.control_dependencies([tf.Assert(tf.reduce_all(x > 0), [x])]):
        y = x * 2
    assert run(y, {x: [1.0]}) == [2]
    with pytest.raises(tf.errors.InvalidArgumentError, match="assertion failed"):
        run(y, {x: [-1.0]})
    with pytest.raises(tf.errors.InvalidArgumentError, match="NaN"):
        run(tf.check_numerics(tf.log(x), "here"), {x: [-1.0]})


def test_print_shows_and_lets_gradients_through(tf, run, capsys):
    x = tf.placeholder(tf.float32, [2])
    y = tf.Print(x * 3, [x], "x is ")
    assert run(tf.gradients(y, x)[0], {x: [1, 2]}).tolist() == [3, 3]
    run(y, {x: [1, 2]})
    assert "x is [1 2]" in capsys.readouterr().err


def test_sparse_tensors_are_fed_and_fetched(tf, run):
    x = tf.sparse_placeholder(tf.float32)
    fed = tf.SparseTensorValue([[0, 1], [1, 0]], [1.0, 2.0], [2, 2])
    assert run(tf.sparse_tensor_to_dense(x), {x: fed}).tolist() == [[0, 1], [2, 0]]
    found = run(x, {x: ([[0, 1]], [5.0], [1, 3])})
    assert isinstance(found, tf.SparseTensorValue)
    assert found.dense_shape.tolist() == [1, 3]


def test_sparse_tensors_times_rows_and_columns(tf, run):
    x = tf.SparseTensor([[0, 1], [1, 0], [1, 2]], [1.0, 2.0, 3.0], [2, 3])
    fed = tf.placeholder(tf.float32, [None, None])
    assert run((x * [[1.0, 2.0, 3.0]]).values).tolist() == [2, 2, 9]
    assert run((x / tf.constant([[1.0], [2.0]])).values).tolist() == [1, 1, 1.5]
    assert run((x * fed).values, {fed: [[1.0, 2.0, 3.0]]}).tolist() == [2, 2, 9]
    assert run((x * fed).values, {fed: [[1, 2, 3], [4, 5, 6]]}).tolist() == [2, 8, 18]


# Random numbers


def drawn(tf):
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(777)
        values = [tf.random_normal([2]), tf.Variable(tf.random_normal([2])).initialized_value()]
        values += [tf.truncated_normal([2]), tf.random_uniform([2], 0, 100, tf.int32)]
        return [session.run(value).tolist() for value in values]


def test_a_seed_of_the_graph_repeats_all(tf):
    first = drawn(tf)
    assert first == drawn(tf)
    assert first[0] != first[1]


def test_a_seed_of_an_operation_repeats_it_in_every_session(tf):
    x, y = tf.random_uniform([3], seed=1), tf.random_uniform([3], seed=2)
    rounds = []
    for _ in range(2):
        with tf.Session() as session:
            rounds.append([session.run(x).tolist(), session.run(x).tolist()])
    assert rounds[0] == rounds[1]
    assert rounds[0][0] != rounds[0][1]
    with tf.Session() as session:
        assert session.run(x).tolist() != session.run(y).tolist()


@pytest.mark.parametrize(
    ("make", "deviation", "most"),
    [
        (lambda tf: tf.truncated_normal_initializer(stddev=0.1), 0.088, 0.2),
        (lambda tf: tf.contrib.layers.xavier_initializer(), (2 / 500) ** 0.5, (6 / 500) ** 0.5),
        (lambda tf: tf.contrib.layers.variance_scaling_initializer(), (2 / 300) ** 0.5, 0.19),
        (lambda tf: tf.random_uniform_initializer(-1, 1), 3**-0.5, 1),
        (lambda tf: tf.glorot_normal_initializer(), (2 / 500) ** 0.5, 0.144),
        (lambda tf: None, (2 / 500) ** 0.5, (6 / 500) ** 0.5),
    ],
)
def test_initializers_have_their_spread(tf, run, make, deviation, most):
    w = tf.get_variable("w", [300, 200], initializer=make(tf))
    run(w.initializer)
    value = run(w)
    assert abs(value.std() / deviation - 1) < 0.02
    assert np.abs(value).max() <= most * 1.001


def test_an_orthogonal_matrix_is_one(tf, run):
    w = tf.get_variable("w", [30, 20], initializer=tf.orthogonal_initializer())
    run(w.initializer)
    value = run(w)
    np.testing.assert_allclose(value.T @ value, np.eye(20), atol=1e-5)


def test_gradients_by_variables_and_tensors(tf, run, variable):
    w = variable(np.ones((4, 2), "float32"))
    x = tf.placeholder(tf.float32, [None, 4])
    y = tf.matmul(x, w)
    found = tf.gradients(tf.reduce_sum(tf.square(y)), [w, x, y, tf.constant(1.0)])
    assert found[3] is None
    by_w, by_x, by_y = run(found[:3], {x: np.ones((3, 4))})
    assert (by_w == 24).all()
    assert (by_x == 16).all()
    assert (by_y == 8).all()


def test_sizes_that_are_constants_are_known(tf):
    n = tf.constant(3)
    assert tf.zeros([n, 2]).get_shape().as_list() == [3, 2]
    assert tf.one_hot([1], n).get_shape().as_list() == [1, 3]
    assert tf.reshape(tf.ones([6]), tf.constant([2, 3])).get_shape().as_list() == [2, 3]


def test_strings_in_a_list_become_one_tensor(tf, run):
    line = tf.constant("1,2,3")
    parts = tf.string_to_number(tf.string_split([line], ",").values)
    assert run(parts).tolist() == [1, 2, 3]


def test_tensors_of_two_shapes_are_refused_by_an_array(tf):
    array = tf.TensorArray(tf.float32, 2, infer_shape=False).write(0, [1.0])
    with pytest.raises(ValueError, match=r"Inconsistent shapes: saw \(2,\) but expected \(1,\)"):
        array.write(1, [2.0, 3.0])


def test_gradients_flow_through_arrays_of_whose_elements_a_size_is_not_known(tf, run, variable):
    x = tf.placeholder(tf.float32, [None, None])
    w = variable(0.5)

    def step(t, h, kept):
        h = h * w + x[:, t]
        return t + 1, h, kept.write(t, h)

    count = tf.shape(x)[1]
    kept = tf.TensorArray(tf.float32, count, element_shape=[None])
    first = [0, tf.zeros(tf.shape(x)[:1]), kept]
    _, _, kept = tf.while_loop(lambda t, *_: t < count, step, first)
    (slope,) = tf.gradients(kept.stack(), [w])
    # Of x, x w + y, (x w + y) w + z the sum has the slope x + 2 x w + y by w.
    assert run(slope, {x: [[1, 2, 3], [1, 0, 0]]}) == 4 + 2


def test_what_is_taken_for_a_constant_has_a_gradient_of_its_own(tf, run):
    a = tf.constant(1.0)
    b = 2 * a
    assert run(tf.gradients(a + b, [a, b], stop_gradients=[a, b])) == [1, 1]
    assert run(tf.gradients(a + b * b, [a, b], stop_gradients=[b])) == [1, 4]
    assert run(tf.gradients(a + b, [a, b])) == [3, 1]
