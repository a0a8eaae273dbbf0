"""Zeros, ranges, the identity, triangles, grids."""

from __future__ import annotations

import numpy as np
import pytest

import giulgi as gg
from giulgi.errors import ArgumentError, DTypeError, ShapeError
from graph.checks import SIZES, STATIC, check_at_all_levels, check_same


@pytest.mark.parametrize("shape", [(), (2, 3), (0, 2), 3, [2], np.array([1, 2])])
@pytest.mark.parametrize("dtype", ["float32", "int8", "bool", np.float64, int, float])
def test_filled_with_one_number(shape, dtype):
    as_numpy = np.dtype(np.float32 if dtype is float else dtype)
    check_same(gg.zeros(shape, dtype), np.zeros(shape, as_numpy))
    check_same(gg.ones(shape, dtype), np.ones(shape, as_numpy))
    check_same(gg.full(shape, 1, dtype), np.full(shape, 1, as_numpy))


def test_dtypes_that_are_not_told():
    assert gg.zeros(2).dtype == gg.ones(2).dtype == np.float32
    assert gg.full(2, 3).dtype == np.int64
    assert gg.full(2, 0.5).dtype == np.float32
    assert gg.full(2, True).dtype == np.bool_
    assert gg.eye(2).dtype == np.float32


def test_full_broadcasts_its_value():
    check_same(gg.full((2, 3), np.array([1.0, 2.0, 3.0])), np.full((2, 3), [1.0, 2.0, 3.0]))


def test_filled_like_another():
    x = np.arange(6).reshape(2, 3)
    check_at_all_levels(gg.zeros_like, [x], np.zeros_like(x))
    check_at_all_levels(gg.ones_like, [x], np.ones_like(x))
    check_at_all_levels(
        lambda x: gg.full_like(x, 0.5, "float64"), [x], np.full_like(x, 0.5, np.float64)
    )


def test_negative_sizes_are_refused():
    for make in (gg.zeros, gg.ones, gg.random.uniform):
        with pytest.raises(ShapeError, match="a size is negative"):
            make((2, -1))


@pytest.mark.parametrize(
    "arguments",
    [
        (5,),
        (0,),
        (-3,),
        (2, 9),
        (2, 9, 3),
        (9, 2, -2),
        (0, 1, 0.1),
        (0, 0.3, 0.1),
        (2.5,),
        (1.0, 2.0, 0.25),
        (np.float64(0.5), 3),
    ],
)
@pytest.mark.parametrize("dtype", [None, "float32", "float64", "int32"])
def test_arange(arguments, dtype):
    if dtype == "int32" and len(arguments) == 3 and abs(arguments[2]) < 1:
        return  # A step that is cut to 0, see below.
    expected = np.arange(*arguments)
    if dtype is None and not any(isinstance(v, np.float64) for v in arguments):
        dtype = {"f": np.float32, "i": np.int64}[expected.dtype.kind]
    expected = expected if dtype is None else expected.astype(dtype)
    check_same(gg.arange(*arguments, dtype=dtype), expected)


@pytest.mark.parametrize("arguments", [(0, 5, 0), (0, 1, 0.1, "int32")])
def test_a_range_without_step(arguments):
    with pytest.raises(ArgumentError, match="the step is 0"):
        gg.arange(*arguments)


def test_a_range_of_what_is_no_number():
    with pytest.raises(ArgumentError, match="single numbers"):
        gg.arange([1, 2])


def test_arange_up_to_a_fed_number():
    n = gg.placeholder("int64", ())
    y = gg.arange(n)
    assert y.shape == (None,)
    assert y.numpy({n: 3}).tolist() == [0, 1, 2]


@pytest.mark.parametrize("num", [0, 1, 2, 5])
@pytest.mark.parametrize("endpoint", [True, False])
@pytest.mark.parametrize("ends", [(0.0, 0.1), (-2, 3), (1, 1)])
def test_linspace(ends, endpoint, num):
    kwargs = {"num": num, "endpoint": endpoint}
    check_same(gg.linspace(*ends, dtype="float64", **kwargs), np.linspace(*ends, **kwargs))
    check_same(gg.linspace(*ends, **kwargs), np.linspace(*ends, **kwargs).astype(np.float32))


def test_linspace_that_makes_no_sense():
    with pytest.raises(ArgumentError, match="it cannot be negative"):
        gg.linspace(0, 1, -1)
    with pytest.raises(ArgumentError, match="is of floats"):
        gg.linspace(gg.placeholder("float32", ()), 1, 3, dtype="int64")


@pytest.mark.parametrize("k", [-1, 0, 2])
@pytest.mark.parametrize("columns", [None, 2, 4])
def test_eye(columns, k):
    check_same(gg.eye(3, columns, k, "float64"), np.eye(3, columns, k))


def test_eye_of_a_fed_size():
    x = gg.placeholder("float32", (None, 2))
    assert gg.eye(gg.shape(x)[0]).numpy({x: np.zeros((2, 2))}).tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize("k", [-1, 0, 1])
def test_triangles(k):
    x = np.arange(1, 25).reshape(2, 3, 4)
    check_at_all_levels(lambda x: gg.tril(x, k), [x], np.tril(x, k))
    check_at_all_levels(lambda x: gg.triu(x, k), [x], np.triu(x, k))


def test_triangles_keep_out_what_is_not_finite():
    x = np.array([[1.0, np.inf], [np.nan, 2.0]])
    check_same(gg.tril(gg.triu(x)), np.diag([1.0, 2.0]))


@pytest.mark.parametrize("indexing", ["xy", "ij"])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_meshgrid(count, indexing):
    vectors = [np.arange(n) for n in (2, 3, 4)][:count]
    check_at_all_levels(
        lambda *xs: gg.meshgrid(*xs, indexing=indexing),
        vectors,
        np.meshgrid(*vectors, indexing=indexing),
        levels=(STATIC, SIZES),
    )


def test_meshgrid_of_another_order():
    with pytest.raises(ArgumentError, match="indexing is 'xy' or 'ij', not 'yx'"):
        gg.meshgrid([1, 2], indexing="yx")


def test_an_unknown_dtype():
    with pytest.raises(DTypeError, match="is not a dtype"):
        gg.zeros(2, "float31")


def test_integers_between_two_numbers_are_those_below():
    np.testing.assert_array_equal(
        gg.linspace(-3, 0, 5, dtype="int64").numpy(), np.linspace(-3, 0, 5, dtype="int64")
    )


def test_a_step_that_is_fed_as_zero():
    step = gg.placeholder("int64", (), name="step")
    y = gg.arange(0, 10, step)
    assert y.numpy({step: 5}).tolist() == [0, 5]
    with pytest.raises(ArgumentError, match="the step is 0"):
        y.numpy({step: 0})
