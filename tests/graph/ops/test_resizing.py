"""Resizing: which elements are picked, dtypes, and mistakes."""

import numpy as np
import pytest

import giulgi as gg
from giulgi.errors import ArgumentError, ShapeError, UnknownArgumentError

X = np.arange(24.0).reshape(1, 4, 6, 1)


@pytest.mark.parametrize("n", range(1, 12))
def test_the_nearest_element_is_found_exactly(n):
    x = np.arange(n).reshape(1, n, 1)
    for m in range(1, 40):
        wanted = [(2 * o + 1) * n // (2 * m) for o in range(m)]
        assert gg.resize(x, m, "nearest").numpy().ravel().tolist() == wanted


@pytest.mark.parametrize("method", ["bilinear", "bicubic", "lanczos3", "lanczos5", "nearest"])
def test_a_picture_of_one_colour_keeps_it(method):
    x = np.full((1, 4, 6, 2), 3.5)
    np.testing.assert_allclose(gg.resize(x, (7, 3), method), np.full((1, 7, 3, 2), 3.5))


def test_slopes_are_kept_but_at_the_borders():
    y = gg.resize(X, (8, 12)).numpy()[0, :, :, 0]
    np.testing.assert_allclose(np.diff(y, axis=1)[:, 1:-1], 0.5)
    np.testing.assert_allclose(np.diff(y, axis=0)[1:-1], 3)
    np.testing.assert_array_equal(gg.resize(X, (4, 6)), X)


def test_half_the_size_is_the_mean_of_pairs_or_with_antialias_of_more():
    y = gg.resize(X, (2, 3)).numpy()
    np.testing.assert_allclose(y, gg.average_pool(X, 2))
    spike = np.zeros((1, 8, 1))
    spike[0, 2] = 1
    np.testing.assert_allclose(gg.resize(spike, 4).numpy().ravel(), [0, 0.5, 0, 0])
    smooth = gg.resize(spike, 4, antialias=True).numpy().ravel()
    np.testing.assert_allclose(smooth, [1 / 7, 3 / 8, 0, 0])


def test_integers_are_picked_as_they_are_and_else_become_floats():
    x = np.array([0, 200, 255], "uint8").reshape(1, 3, 1)
    assert gg.resize(x, 6, "nearest").dtype == "uint8"
    y = gg.resize(x, 6)
    assert y.dtype == "float32"
    np.testing.assert_allclose(y.numpy().ravel(), [0, 50, 150, 213.75, 241.25, 255])


def test_sizes_may_be_tensors():
    x = gg.placeholder("float64", (1, None, None, 1))
    y = gg.resize(x, [2 * gg.size(x, 1), 5])
    np.testing.assert_allclose(y.numpy({x: X}), gg.resize(X, (8, 5)).numpy())


def test_no_examples_and_no_channels():
    assert gg.resize(np.zeros((0, 4, 6, 1)), (8, 5)).numpy().shape == (0, 8, 5, 1)
    assert gg.resize(np.zeros((2, 4, 6, 0)), (8, 5)).numpy().shape == (2, 8, 5, 0)


MISTAKES = [
    (lambda: gg.resize(X, (2, 3, 4)), ArgumentError, "size is .2, 3, 4.; there are 2 axes of spa"),
    (lambda: gg.resize(X, 0), ArgumentError, "size is 0"),
    (lambda: gg.resize(X, 2.5), ArgumentError, "size is 2.5"),
    (lambda: gg.resize(X, 3, "bilinar"), UnknownArgumentError, "did you mean 'bilinear'"),
    (lambda: gg.resize(X[0, 0], 3), ShapeError, "there is no axis of space"),
    (lambda: gg.resize(X, 3, data_format="last"), ArgumentError, "data_format is 'last'"),
]


@pytest.mark.parametrize(("make", "kind", "problem"), MISTAKES)
def test_mistakes(make, kind, problem):
    with pytest.raises(kind, match=problem):
        make()
