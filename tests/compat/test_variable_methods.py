"""Variables assigned in parts, and made of each other; the numbers are TensorFlow's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest


def _variable(tf: Any, run: Any, value: Any) -> Any:
    made = tf.Variable(np.asarray(value))
    run(made.initializer)
    return made


def test_parts_are_assigned(tf: Any, run: Any) -> None:
    v = _variable(tf, run, np.zeros((3, 3), np.float32))
    place = tf.placeholder(tf.int32, [])
    expected = np.zeros((3, 3), np.float32)
    expected[1] = [1, 2, 3]
    np.testing.assert_array_equal(run(v[1].assign([1.0, 2.0, 3.0])), expected)
    expected[:, 0] = [7, 8, 9]
    run(v[:, 0].assign([7.0, 8.0, 9.0]))
    np.testing.assert_array_equal(run(v), expected)
    expected[-1, 1:] = 5
    run(v[-1, 1:].assign(5.0))
    np.testing.assert_array_equal(run(v), expected)
    expected[0, :2] = [4, 6]
    run(v[place, 0:2].assign([4.0, 6.0]), {place: 0})
    np.testing.assert_array_equal(run(v), expected)


def test_of_several_rows_for_one_place_the_last_counts(tf: Any, run: Any) -> None:
    v = _variable(tf, run, [1.0, 2.0, 3.0, 4.0])
    np.testing.assert_array_equal(
        run(tf.scatter_update(v, [0, 1, 0], [5.0, 6.0, 7.0])), [7, 6, 3, 4]
    )
    run(tf.scatter_nd_update(v, [[3], [2], [3]], [5.0, 6.0, 8.0]))
    np.testing.assert_array_equal(run(v), [7, 6, 6, 8])
    rows = _variable(tf, run, np.zeros((3, 2), np.int32))
    run(tf.scatter_update(rows, [2, 2, 1], [[5, 6], [7, 8], [1, 1]]))
    np.testing.assert_array_equal(run(rows), [[0, 0], [1, 1], [7, 8]])


def test_variables_scatter_slices(tf: Any, run: Any) -> None:
    v = _variable(tf, run, [[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]])
    slices = tf.IndexedSlices(tf.constant([[1.0, 2.0]], tf.float64), tf.constant([1]))
    np.testing.assert_array_equal(run(v.scatter_sub(slices)), [[1, 1], [1, 0], [3, 3]])
    np.testing.assert_array_equal(run(v.scatter_add(slices)), [[1, 1], [2, 2], [3, 3]])
    np.testing.assert_array_equal(run(v.scatter_update(slices)), [[1, 1], [1, 2], [3, 3]])


def test_counting_ends_at_its_limit(tf: Any, run: Any) -> None:
    v = _variable(tf, run, np.int32(0))
    counted = v.count_up_to(2)
    assert [run(counted), run(counted), run(v)] == [0, 1, 2]
    with pytest.raises(tf.errors.OutOfRangeError):
        run(counted)


def test_all_that_is_waited_for_has_been_added(tf: Any, run: Any) -> None:
    v = _variable(tf, run, np.float32(1))
    several = [tf.assign_add(v, 1.0), tf.assign_add(v, 2.0)]
    with tf.control_dependencies(several):
        after = v.read_value()
    with tf.control_dependencies([tf.group(*several)]):
        after_group = tf.identity(v)
    assert [run(after), run(v), run(after_group)] == [4, 4, 7]


def test_first_values_may_be_of_other_variables(tf: Any, run: Any) -> None:
    a = tf.Variable(tf.random_normal([3]))
    b = tf.Variable(a.initialized_value() * 2)
    c = tf.Variable(a + 1.0)
    run(tf.global_variables_initializer())
    first, double, more = run([a, b, c])
    np.testing.assert_allclose(double, 2 * first)
    np.testing.assert_allclose(more, first + 1)
    run(a.assign([1.0, 2.0, 3.0]))
    run(b.initializer)
    np.testing.assert_array_equal(run(b), [2, 4, 6])


def test_what_does_not_fit_is_not_assigned(tf: Any) -> None:
    v = tf.Variable([1, 2])
    for wrong in (0.5, tf.constant([0.5, 1.0]), tf.constant([1, 2], tf.int64)):
        with pytest.raises(TypeError):
            v.assign(wrong)
    with pytest.raises(ValueError, match="Shapes must be equal"):
        v.assign([1, 2, 3])


def test_first_values_are_fed_to_put_back_what_was_kept(tf):
    variables = [tf.Variable(0, name=f"count{i}", dtype=tf.int32) for i in range(3)]
    variables += [tf.Variable(tf.zeros([2]), name=f"w{i}") for i in range(12)]
    kept = [np.int32(i) for i in range(3)] + [np.full(2, i, np.float32) for i in range(12)]
    graph = tf.get_default_graph()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        starts = [graph.get_operation_by_name(v.op.name + "/Assign") for v in variables]
        feeds = {op.inputs[1]: value for op, value in zip(starts, kept, strict=True)}
        session.run(starts, feed_dict=feeds)
        for found, value in zip(session.run(variables), kept, strict=True):
            np.testing.assert_array_equal(found, value)
