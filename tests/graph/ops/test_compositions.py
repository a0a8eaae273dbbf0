"""Functions made of others: exact near 0, without overflow, with the right slopes."""

from __future__ import annotations

import math

import numpy as np
import pytest

import giulgi as gg
from giulgi.errors import ArgumentError, ShapeError
from graph.case_table import RANK_KNOWN
from graph.checks import check_at_all_levels, check_same, each, gradient_of

inf, nan = math.inf, math.nan


@pytest.mark.parametrize(
    ("function", "meaning", "at"),
    [
        (gg.sinh, math.sinh, [-80, -1, -1e-4, 1e-20, 0.5, 80]),
        (gg.cosh, math.cosh, [-80, -1, 0, 1e-4, 80]),
        (gg.asinh, math.asinh, [-1e30, -1e10, -3, -1e-20, 0, 1e-4, 1e8, 1e30]),
        (gg.acosh, math.acosh, [1, 1 + 1e-6, 2, 1e8, 1e30]),
        (gg.atanh, math.atanh, [-0.999, -1e-20, 0, 1e-4, 0.5]),
        (gg.log2, math.log2, [1e-30, 0.5, 3, 1e30]),
        (gg.log10, math.log10, [1e-30, 0.5, 3, 1e30]),
    ],
)
@pytest.mark.parametrize(("dtype", "rtol"), [(np.float32, 6e-7), (np.float64, 1e-14)])
def test_accuracy(function, meaning, at, dtype, rtol):
    x = np.array(at, dtype)
    y = function(x).numpy()
    assert y.dtype == dtype
    np.testing.assert_allclose(y, each(meaning)(x.astype(np.float64)), rtol=rtol)


@pytest.mark.parametrize(
    ("function", "inputs", "value"),
    [
        (gg.sinh, [1000.0], inf),
        (gg.sinh, [-1000.0], -inf),
        (gg.cosh, [-1000.0], inf),
        (gg.asinh, [inf], inf),
        (gg.asinh, [-inf], -inf),
        (gg.acosh, [0.5], nan),
        (gg.atanh, [1.0], inf),
        (gg.atanh, [2.0], nan),
        (gg.logaddexp, [-inf, -inf], -inf),
        (gg.logaddexp, [inf, inf], inf),
        (gg.logaddexp, [inf, -inf], inf),
        (gg.logaddexp, [-inf, 3.0], 3),
        (gg.logaddexp, [1000.0, 1000.0], 1000 + math.log(2)),
        (gg.logaddexp, [0.0, -40.0], math.log1p(math.exp(-40))),
        (gg.hypot, [0.0, 0.0], 0),
        (gg.hypot, [3e200, 4e200], 5e200),
        (gg.hypot, [-3e-200, 4e-200], 5e-200),
        (gg.hypot, [inf, nan], inf),
        (gg.hypot, [nan, -inf], inf),
        (gg.hypot, [nan, 1.0], nan),
        (gg.reciprocal, [0.0], inf),
        (gg.rsqrt, [0.0], inf),
        (gg.square, [-3.0], 9),
    ],
)
def test_ends_of_the_range(function, inputs, value):
    y = float(function(*(np.float64(x) for x in inputs)))
    np.testing.assert_allclose(y, value, rtol=1e-15)


def test_kinds_of_numbers():
    x = np.array([1.0, -inf, inf, nan, -0.0])
    np.testing.assert_array_equal(gg.isnan(x).numpy(), np.isnan(x))
    np.testing.assert_array_equal(gg.isinf(x).numpy(), np.isinf(x))
    np.testing.assert_array_equal(gg.isfinite(x).numpy(), np.isfinite(x))
    for function in (gg.isnan, gg.isinf):
        assert not function(np.array([2**63 - 1])).numpy().any()


@pytest.mark.parametrize(
    ("function", "at", "slopes"),
    [
        (gg.sinh, 0.0, [1, 0, 1]),
        (gg.cosh, 0.0, [0, 1, 0]),
        (gg.asinh, 0.0, [1, 0, -1]),
        (gg.atanh, 0.0, [1, 0, 2]),
        (gg.square, 0.0, [0, 2, 0]),
    ],
)
def test_first_three_derivatives_at_zero(function, at, slopes):
    found = [gradient_of(function, at, order=order) for order in (1, 2, 3)]
    np.testing.assert_allclose(found, slopes, atol=1e-15)


def test_slopes_of_logaddexp_at_a_tie():
    assert gradient_of(gg.logaddexp, 2.0, 2.0, by=0) == 0.5
    assert gradient_of(gg.logaddexp, 2.0, 2.0, by=1) == 0.5
    assert gradient_of(gg.logaddexp, 2.0, 2.0, by=0, order=2) == 0.25


def test_slope_of_logaddexp_with_minus_infinity():
    assert gradient_of(gg.logaddexp, -inf, 2.0, by=0) == 0
    assert gradient_of(gg.logaddexp, -inf, 2.0, by=1) == 1


NEAR = np.array([1.0, 1.00001, 1.0001, 0.0, 1e-9, 1e-7, inf, -inf, nan])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "options", [{}, {"equal_nan": True}, {"rtol": 1e-3}, {"rtol": 0, "atol": 1e-6}]
)
def test_isclose(dtype, options):
    a, b = NEAR.astype(dtype)[:, None], NEAR.astype(dtype)
    with np.errstate(invalid="ignore"):
        expected = np.isclose(a, b, **options)
    check_at_all_levels(lambda a, b: gg.isclose(a, b, **options), [a, b], expected)
    all_close = gg.allclose(NEAR, NEAR, **options)
    check_same(all_close, np.bool_(np.allclose(NEAR, NEAR, **options)))


def test_isclose_of_integers_is_exact():
    a, b = np.array([2**40, -1, 3]), np.array([2**40 + 1, 1, 3])
    check_same(gg.isclose(a, b, 0, 0.5), np.isclose(a, b, 0, 0.5))
    check_same(gg.isclose([1], 1.0), [True])
    assert gg.allclose(a, a)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("options", [{}, {"nan": 5.0, "posinf": 6.0, "neginf": -7.0}])
def test_nan_to_num(dtype, options):
    x = np.array([1.0, inf, -inf, nan, -0.0], dtype)
    check_at_all_levels(lambda x: gg.nan_to_num(x, **options), [x], np.nan_to_num(x, **options))
    slopes = gradient_of(lambda x: gg.nan_to_num(x, **options) * 3, x)
    assert slopes.tolist() == [3, 0, 0, 0, 3]


def test_nan_to_num_of_integers_is_themselves():
    check_same(gg.nan_to_num(np.array([1, 2], np.int8)), np.array([1, 2], np.int8))


@pytest.mark.parametrize("n", [0, 1, 2, 5])
@pytest.mark.parametrize("dtype", [np.bool_, np.uint8, np.int64, np.float64])
def test_diff(n, dtype):
    x = np.array([[3, 0, 5, 1], [1, 1, 0, 2]]).astype(dtype)
    for axis in (0, -1):
        expected = np.diff(x, n, axis)
        check_at_all_levels(
            lambda x, axis=axis: gg.diff(x, n, axis), [x], expected, levels=RANK_KNOWN
        )


def test_diff_that_does_not_fit():
    with pytest.raises(ArgumentError, match=r"^diff: n is -1; it cannot be negative"):
        gg.diff([1, 2], -1)
    with pytest.raises(ShapeError, match=r"^diff: there is no axis 1 in a tensor of rank 1"):
        gg.diff(np.ones(3), axis=1)
