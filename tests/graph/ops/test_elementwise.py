"""Arithmetic over all dtypes, at the edges of their ranges, and slopes where they are special."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import giulgi as gg
from giulgi.errors import DTypeError, GraphError
from giulgi.graph import dtypes
from graph.checks import check_same, each, gradient_of, quick, values

NUMBERS = [*dtypes.INTEGERS, *dtypes.FLOATS]
named = {"ids": lambda value: getattr(value, "name", None) or getattr(value, "__name__", None)}


@pytest.mark.parametrize("dtype", NUMBERS, **named)
@pytest.mark.parametrize(
    "name",
    ["add", "subtract", "multiply", "floor_divide", "remainder", "maximum", "minimum"],
)
def test_two_inputs_as_numpy(name, dtype):
    @quick(10)
    @given(values(dtype, (3, 1)), values(dtype, (2,)))
    def check(a, b):
        with np.errstate(all="ignore"):
            expected = getattr(np, name)(a, b)
        check_same(getattr(gg, name)(a, b), expected)

    check()


@pytest.mark.parametrize("dtype", NUMBERS, **named)
@pytest.mark.parametrize("name", ["negative", "positive", "abs", "sign"])
def test_one_input_as_numpy(name, dtype):
    @quick(10)
    @given(values(dtype))
    def check(x):
        check_same(getattr(gg, name)(x), getattr(np, name)(x))

    check()


@pytest.mark.parametrize("dtype", dtypes.FLOATS, **named)
@pytest.mark.parametrize("name", ["divide", "power"])
def test_floats_as_numpy(name, dtype):
    @quick(20)
    @given(values(dtype), values(dtype))
    def check(a, b):
        with np.errstate(all="ignore"):
            expected = getattr(np, name)(a, b)
        check_same(getattr(gg, name)(a, b), expected)

    check()


# Python's own // and % are what NumPy follows: the remainder has the sign of the divisor.


@quick(30)
@given(st.integers(-50, 50), st.integers(-9, 9).filter(bool))
def test_division_with_remainder_as_python(a, b):
    assert int(gg.constant(a) // b) == a // b
    assert int(gg.constant(a) % b) == a % b
    assert float(gg.constant(a / 4) % (b / 2)) == (a / 4) % (b / 2)


def test_integers_divided_by_zero_give_zero():
    assert (gg.constant([5, -5]) // 0).tolist() == [0, 0]
    assert (gg.constant([5, -5]) % 0).tolist() == [0, 0]


def test_integers_are_divided_as_floats():
    check_same(gg.constant([1, 2]) / 4, np.array([0.25, 0.5], np.float32))
    check_same(1 / gg.constant(np.array([2], np.int8)), np.array([0.5], np.float32))


@pytest.mark.parametrize("exponent", [0, 1, 2, 3, 0.5, -1, 2.5, 1.0, 2.0])
@pytest.mark.parametrize("dtype", [np.int32, np.float32, np.float64])
def test_power_with_a_python_number(dtype, exponent):
    x = np.array([1, 2, 9], dtype)
    if np.issubdtype(dtype, np.integer) and isinstance(exponent, int) and exponent < 0:
        with pytest.raises(GraphError, match="negative integer powers"):
            (gg.constant(x) ** exponent).numpy()
        return
    y = (gg.constant(x) ** exponent).numpy()
    is_float = isinstance(exponent, float)
    assert y.dtype == (np.float32 if dtype == np.int32 and is_float else dtype)
    np.testing.assert_allclose(y, each(lambda v: v**exponent)(x), rtol=1e-6)


def test_power_of_a_python_number():
    np.testing.assert_array_equal((2 ** gg.constant([1, 3])).numpy(), [2, 8])
    np.testing.assert_array_equal((2.0 ** gg.constant([1, 3])).numpy(), np.float32([2, 8]))


@pytest.mark.parametrize("op", [gg.subtract, gg.divide, gg.floor_divide, gg.remainder, gg.power])
def test_arithmetic_on_bools_is_refused(op):
    if op is gg.divide:
        assert float(op(True, True)) == 1.0  # As floats, as NumPy does it.
        return
    with pytest.raises(DTypeError, match="no meaning for dtype bool"):
        op(gg.constant([True]), gg.constant([True]))


def test_bools_are_added_and_multiplied_as_or_and_and():
    a, b = np.array([True, True, False, False]), np.array([True, False, True, False])
    check_same(gg.constant(a) + b, a | b)
    check_same(gg.constant(a) * b, a & b)


def test_casting():
    x = np.array([-1.9, -0.0, 0.5, 2.999])
    check_same(gg.cast(x, "int32"), np.array([-1, 0, 0, 2], np.int32))
    check_same(gg.cast(x, "bool"), np.array([True, False, True, True]))
    check_same(gg.cast([True, False], "float64"), np.array([1.0, 0.0]))
    check_same(gg.constant(np.array([300, -1])).astype("uint8"), np.array([44, 255], np.uint8))


def test_casting_to_the_same_dtype_is_no_operation():
    x = gg.placeholder("float32", ())
    assert gg.cast(x, "float32").node is x.node


def test_python_numbers_keep_their_digits_on_the_way_to_float64():
    x = gg.constant(np.zeros(1))
    for y in (gg.cast(0.1, "float64"), x + 0.1, gg.add(x, [0.1]), gg.maximum(x, (0.1,))):
        assert y.dtype == np.float64
        assert y.item() == 0.1


def test_clip():
    x = np.array([-3.0, -1.0, 0.0, 1.0, 3.0])
    check_same(gg.clip(x, -1, 1), np.clip(x, -1, 1))
    check_same(gg.clip(x, min=0), np.clip(x, 0, None))
    check_same(gg.clip(x, max=0), np.clip(x, None, 0))
    check_same(gg.clip(x), x)
    check_same(gg.clip(x, [0, 0, 1, 2, 9], 2), np.clip(x, [0, 0, 1, 2, 9], 2))


# Slopes at special points


@pytest.mark.parametrize(
    ("function", "at", "slope"),
    [
        (gg.abs, 0.0, 0),
        (lambda x: gg.maximum(0, x), 0.0, 0),  # ReLU
        (lambda x: gg.maximum(x, 0), 0.0, 1),  # At a tie the first has the gradient.
        (lambda x: gg.minimum(x, 0), 0.0, 1),
        (lambda x: gg.minimum(0, x), 0.0, 0),
        (lambda x: gg.maximum(x, x), 3.0, 1),
        (lambda x: gg.clip(x, -1, 1), 1.0, 1),
        (lambda x: gg.clip(x, -1, 1), -1.0, 1),
        (lambda x: gg.clip(x, -1, 1), 1.1, 0),
        (lambda x: x**0, 0.0, 0),
        (lambda x: x**1, 0.0, 1),
        (lambda x: x**2, 0.0, 0),
        (lambda x: x**3, 0.0, 0),
        (lambda x: x**0.5, 0.0, np.inf),
        (lambda x: gg.power(x, 1.0), 0.0, 1),
        (lambda x: gg.power(x, 1.5), 0.0, 0),
        (lambda x: gg.power(0.0, x), 2.0, 0),
        (lambda x: gg.power(-2.0, x), 2.0, 0),
        (lambda x: x // 2, 3.0, 0),
        (lambda x: x % 2, 3.5, 1),
        (gg.sign, 2.0, 0),
    ],
)
def test_slope_at_a_special_point(function, at, slope):
    assert gradient_of(function, at) == slope


@pytest.mark.parametrize(
    ("exponent", "curvature"), [(0, 0), (1, 0), (2, 2), (3, 0), (4, 0), (2.0, 2), (3.0, 0)]
)
def test_curvature_of_powers_at_zero(exponent, curvature):
    assert gradient_of(lambda x: x**exponent, 0.0, order=2) == curvature
    assert gradient_of(gg.power, 0.0, exponent, order=2) == curvature


def test_nan_goes_through_the_extremes_and_keeps_its_gradient():
    x = np.array([np.nan, 1.0])
    assert np.isnan(gg.maximum(x, 0.0).numpy()[0])
    assert gradient_of(lambda x: gg.maximum(x, 0.0), x).tolist() == [1, 1]


def test_gradient_of_a_cast_has_the_dtype_of_its_input():
    x = gg.constant(np.array([1.5, 2.5], np.float64))
    g = gg.gradients(gg.sum(x.astype("float32") * 3), x)
    check_same(g, np.array([3.0, 3.0]))
