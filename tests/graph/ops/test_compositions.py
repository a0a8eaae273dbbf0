"""Functions made of others: exact near 0, without overflow, with the right slopes."""

from __future__ import annotations

import math

import numpy as np
import pytest

import giulgi as gg
from graph.checks import each, gradient_of

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
