"""Sums, products, extremes: dtypes, empty axes, ties, zeros."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

import giulgi as gg
from giulgi.errors import DTypeError, GiulgiError, ShapeError
from giulgi.graph import dtypes
from graph.checks import check_at_all_levels, check_same, gradient_of, quick, values

named = {"ids": lambda value: getattr(value, "name", None)}
AXES = [None, 0, -1, (0, 1), ()]


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("dtype", dtypes.ALL, **named)
@pytest.mark.parametrize("name", ["sum", "prod", "max", "min"])
def test_as_numpy(name, dtype, axis):
    @quick(5)
    @given(values(dtype))
    def check(x):
        with np.errstate(all="ignore"):
            expected = getattr(np, name)(x, axis, keepdims=True)
        check_same(getattr(gg, name)(x, axis, keepdims=True), expected)

    check()


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("name", ["any", "all"])
def test_any_and_all_of_bools_and_numbers(name, axis):
    for x in ([[True, False], [True, True]], [[0.0, 0.0], [np.nan, 2.0]], [[0, 3], [0, 0]]):
        check_same(getattr(gg, name)(np.array(x), axis), getattr(np, name)(np.array(x), axis))


def test_small_integers_are_added_up_in_64_bits():
    assert int(gg.sum(np.full(300, 255, np.uint8))) == 300 * 255
    assert int(gg.sum(np.full(300, -128, np.int8))) == 300 * -128
    assert int(gg.sum(np.ones(300, bool))) == 300


@pytest.mark.parametrize("axis", [None, 0, -2])
@pytest.mark.parametrize("name", ["argmax", "argmin"])
@pytest.mark.parametrize("keepdims", [False, True])
def test_place_of_the_extreme_is_the_first_of_several(name, axis, keepdims):
    x = np.array([[1.0, 7.0, 7.0], [7.0, 1.0, 1.0]])
    meaning = getattr(np, name)(x, axis, keepdims=keepdims)
    levels = ("constant", "static", "sizes", "data") if axis is None else None
    check_at_all_levels(
        lambda x: getattr(gg, name)(x, axis, keepdims=keepdims),
        [x],
        meaning,
        **({"levels": levels} if levels else {}),
    )


def test_nan_is_the_extreme():
    x = np.array([1.0, np.nan, 3.0])
    assert np.isnan(float(gg.max(x)))
    assert np.isnan(float(gg.min(x)))
    assert int(gg.argmax(x)) == 1


def test_of_nothing():
    nothing = np.zeros((2, 0))
    assert gg.sum(nothing, 1).tolist() == [0, 0]
    assert gg.prod(nothing, 1).tolist() == [1, 1]
    assert gg.any(nothing != 0, 1).tolist() == [False, False]
    assert gg.all(nothing != 0, 1).tolist() == [True, True]
    assert gg.max(nothing, 0).shape == (0,)


@pytest.mark.parametrize("function", [gg.max, gg.min, gg.argmax, gg.argmin])
def test_no_extreme_of_nothing(function):
    with pytest.raises(ShapeError, match="axis 1 has size 0"):
        function(np.zeros((2, 0)), 1)
    x = gg.placeholder("float32", (2, None))
    with pytest.raises(ShapeError, match="axis 1 has size 0"):
        function(x, 1).numpy({x: np.zeros((2, 0))})


@pytest.mark.parametrize("function", [gg.sum, gg.max, gg.mean, gg.argmax, gg.any])
def test_wrong_axes(function):
    x = np.zeros((2, 3))
    with pytest.raises(ShapeError, match="there is no axis 2 in a tensor of rank 2"):
        function(x, 2)
    with pytest.raises(DTypeError, match=r"an axis is a whole number, not 1\.5"):
        function(x, 1.5)


def test_an_axis_given_twice():
    with pytest.raises(ShapeError, match="an axis is given twice"):
        gg.sum(np.zeros((2, 3)), (0, -2))


def test_axes_may_be_numpy_integers():
    x = np.arange(6.0).reshape(2, 3)
    check_same(gg.sum(x, np.int64(1)), x.sum(1))
    check_same(gg.sum(x, np.array([0, 1])), x.sum())


def test_a_wrong_axis_of_an_unknown_rank_is_told_when_fed():
    x = gg.placeholder("float32", name="x")
    y = gg.sum(x, 3)
    with pytest.raises(GiulgiError, match="there is no axis 3 in a tensor of rank 1"):
        y.numpy({x: [1.0]})


# Slopes at special points


def test_ties_share_the_gradient():
    assert gradient_of(gg.max, [1.0, 3.0, 3.0]).tolist() == [0, 0.5, 0.5]
    assert gradient_of(gg.min, [1.0, 1.0, 1.0, 5.0]).tolist() == [1 / 3, 1 / 3, 1 / 3, 0]
    rows = gradient_of(lambda x: gg.max(x, 1), [[2.0, 2.0], [1.0, 0.0]])
    assert rows.tolist() == [[0.5, 0.5], [1, 0]]


@pytest.mark.parametrize(
    ("x", "slopes"),
    [
        ([2.0, 3.0, 4.0], [12, 8, 6]),
        ([0.0, 3.0, 4.0], [12, 0, 0]),
        ([0.0, 0.0, 4.0], [0, 0, 0]),
        ([5.0], [1]),
    ],
)
def test_gradient_of_a_product_with_zeros(x, slopes):
    assert gradient_of(gg.prod, x).tolist() == slopes


@pytest.mark.parametrize("x", [[2.0, 3.0, 4.0], [0.0, 3.0, 4.0], [0.0, 0.0, 4.0]])
def test_second_gradient_of_a_product_with_zeros(x):
    # The derivative by x_i and x_j is the third; summed over i.
    expected = [sum(x[3 - i - j] for j in range(3) if j != i) for i in range(3)]
    assert gradient_of(gg.prod, x, order=2).tolist() == expected


def test_gradient_of_a_product_along_several_axes():
    x = np.array([[[0.0, 2.0], [3.0, 4.0]], [[1.0, 2.0], [3.0, 4.0]]])
    expected = np.array([[[24.0, 0.0], [0.0, 0.0]], [[24.0, 12.0], [8.0, 6.0]]])
    np.testing.assert_array_equal(gradient_of(lambda x: gg.prod(x, (1, 2)), x), expected)


def test_gradient_of_a_product_needs_no_rank_if_it_is_of_all():
    x = gg.placeholder("float64", name="x")
    slopes = gg.gradients(gg.prod(x), x)
    assert slopes.numpy({x: [[0.0, 2.0], [3.0, 4.0]]}).tolist() == [[24, 0], [0, 0]]


@pytest.mark.parametrize("axis", [0, 1, -1, -3, (0, 2), (-1, 0), (1, -1)])
@pytest.mark.parametrize("zeros", [0, 1, 3])
@pytest.mark.parametrize("shape", [None, (None, 3, 4)])
def test_gradient_of_a_product_of_any_rank(axis, zeros, shape):
    values = np.random.default_rng(zeros).uniform(1, 2, (2, 3, 4))
    values.flat[:zeros] = 0
    x = gg.placeholder("float64", shape, name="x")
    found = gg.gradients(gg.prod(x, axis), x).numpy({x: values})
    for place in np.ndindex(values.shape):
        others = values.copy()
        others[place] = 1
        line = [slice(None) if i in np.r_[axis] % 3 else place[i] for i in range(3)]
        np.testing.assert_allclose(found[place], np.prod(others[tuple(line)]), rtol=1e-12)


def test_gradient_of_a_product_of_nothing():
    x = gg.placeholder("float32", name="x")
    for axis in (0, 1, -1):
        slope = gg.gradients(gg.prod(x, axis), x)
        assert slope.numpy({x: np.zeros((2, 0, 3))}).shape == (2, 0, 3)


def test_gradient_by_an_empty_input_is_empty():
    assert gradient_of(gg.sum, np.zeros((0, 3))).shape == (0, 3)
    assert gradient_of(lambda x: gg.prod(x, 0), np.zeros((0, 3))).shape == (0, 3)
