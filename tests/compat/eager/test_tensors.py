"""Tensors with values: as text, as Python's numbers, with NumPy's arrays."""

import numpy as np
import pytest


def test_texts_are_tensorflows(tf2):
    x = tf2.constant([[1.0, 2.0], [3.0, 4.0]])
    assert str(tf2.constant(4)) == "tf.Tensor(4, shape=(), dtype=int32)"
    assert str(x) == "tf.Tensor(\n[[1. 2.]\n [3. 4.]], shape=(2, 2), dtype=float32)"
    assert repr(x[0]) == (
        "<tf.Tensor: shape=(2,), dtype=float32, numpy=array([1., 2.], dtype=float32)>"
    )
    assert repr(tf2.constant(1.5)) == "<tf.Tensor: shape=(), dtype=float32, numpy=1.5>"
    assert str(tf2.constant("a")) == "tf.Tensor(b'a', shape=(), dtype=string)"
    assert f"{tf2.constant(2.0)} {tf2.constant(2.345):.1f}" == "2.0 2.3"
    assert repr(tf2.Variable(3.0)) == (
        "<tf.Variable 'Variable:0' shape=() dtype=float32, numpy=3.0>"
    )
    assert (str(x.shape), repr(x.shape)) == ("(2, 2)", "TensorShape([2, 2])")


def test_tensors_are_numbers_and_sequences(tf2):
    x = tf2.constant([3, 1, 2])
    assert [int(part) for part in x] == [3, 1, 2]
    assert (float(x[0]), len(x), list(range(x[2]))) == (3.0, 3, [0, 1])
    assert bool(x[0] > 2)
    assert not tf2.constant(0)
    assert sum(x).numpy() == 6
    assert max(x).numpy() == 3
    with pytest.raises(ValueError, match="ambiguous"):
        bool(x > 1)
    with pytest.raises(TypeError):
        iter(tf2.constant(1))


def test_arrays_and_tensors_meet(tf2):
    x = tf2.constant([1.0, 2.0])
    left = np.array([10.0, 20.0], np.float32) + x
    assert isinstance(left, tf2.Tensor)
    np.testing.assert_array_equal(left.numpy(), [11, 22])
    assert isinstance(np.exp(x), np.ndarray)
    assert np.sum(x) == 3
    np.testing.assert_array_equal((x == [1.0, 3.0]).numpy(), [True, False])
    np.testing.assert_array_equal(x[x > 1.5].numpy(), [2])


def test_variables_change_at_once_and_values_read_before_stay(tf2):
    v = tf2.Variable([1.0, 2.0, 3.0])
    before = v * 2
    v.assign_add([1.0, 1.0, 1.0])
    v[0].assign(10.0)
    v[1:].assign([7.0, 8.0])
    np.testing.assert_array_equal(before.numpy(), [2, 4, 6])
    np.testing.assert_array_equal(v.numpy(), [10, 7, 8])
    np.testing.assert_array_equal((v * 2).numpy(), [20, 14, 16])


def test_a_value_of_before_is_computed_only_when_looked_at(tf2):
    v = tf2.Variable(1.0)
    seen = []
    for _ in range(5):
        seen.append(v + 1)
        v.assign(v * 2)
    assert [float(x) for x in seen] == [2, 3, 5, 9, 17]


def test_shapes_that_do_not_fit_are_tensorflows_error(tf2):
    with pytest.raises(tf2.errors.InvalidArgumentError):
        tf2.matmul(tf2.ones([2, 3]), tf2.ones([2, 3]))


def test_seeds_of_the_program_repeat(tf2):
    tf2.random.set_seed(5)
    first = tf2.random.normal([3]).numpy()
    tf2.random.set_seed(5)
    np.testing.assert_array_equal(first, tf2.random.normal([3]).numpy())


def test_rows_of_different_lengths(tf2):
    rows = tf2.ragged.constant([[1, 2], [3]])
    np.testing.assert_array_equal(rows.to_tensor().numpy(), [[1, 2], [3, 0]])
    parts = tf2.strings.split(["a b", "c"])
    assert parts.to_list() == [[b"a", b"b"], [b"c"]]
    assert tf2.strings.split("a b").numpy().tolist() == [b"a", b"b"]


def test_rows_of_different_lengths_are_reduced(tf2):
    x = tf2.ragged.constant([[1.0, 2.0], [3.0]])
    assert np.asarray(tf2.reduce_sum(x, 1)).tolist() == [3, 3]
    assert np.asarray(tf2.reduce_mean(x, axis=-1)).tolist() == [1.5, 3]
    assert np.asarray(tf2.math.reduce_max(x, axis=1)).tolist() == [2, 3]
    assert float(tf2.reduce_sum(x)) == 6
