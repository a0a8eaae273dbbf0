"""Gather, its inverse scatter-add, take, one-hot."""

from __future__ import annotations

import numpy as np
import pytest

import giulgi as gg
from giulgi.errors import DTypeError, ShapeError
from giulgi.graph import dtypes
from graph.checks import CONSTANT, DATA, SIZES, STATIC, check_at_all_levels, check_same, gradient_of

X = np.arange(12.0).reshape(3, 4)


@pytest.mark.parametrize("dtype", dtypes.INTEGERS, ids=str)
def test_places_of_any_integer_dtype(dtype):
    places = np.array([2, 0, 2], dtype)
    along = np.array([[1, 0, 3, 3]] * 3, dtype)
    check_same(gg.gather(X, places), X[places])
    check_same(gg.take_along_axis(X, along, 1), np.take_along_axis(X, along.astype(int), 1))
    expected = np.zeros((3, 4))
    np.add.at(expected, places.astype(int), X)
    check_same(gg.scatter_add(X, places, (3, 4)), expected)


@pytest.mark.parametrize("places", [[0.0], [True], np.array([1], np.float32)])
def test_places_that_are_no_integers(places):
    for function in (gg.gather, lambda x, i: gg.scatter_add(x, i, (3,))):
        with pytest.raises(DTypeError, match="places are whole numbers, not"):
            function(X[0], places)


@pytest.mark.parametrize("axis", [0, 1, -1, None])
def test_take(axis):
    places = np.array([[0, 2], [-1, 1]])
    check_at_all_levels(lambda x, i: gg.take(x, i, axis), [X, places], np.take(X, places, axis))


@pytest.mark.parametrize("place", [3, -4])
def test_no_element_there(place):
    with pytest.raises(ShapeError, match=f"there is no element {place} along axis 0"):
        gg.gather(X, [0, place])
    i = gg.placeholder("int64", (None,))
    for y in (
        gg.gather(X, i),
        gg.scatter_add(np.ones(2), i, (3,)),
        gg.take_along_axis(X[:, 0], i, 0),
    ):
        with pytest.raises(ShapeError, match=f"there is no element {place} along axis 0"):
            y.numpy({i: [0, place]})


def test_gradient_adds_up_where_places_repeat():
    weights = np.array([[1.0, 2.0], [4.0, 8.0]])
    slopes = gradient_of(lambda x: gg.gather(x, [[0, 1], [0, -2]]) * weights, np.ones(3))
    assert slopes.tolist() == [5, 10, 0]
    slopes = gradient_of(lambda x: gg.gather(x, [2, 2], 1) * [[1, 10]], X)
    assert slopes.tolist() == [[0, 0, 11, 0]] * 3


def test_gradient_of_scatter_add_is_a_gather():
    weights = np.array([10.0, 20.0, 30.0])
    slopes = gradient_of(lambda u: gg.scatter_add(u, [2, 0, 2], (3,)) * weights, np.ones(3))
    assert slopes.tolist() == [30, 10, 30]


def test_second_gradient_through_repeated_places():
    # y = sum of (x0 + x0)^2: the gradient of its gradient is 8.
    slopes = gradient_of(lambda x: gg.sum(gg.gather(x, [0, 0])) ** 2, [3.0, 1.0], order=2)
    assert slopes.tolist() == [8, 0]


def test_updates_that_do_not_fit_their_places():
    with pytest.raises(ShapeError, match="these places need"):
        gg.scatter_add(np.ones(3), [0, 1], (4,))
    u, i = gg.placeholder("float32", (None,)), gg.placeholder("int64", (None,))
    with pytest.raises(ShapeError, match="these places need"):
        gg.scatter_add(u, i, (4,)).numpy({u: [1, 2, 3], i: [0, 1]})


def test_scatter_add_to_a_fed_shape():
    like = gg.placeholder("float32")
    y = gg.scatter_add([1.0, 2.0], [0, 0], gg.shape(like))
    assert y.numpy({like: np.zeros(3)}).tolist() == [3, 0, 0]


def test_take_along_axis_wants_one_index_for_each_line():
    with pytest.raises(ShapeError, match="may differ along axis 1 alone"):
        gg.take_along_axis(X, [[0], [1]], 1)
    with pytest.raises(ShapeError, match="may differ along axis 1 alone"):
        gg.take_along_axis(X, [0, 1, 2], 1)


@pytest.mark.parametrize("axis", [-1, 0, 1, -2])
@pytest.mark.parametrize("depth", [4, 300])
def test_one_hot(depth, axis):
    labels = np.array([[0, 2, 1], [3, 3, 0]], np.uint8)
    expected = np.moveaxis(np.eye(depth, dtype=np.float32)[labels], -1, axis)
    check_at_all_levels(
        lambda labels: gg.one_hot(labels, depth, axis=axis),
        [labels],
        expected,
        levels=(CONSTANT, STATIC, SIZES, DATA),
    )


def test_one_hot_of_no_class_is_a_row_of_zeros():
    assert gg.one_hot([1, -1, 3], 3).tolist() == [[0, 1, 0], [0, 0, 0], [0, 0, 0]]


def test_one_hot_with_other_values():
    y = gg.one_hot([0, 2], 3, on_value=0.9, off_value=0.05, dtype="float64")
    check_same(y, np.array([[0.9, 0.05, 0.05], [0.05, 0.05, 0.9]]))


def test_one_hot_of_what_is_no_class():
    with pytest.raises(DTypeError, match="classes are whole numbers, not float32"):
        gg.one_hot([0.0, 1.0], 2)
    with pytest.raises(ShapeError, match="there is no axis 2"):
        gg.one_hot([0, 1], 2, axis=2)
