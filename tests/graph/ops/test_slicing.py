"""Slices, their inverse, and padding."""

from __future__ import annotations

import math

import numpy as np
import pytest

import giulgi as gg
from giulgi.errors import ArgumentError, ShapeError
from giulgi.graph.ops import embed
from giulgi.graph.ops.slicing import slice_axis
from graph.checks import CONSTANT, DATA, SIZES, STATIC, check_at_all_levels, check_same

X = np.arange(12).reshape(3, 4)


def test_slice_along_one_axis():
    check_same(slice_axis(gg.constant(X), -1, 1, None, 2), X[:, 1::2])


def test_embed_is_the_inverse_of_a_slice():
    cuts = ((1, None, 1), (None, None, 2))
    whole = np.zeros((3, 4), int)
    whole[1:, ::2] = X[1:, ::2]
    check_at_all_levels(lambda x: embed(x, (3, 4), cuts), [X[1:, ::2]], whole)


def test_embed_into_a_hole_of_another_shape():
    with pytest.raises(ShapeError, match="its place"):
        embed(X, (3, 4), ((1, None, 1),))


@pytest.mark.parametrize(
    "widths", [0, 1, (1, 2), ((1, 2),), ((1, 0), (0, 2)), ((1,), (2,)), np.array([[1, 1], [0, 3]])]
)
@pytest.mark.parametrize("value", [0, 7])
def test_pad(widths, value):
    check_at_all_levels(
        lambda x: gg.pad(x, widths, value),
        [X],
        np.pad(X, widths, constant_values=value),
        levels=(CONSTANT, STATIC, SIZES, DATA),
    )


def test_pad_with_values_that_only_floats_have():
    for value in (np.inf, -np.inf, np.nan, -0.5):
        check_same(gg.pad([1.0], 1, value), np.float32([value, 1, value]))


def test_pad_without_width_is_no_operation():
    x = gg.placeholder("float32", (2,))
    assert gg.pad(x, 0).node is x.node


@pytest.mark.parametrize("widths", [(1, 2, 3), ((1, 1), (1, 1), (1, 1)), 1.5, "same"])
def test_widths_that_make_no_sense(widths):
    with pytest.raises(ArgumentError, match="of 2 axes"):
        gg.pad(X, widths)


def test_negative_widths():
    with pytest.raises(ArgumentError, match="negative"):
        gg.pad(X, -1)


def test_padding_tells_zero_from_minus_zero():
    x = gg.ones((1,))
    plus, minus = gg.pad(x, 1, 0.0), gg.pad(x, 1, -0.0)
    assert np.signbit(plus.numpy()).tolist() == [False, False, False]
    assert np.signbit(minus.numpy()).tolist() == [True, False, True]
    assert gg.pad(x, 1, math.nan).node is gg.pad(x, 1, float("nan")).node
    assert gg.pad(x, 1, 0.1).node is gg.pad(x, 1, gg.constant(0.1, "float64")).node


def test_the_value_of_padding_is_known_when_the_graph_is_built():
    fed = gg.placeholder("float32", ())
    for value in (fed, [1.0, 2.0]):
        with pytest.raises(ArgumentError, match="the value must be one number"):
            gg.pad(gg.ones((1,)), 1, value)
