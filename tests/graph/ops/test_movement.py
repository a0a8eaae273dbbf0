"""Reshape, transpose, broadcast, squeeze: shapes that fit, and those that do not."""

from __future__ import annotations

import numpy as np
import pytest

import giulgi as gg
from giulgi.errors import ArgumentError, ShapeError
from graph.checks import CONSTANT, DATA, SIZES, STATIC, check_at_all_levels, check_same

X = np.arange(24).reshape(2, 3, 4)


@pytest.mark.parametrize("shape", [(24,), (-1,), (4, 6), (2, -1, 2), (1, 24, 1), -1, [6, 4]])
def test_reshape(shape):
    check_at_all_levels(lambda x: gg.reshape(x, shape), [X], X.reshape(shape))


def test_reshape_to_computed_sizes():
    def pairs(x):
        return gg.reshape(x, [gg.shape(x)[0] * 3, 2, gg.size(x, 2) // 2])

    check_at_all_levels(pairs, [X], X.reshape(6, 2, 2), shape_is_known=False)


def test_reshape_of_no_elements():
    check_at_all_levels(lambda x: gg.reshape(x, (3, 0, 2)), [np.zeros((0, 4))], np.zeros((3, 0, 2)))


@pytest.mark.parametrize(
    ("shape", "problem"),
    [
        ((5, 5), "24 elements do not fit"),
        ((5, -1), "24 elements do not fit"),
        ((-1, -1), "-1 twice"),
        ((-2, -12), "a size is negative"),
        ((0, -1), "24 elements do not fit"),
    ],
)
def test_reshape_that_does_not_fit(shape, problem):
    with pytest.raises(ShapeError, match=problem):
        gg.reshape(X, shape)
    x = gg.placeholder("int64", (None, 3, 4))
    with pytest.raises(ShapeError, match=problem):
        gg.reshape(x, shape).numpy({x: X})


@pytest.mark.parametrize("shape", ["ab", (2.0, 12), None, ("2", 12)])
def test_what_is_no_shape(shape):
    with pytest.raises(ArgumentError, match="shape"):
        gg.reshape(X, shape)


def test_reshape_to_the_same_shape_is_no_operation():
    x = gg.placeholder("float32", (2, 3))
    assert gg.reshape(x, (2, -1)).node is x.node


@pytest.mark.parametrize("axes", [None, (2, 0, 1), (-1, 0, 1), [1, 0, 2]])
def test_transpose(axes):
    check_at_all_levels(lambda x: gg.transpose(x, axes), [X], X.transpose(axes))


@pytest.mark.parametrize("axes", [(0, 1), (0, 0, 1), (0, 1, 3)])
def test_wrong_order_of_axes(axes):
    with pytest.raises(ShapeError, match=r"does not name each of the 3 axes once|no axis 3"):
        gg.transpose(X, axes)


def test_transposing_methods():
    x = gg.constant(X)
    check_same(x.T, X.T)
    check_same(x.mT, X.mT)
    check_same(x.transpose(), X.transpose())
    check_same(x.transpose(1, 0, 2), X.transpose(1, 0, 2))
    check_same(x.transpose((1, 0, 2)), X.transpose(1, 0, 2))


@pytest.mark.parametrize("axis", [0, -1, (0, 2), (-1, 0), np.int64(1)])
def test_expand_dims(axis):
    check_at_all_levels(lambda x: gg.expand_dims(x, axis), [X], np.expand_dims(X, axis))


@pytest.mark.parametrize("axis", [None, 0, -1, (0, 2), np.int64(0)])
def test_squeeze(axis):
    x = X.reshape(1, 24, 1)
    check_at_all_levels(lambda x: gg.squeeze(x, axis), [x], np.squeeze(x, axis))


def test_squeeze_of_another_axis():
    with pytest.raises(ShapeError, match="axis 1 has size 3"):
        gg.squeeze(X, 1)
    x = gg.placeholder("int64", (2, None, 4))
    with pytest.raises(ShapeError, match="axis 1 has size 3"):
        gg.squeeze(x, 1).numpy({x: X})


@pytest.mark.parametrize("shape", [(2, 3, 4), (5, 2, 3, 4)])
def test_broadcast_to(shape):
    for x in (X, X[:, :1], X[0, 0, 0]):
        check_at_all_levels(lambda x: gg.broadcast_to(x, shape), [x], np.broadcast_to(x, shape))


@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 5), (2, 1, 4), (2, 3, -4)])
def test_broadcast_that_does_not_fit(shape):
    with pytest.raises(ShapeError):
        gg.broadcast_to(X, shape)
    x = gg.placeholder("int64")
    with pytest.raises(ShapeError):
        gg.broadcast_to(x, shape).numpy({x: X})


def test_broadcast_tells_all_that_is_known_of_the_shape():
    x = gg.placeholder("float32", (None, 3))
    assert gg.broadcast_to(x, (1, 3)).shape == (1, 3)
    assert gg.broadcast_to(x, [2, gg.size(x, 0), 3]).shape == (2, None, 3)


@pytest.mark.parametrize("axis", [None, 0, -1, (0, 2)])
def test_flip(axis):
    levels = (CONSTANT, STATIC, SIZES, DATA) if axis is None else (CONSTANT, SIZES, DATA)
    check_at_all_levels(lambda x: gg.flip(x, axis), [X], np.flip(X, axis), levels=levels)


@pytest.mark.parametrize(("source", "target"), [(0, 2), (-1, 0), ((0, 1), (-1, 0))])
def test_moveaxis(source, target):
    check_same(gg.moveaxis(X, source, target), np.moveaxis(X, source, target))


def test_moveaxis_with_too_few_targets():
    with pytest.raises(ArgumentError, match="moveaxis: 2 axes are to be moved, to 1 places"):
        gg.moveaxis(X, (0, 1), 2)


def test_swapaxes_and_matrix_transpose():
    check_same(gg.swapaxes(X, 0, -1), np.swapaxes(X, 0, -1))
    check_same(gg.matrix_transpose(X), np.matrix_transpose(X))
    with pytest.raises(ShapeError, match="no axis"):
        gg.matrix_transpose([1, 2])
