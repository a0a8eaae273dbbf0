"""Means, variances and logsumexp."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

import giulgi as gg
from graph.checks import check_at_all_levels, check_same, gradient_of

inf = math.inf


@pytest.mark.parametrize("axis", [None, 0, (0, -1)])
def test_mean_of_integers_is_a_float(axis):
    x = np.arange(6, dtype=np.uint8).reshape(2, 3)
    check_at_all_levels(lambda x: gg.mean(x, axis), [x], np.float32(x.mean(axis)))


@pytest.mark.parametrize("correction", [0, 1, 1.5])
def test_variance_with_correction(correction):
    x = np.random.default_rng(0).normal(size=(5, 3))
    kwargs = {"axis": 0, "correction": correction}
    np.testing.assert_allclose(gg.var(x, **kwargs).numpy(), np.var(x, **kwargs), rtol=1e-14)
    np.testing.assert_allclose(gg.std(x, **kwargs).numpy(), np.std(x, **kwargs), rtol=1e-14)


def test_variance_far_from_zero_keeps_its_digits():
    x = np.float32([10_000, 10_001, 10_002])
    assert float(gg.var(x)) == pytest.approx(2 / 3, rel=1e-6)


def test_mean_of_nothing_is_nan():
    assert np.isnan(float(gg.mean(np.zeros(0))))


@pytest.mark.parametrize(
    ("x", "value"),
    [
        ([1000.0, 1000.0], 1000 + math.log(2)),
        ([-1000.0, -1000.0], -1000 + math.log(2)),
        ([-inf, 2.0], 2),
        ([-inf, -inf], -inf),
        ([inf, 1.0], inf),
        ([3.0], 3),
    ],
)
def test_logsumexp_at_the_ends(x, value):
    assert float(gg.logsumexp(np.array(x))) == value


def test_gradient_of_logsumexp_is_softmax():
    x = np.array([1.0, 2.0, -inf])
    softmax = np.exp(x) / np.exp(x).sum()
    np.testing.assert_allclose(gradient_of(gg.logsumexp, x), softmax, rtol=1e-15)
    np.testing.assert_allclose(gradient_of(gg.logsumexp, [1e3, 1e3]), [0.5, 0.5])


def test_second_gradient_of_logsumexp_with_minus_infinity():
    # The softmax sums to 1 wherever it is, so the sum of its gradients is 0.
    np.testing.assert_allclose(gradient_of(gg.logsumexp, [1.0, 2.0, -inf], order=2), 0, atol=1e-15)


def test_count_nonzero():
    x = np.array([[0.0, 1.0, np.nan], [-0.0, 0.0, 3.0]])
    check_same(gg.count_nonzero(x, 1), np.count_nonzero(x, 1))
    check_same(gg.count_nonzero(x), np.int64(3))


@pytest.mark.parametrize("axis", [None, 0, 1])
def test_norm(axis):
    x = np.array([[3.0, 4.0], [0.0, 0.0]])
    check_same(gg.norm(x, axis), np.linalg.norm(x, axis=axis))


@pytest.mark.parametrize("correction", [0, 1, 3, 4, 5, 2.5])
def test_a_correction_as_large_as_the_number_of_elements(correction):
    for x in ([1.0, 2.0, 4.0, 8.0], [3.0, 3.0, 3.0, 3.0]):
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            expected = np.var(x, ddof=correction)
        np.testing.assert_allclose(gg.var(x, correction=correction).numpy(), expected, rtol=1e-6)


@pytest.mark.parametrize("dtype", ["int64", "uint8", "bool"])
def test_the_mean_of_many_integers_is_exact(dtype):
    x = (np.arange(3_000_001) % 2 + (2**26 if dtype == "int64" else 0)).astype(dtype)
    found = gg.mean(x)
    assert found.dtype == np.float32
    assert float(found) == np.float32(x.mean())
