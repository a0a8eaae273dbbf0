"""Functions of one number: accuracy in both float dtypes, and behaviour at the ends."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import giulgi as gg
from giulgi.errors import ArgumentError
from graph.checks import check_same, each, gradient_of, quick, values

inf, nan = math.inf, math.nan


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x > 0 else math.exp(x) / (1 + math.exp(x))


@pytest.mark.parametrize(
    ("name", "meaning", "low", "high"),
    [
        ("exp", math.exp, -80, 80),
        ("expm1", math.expm1, -80, 80),
        ("log", math.log, 1e-30, 1e30),
        ("log1p", math.log1p, -0.99, 1e30),
        ("sqrt", math.sqrt, 0, 1e30),
        ("sin", math.sin, -100, 100),
        ("cos", math.cos, -100, 100),
        ("tan", math.tan, -1.5, 1.5),
        ("asin", math.asin, -1, 1),
        ("acos", math.acos, -1, 1),
        ("atan", math.atan, -1e30, 1e30),
        ("tanh", math.tanh, -20, 20),
        ("sigmoid", sigmoid, -80, 80),
        ("erf", math.erf, -5, 5),
    ],
)
@pytest.mark.parametrize(("dtype", "ulps"), [(np.float32, 4), (np.float64, 4)])
def test_accuracy(name, meaning, low, high, dtype, ulps):
    width = np.finfo(dtype).bits
    numbers = st.floats(
        float(np.nextafter(dtype(low), dtype(high))),
        float(np.nextafter(dtype(high), dtype(low))),
        width=width,
        allow_subnormal=False,
    )

    @quick(20)
    @given(hnp.arrays(dtype, (4,), elements=numbers))
    def check(x):
        y = getattr(gg, name)(x).numpy()
        assert y.dtype == dtype
        tiny = float(np.finfo(dtype).tiny)
        np.testing.assert_allclose(
            y, each(meaning)(x.astype(np.float64)), rtol=ulps * np.finfo(dtype).eps, atol=tiny
        )

    check()


@pytest.mark.parametrize(
    ("function", "at", "value"),
    [
        (gg.exp, [-inf, inf, 1000], [0, inf, inf]),
        (gg.expm1, [-inf, 1e-20], [-1, 1e-20]),
        (gg.log, [0, -1, inf], [-inf, nan, inf]),
        (gg.log1p, [-1, 1e-20], [-inf, 1e-20]),
        (gg.sqrt, [-1, 0, inf], [nan, 0, inf]),
        (gg.tanh, [-inf, inf, 1000], [-1, 1, 1]),
        (gg.sigmoid, [-inf, -1000, 1000, inf, nan], [0, 0, 1, 1, nan]),
        (gg.erf, [-inf, inf], [-1, 1]),
        (gg.asin, [2], [nan]),
        (gg.atan, [inf], [math.pi / 2]),
    ],
)
def test_ends_of_the_range(function, at, value):
    np.testing.assert_array_equal(function(np.array(at, np.float64)).numpy(), value)


@pytest.mark.parametrize("name", ["exp", "log", "sqrt", "sin", "tanh", "sigmoid", "erf", "log1p"])
@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64"])
def test_integers_become_float32(name, dtype):
    y = getattr(gg, name)(np.array([0, 1]).astype(dtype))
    assert y.dtype == np.float32
    expected = getattr(gg, name)(np.array([0, 1], np.float32)).numpy()
    np.testing.assert_array_equal(y.numpy(), expected)


def test_atan2_knows_all_quadrants():
    y, x = np.array([1.0, 1.0, -1.0, -1.0, 0.0]), np.array([1.0, -1.0, -1.0, 1.0, -1.0])
    expected = np.pi * np.array([1, 3, -3, -1, 4]) / 4
    np.testing.assert_allclose(gg.atan2(y, x).numpy(), expected, rtol=1e-15)


@pytest.mark.parametrize(
    ("name", "meaning"),
    [("floor", math.floor), ("ceil", math.ceil), ("trunc", math.trunc), ("round", round)],
)
def test_rounding(name, meaning):
    @quick(30)
    @given(st.floats(-1e6, 1e6) | st.integers(-9, 9).map(lambda i: i / 2))
    def check(x):
        assert float(getattr(gg, name)(np.float64(x))) == meaning(x)

    check()


@pytest.mark.parametrize("name", ["floor", "ceil", "trunc", "round"])
def test_rounding_leaves_integers_as_they_are(name):
    check_same(getattr(gg, name)(np.array([1, 2], np.int16)), np.array([1, 2], np.int16))


@quick(30)
@given(values(np.float64, (3,)).filter(lambda x: (abs(x) < 1e9).all()), st.integers(-3, 5))
def test_rounding_to_decimals_as_numpy(x, decimals):
    np.testing.assert_allclose(gg.round(x, decimals).numpy(), np.round(x, decimals), rtol=1e-15)


def test_rounding_integers_to_tens():
    check_same(gg.round(np.array([14, 15, 25, -36]), -1), np.array([10, 20, 20, -40]))
    check_same(gg.constant([14]).round(2), np.array([14]))


def test_a_name_that_is_no_text_is_refused():
    with pytest.raises(ArgumentError, match="a name is text, not int"):
        gg.exp(1.0, 2)


@pytest.mark.parametrize(
    ("function", "at", "slope"),
    [
        (gg.sqrt, 0.0, inf),
        (gg.log, 0.0, inf),
        (gg.sigmoid, 1000.0, 0),
        (gg.sigmoid, -1000.0, 0),
        (gg.sigmoid, 0.0, 0.25),
        (gg.tanh, 1000.0, 0),
        (gg.exp, -inf, 0),
        (gg.floor, 0.5, 0),
        (gg.round, 0.4, 0),
    ],
)
def test_slope_at_a_special_point(function, at, slope):
    assert gradient_of(function, at) == slope


def test_third_derivative_of_tanh():
    x = 0.3
    t = math.tanh(x)
    expected = -2 * (1 - t**2) * (1 - 3 * t**2)
    assert gradient_of(gg.tanh, x, order=3) == pytest.approx(expected, rel=1e-12)


def test_fourth_derivative_of_sine_is_sine():
    x = np.array([0.1, 2.0])
    np.testing.assert_allclose(gradient_of(gg.sin, x, order=4), np.sin(x), rtol=1e-14)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "int32", "int64", "uint64"])
@pytest.mark.parametrize("decimals", [-1, -2, -3])
def test_integers_are_rounded_exactly(dtype, decimals):
    limits = np.iinfo(dtype)
    x = np.array([0, 4, 5, 6, 15, 25, 35, 49, 50, 51, 99, limits.max, limits.min], dtype)
    scale = 10**-decimals
    exact = [round(Fraction(int(v), scale)) * scale for v in x]
    found = gg.round(x, decimals).numpy()
    assert found.dtype == dtype
    fits = [limits.min <= e <= limits.max for e in exact]
    assert found[fits].tolist() == [e for e, fit in zip(exact, fits, strict=True) if fit]


def test_large_integers_are_rounded_exactly():
    x = [9007199254740993, 123456789123456785, -123456789123456785]
    assert gg.round(x, -1).tolist() == [9007199254740990, 123456789123456780, -123456789123456780]
    assert gg.round(x, -20).tolist() == [0, 0, 0]


@pytest.mark.parametrize("dtype", ["bool", "uint8", "uint64", "int8"])
def test_cosh_of_small_integers(dtype):
    x = np.array([0, 1], dtype)
    np.testing.assert_allclose(gg.cosh(x).numpy(), np.cosh([0.0, 1.0]), rtol=1e-6)
