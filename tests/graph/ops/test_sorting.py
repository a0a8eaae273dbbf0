"""Elements in their order."""

from __future__ import annotations

import numpy as np
import pytest

import giulgi as gg


@pytest.mark.parametrize("backend", ["cpu", "reference"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int8", "uint8", "int64", "bool"])
@pytest.mark.parametrize("descending", [False, True])
def test_equal_elements_stay_as_they_stand(backend, dtype, descending):
    x = np.random.default_rng(0).integers(0, 3, (5, 40)).astype(dtype)
    feed = gg.placeholder(dtype, x.shape)
    ends = [gg.argsort(feed, descending=descending), gg.sort(feed, 0, descending)]
    places, values = gg.Program(ends, [feed], backend=backend)(x)
    keys = -x.astype(int) if descending else x.astype(int)
    np.testing.assert_array_equal(places, np.argsort(keys, kind="stable"))
    np.testing.assert_array_equal(values, np.sort(x, 0)[::-1] if descending else np.sort(x, 0))


@pytest.mark.parametrize("backend", ["cpu", "reference"])
def test_nan_is_greater_than_all_others(backend):
    x = np.array([np.nan, 1, -np.inf, np.nan, np.inf, -0.0, 0.0], np.float32)
    feed = gg.placeholder("float32", x.shape)
    ends = [gg.argsort(feed), gg.argsort(feed, descending=True)]
    up, down = gg.Program(ends, [feed], backend=backend)(x)
    assert up.tolist() == [2, 5, 6, 1, 4, 0, 3]
    assert down.tolist() == [0, 3, 4, 1, 5, 6, 2]


def test_all_elements_in_one_row():
    x = np.array([[3, 1], [2, 0]])
    assert gg.sort(x, None).tolist() == [0, 1, 2, 3]
    assert gg.argsort(x, None).tolist() == [3, 1, 2, 0]


@pytest.mark.parametrize("k", [-1, 4, 1.5])
def test_more_than_there_are(k):
    with pytest.raises(gg.errors.ArgumentError, match="from 0 to the size of the last axis, 3"):
        gg.top_k([1, 2, 3], k)


@pytest.mark.parametrize("backend", ["cpu", "reference"])
@pytest.mark.parametrize("dtype", ["float32", "uint8", "int32", "bool"])
@pytest.mark.parametrize("k", [1, 3, 8])
def test_a_few_of_many(backend, dtype, k):
    rng = np.random.default_rng(k)
    x = rng.integers(0, 3, (4, 80)).astype(dtype)
    if dtype == "float32":
        x[rng.random(x.shape) < 0.97] = -np.inf
        x[0, [7, 30]] = np.nan
    feed = gg.placeholder(dtype, x.shape)
    values, places = gg.Program(list(gg.top_k(feed, k)), [feed], backend=backend)(x)
    keys = np.where(np.isnan(x), np.inf, x.astype(float))
    expected = np.argsort(-keys, axis=-1, kind="stable")[:, :k]
    np.testing.assert_array_equal(places, expected)
    np.testing.assert_array_equal(values, np.take_along_axis(x, expected, -1))
