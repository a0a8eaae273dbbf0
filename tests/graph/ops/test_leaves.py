"""Constants of all that Python and NumPy have, placeholders, and what is no tensor."""

from __future__ import annotations

import numpy as np
import pytest

import giulgi as gg
from giulgi.errors import ArgumentError, DTypeError, GraphError, ShapeError
from giulgi.graph import dtypes
from giulgi.graph.ops.leaves import require_tensor
from graph.checks import check_same


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (True, np.bool_),
        (3, np.int64),
        (2.5, np.float32),
        (np.float64(2.5), np.float64),
        (np.int8(3), np.int8),
        ([1, 2], np.int64),
        ([1, 2.5], np.float32),
        ([[True], [False]], np.bool_),
        ((), np.float32),
        (range(3), np.int64),
        (2**63, np.uint64),
        (np.arange(3, dtype=np.uint16), np.uint16),
    ],
)
def test_constants(value, dtype):
    check_same(gg.constant(value), np.array(value, dtype))


@pytest.mark.parametrize("dtype", dtypes.ALL, ids=str)
def test_arrays_keep_their_dtype(dtype):
    array = np.array([[0, 1], [1, 0]]).astype(dtype)
    check_same(gg.constant(array), array)
    check_same(gg.constant(array.astype(dtype.newbyteorder(">"))), array)
    check_same(gg.constant([[0, 1], [1, 0]], dtype), array)


def test_array_and_asarray_are_constant():
    check_same(gg.array([1, 2]), np.array([1, 2]))
    check_same(gg.asarray([1.5], "float64"), np.array([1.5]))


def test_an_array_may_change_afterwards():
    for array in (np.zeros(2), np.zeros((2, 2)).T, np.zeros(4)[::2], np.zeros(1000)):
        x = gg.constant(array)
        array[0] = 1
        assert x.numpy().max() == 0


def test_what_lends_its_memory_to_numpy_may_change_afterwards():
    class Lender:
        memory = np.zeros(2)

        def __array__(self, dtype=None, copy=None):
            return self.memory

    for lender, memory in ((Lender(), Lender.memory), (numbers := bytearray(4), numbers)):
        x = gg.constant(lender if isinstance(lender, Lender) else memoryview(lender))
        memory[0] = 1
        assert x.numpy().max() == 0


def test_the_value_of_a_constant_may_be_changed_by_who_gets_it():
    x = gg.constant([1.0, 2.0])
    x.numpy()[0] = 9
    assert x.tolist() == [1, 2]


def test_tensors_in_a_list_are_stacked():
    x = gg.placeholder("float32", ())
    y = gg.constant([[x, 1], [2, x * 2]])
    assert y.shape == (2, 2)
    assert y.numpy({x: 5}).tolist() == [[5, 1], [2, 10]]


@pytest.mark.parametrize(
    ("value", "dtype", "problem"),
    [
        (300, "uint8", "does not fit into uint8"),
        ([1, -1], "uint16", "does not fit into uint16"),
        (2**40, "int32", "does not fit into int32"),
        (float("nan"), "int32", "does not fit into int32"),
        ("a", None, "'a' is text, not a number"),
        (["1", "2"], "float32", "not an array of numbers but of text"),
        (np.array("1"), "float32", "not an array of numbers but of text"),
        (None, None, "None is not a number"),
        ([1, None], "float32", "not an array of numbers"),
        (1j, None, "no complex numbers, and NumPy reads this as complex128"),
        (1j, "float32", "no complex numbers"),
        (np.float16(1), None, "no tensors of dtype float16"),
        (np.datetime64("2020-01-01"), None, "NumPy reads it as dtype datetime64"),
        ({1, 2}, None, "NumPy reads it as dtype object"),
        (2**64, None, "18446744073709551616 is larger than any integer of giulgi"),
    ],
)
def test_what_is_no_array_of_numbers(value, dtype, problem):
    with pytest.raises(DTypeError, match=problem):
        gg.constant(value, dtype)


def test_rows_of_different_lengths():
    with pytest.raises(ShapeError, match="the rows differ in length"):
        gg.constant([[1, 2], [3]])


def test_a_python_number_that_its_tensor_has_no_room_for():
    with pytest.raises(DTypeError, match="300 does not fit into int8"):
        gg.constant([1], "int8") + 300


def test_placeholders():
    x = gg.placeholder()
    assert (x.dtype, x.known_shape) == (np.float32, None)
    assert gg.placeholder("int32", ()).shape == ()
    assert gg.placeholder("int32", 3).shape == (3,)
    assert gg.placeholder(shape=[None, np.int64(2)], name="x").shape == (None, 2)
    assert gg.placeholder(name="x").node is not gg.placeholder(name="x").node


@pytest.mark.parametrize("shape", [(-1, 2), ("a",), (2.0,), (None, -3)])
def test_a_placeholder_of_no_shape(shape):
    with pytest.raises(ArgumentError, match="a shape holds sizes >= 0 and None"):
        gg.placeholder("float32", shape)


def test_an_array_is_no_tensor_of_the_graph():
    with pytest.raises(GraphError, match="x must be a tensor of the graph, not ndarray"):
        require_tensor(np.zeros(2), "x")


@pytest.mark.parametrize(
    "build",
    [
        lambda: gg.constant(1e300),
        lambda: gg.constant([1.0, -1e300], "float32"),
        lambda: gg.constant(np.array(1e300), "float32"),
        lambda: gg.ones((2,)) * 1e300,
    ],
)
def test_a_number_beyond_the_dtype_is_told(build):
    with pytest.raises(DTypeError, match="does not fit into float32"):
        build()


def test_infinity_fits_where_large_numbers_do_not():
    assert gg.constant([np.inf, 3e38]).tolist()[0] == np.inf
    assert gg.constant(1e300, "float64").item() == 1e300
    assert (gg.ones((), "float64") * 1e300).item() == 1e300


@pytest.mark.parametrize(
    "build",
    [
        lambda n: gg.tile(gg.ones((2,)), n),
        lambda n: gg.roll(gg.ones((2,)), n, 0),
        lambda n: gg.sum(gg.ones((2,)), n),
        lambda n: list(range(n)),
    ],
)
def test_a_number_to_build_with_is_not_fed(build):
    n = gg.placeholder("int64", (), name="n")
    with pytest.raises(GraphError, match="'n' has no value yet, and a whole number is needed"):
        build(n)
