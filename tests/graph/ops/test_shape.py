"""Sizes as values: constants where they are known, computed where they are not."""

from __future__ import annotations

import numpy as np
import pytest

import giulgi as gg
from giulgi.errors import ArgumentError, ShapeError
from giulgi.graph.ops.leaves import Constant
from giulgi.graph.ops.shape import as_sizes, elements_of, sizes_of
from graph.checks import check_at_all_levels

X = np.zeros((2, 3, 4))


def test_shape_rank_and_size():
    check_at_all_levels(gg.shape, [X], np.array([2, 3, 4]))
    check_at_all_levels(gg.rank, [X], np.int64(3))
    check_at_all_levels(gg.size, [X], np.int64(24))


@pytest.mark.parametrize(
    ("axis", "size"), [(0, 2), (-1, 4), ((0, 2), 8), ((), 1), (np.int64(1), 3)]
)
def test_size_along_axes(axis, size):
    check_at_all_levels(lambda x: gg.size(x, axis), [X], np.int64(size))


def test_what_is_known_is_a_constant():
    x = gg.placeholder("float32", (2, 3))
    assert isinstance(gg.shape(x).op, Constant)
    assert isinstance(gg.size(x).op, Constant)
    y = gg.placeholder("float32", (None, 3))
    assert isinstance(gg.size(y, 1).op, Constant)
    assert not isinstance(gg.size(y).op, Constant)


def test_sizes_known_in_part():
    x = gg.placeholder("float32", (None, 3))
    assert elements_of(gg.shape(x)) == (None, 3)
    assert elements_of(gg.shape(x)[1:]) == (3,)
    assert elements_of(gg.concat([gg.shape(x), [7]])) == (None, 3, 7)
    assert elements_of(gg.gather(gg.shape(x), [1, 0, 1])) == (3, None, 3)
    assert elements_of(gg.shape(gg.placeholder("float32"))) is None


def test_a_shape_built_of_parts_is_known_in_part():
    x = gg.placeholder("float32", (None, 3))
    y = gg.zeros([gg.shape(x)[0], 5, gg.shape(x)[1]])
    assert y.shape == (None, 5, 3)
    assert y.numpy({x: np.zeros((2, 3))}).shape == (2, 5, 3)


def test_sizes_of_is_a_tuple_where_all_is_known():
    assert sizes_of(gg.placeholder("float32", (2, 3))) == (2, 3)
    assert isinstance(sizes_of(gg.placeholder("float32", (2, None))), gg.Tensor)


@pytest.mark.parametrize("shape", [3, (3,), [3], np.array([3]), gg.constant([3]), [gg.constant(3)]])
def test_shapes_are_told_in_many_ways(shape):
    assert as_sizes(shape) == (3,)


@pytest.mark.parametrize("shape", [1.5, "3", None, (2.5,), gg.constant([1.5]), ([1], [2])])
def test_what_is_no_shape(shape):
    with pytest.raises(ArgumentError):
        as_sizes(shape)


def test_in_a_program_for_known_shapes_sizes_are_constants():
    x = gg.placeholder("float32", name="x")
    y = gg.reshape(x, [gg.size(x) // 2, 2]) * gg.cast(gg.shape(x)[0], "float32")
    text = gg.Program([y], [x]).text((3, 4))
    assert " shape(" not in text
    assert " size(" not in text
    assert "reshape(x, (6, 2))" in text


def test_the_size_along_an_axis_that_is_not_there():
    with pytest.raises(ShapeError, match="there is no axis 3"):
        gg.size(X, 3)
    x = gg.placeholder("float32")
    with pytest.raises(ShapeError, match="there is no axis 3"):
        gg.size(x, 3).numpy({x: X})
