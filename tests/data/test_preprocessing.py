"""One-hot labels and unit length, against plain formulas."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from giulgi.data import preprocessing
from giulgi.data.preprocessing import normalize, to_categorical

SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5)
FLOATS = st.floats(-1e3, 1e3, allow_subnormal=False, width=32)


def test_examples_in_docstrings():
    result = doctest.testmod(preprocessing)
    assert result.attempted > 0
    assert result.failed == 0


# --- to_categorical ---


@given(hnp.arrays(np.int64, SHAPES, elements=st.integers(0, 9)))
def test_one_hot_is_a_row_of_the_identity(y):
    result = to_categorical(y, 10)
    labels = y[..., 0] if y.ndim > 1 and y.shape[-1] == 1 else y
    assert result.dtype == np.float32
    assert result.shape == (*labels.shape, 10)
    np.testing.assert_array_equal(result, np.eye(10)[labels])


def test_classes_are_counted():
    assert to_categorical([0, 3]).tolist() == [[1, 0, 0, 0], [0, 0, 0, 1]]


@pytest.mark.parametrize(
    "y",
    [
        [0, 2, 1],
        (0, 2, 1),
        np.array([0, 2, 1], np.uint8),
        np.array([0, 2, 1], np.uint64),
        np.array([0.0, 2.0, 1.0], np.float32),
        np.array([[0], [2], [1]]),
    ],
    ids=["list", "tuple", "uint8", "uint64", "float", "column"],
)
def test_kinds_of_labels(y):
    np.testing.assert_array_equal(to_categorical(y), np.eye(3)[[0, 2, 1]])


def test_bools_and_scalars():
    assert to_categorical([True, False]).tolist() == [[0, 1], [1, 0]]
    assert to_categorical(2, 4).tolist() == [0, 0, 1, 0]


def test_one_label_alone_keeps_its_axis():
    assert to_categorical([1]).shape == (1, 2)


def test_labels_are_not_changed():
    y = np.array([[1], [0]])
    to_categorical(y)
    assert y.tolist() == [[1], [0]]


@pytest.mark.parametrize("dtype", ["float64", np.int32, bool, "uint8"])
def test_dtype(dtype):
    assert to_categorical([0, 1], dtype=dtype).dtype == np.dtype(dtype)


def test_num_classes_of_numpy_and_no_labels():
    assert to_categorical([], np.int64(4)).shape == (0, 4)


@pytest.mark.parametrize(
    ("y", "num_classes", "text"),
    [
        ([0, -1], None, "count from 0, and one of these is -1"),
        ([0.0, -2.0], None, "count from 0, and one of these is -2"),
        ([0, 0.5], None, "whole numbers, and one of these is 0.5"),
        ([0, np.nan], None, "whole numbers, and one of these is nan"),
        ([0, np.inf], None, "whole numbers, and one of these is inf"),
        (["cat", "dog"], None, "whole numbers, and these have dtype <U3"),
        ([0, None], None, "whole numbers, and these have dtype object"),
        ([1j], None, "whole numbers, and these have dtype complex128"),
        ([0, 10], 10, "with num_classes=10 the labels are 0 to 9, and one of these is 10"),
        ([], None, "no labels to count the classes from"),
        ([0], 0, "num_classes must be 1 or more, and is 0"),
        ([0], -3, "num_classes must be 1 or more, and is -3"),
    ],
)
def test_labels_that_do_not_fit(y, num_classes, text):
    with pytest.raises(ValueError, match=text):
        to_categorical(y, num_classes)


def test_labels_from_one_are_explained():
    with pytest.raises(ValueError, match="subtract 1 from the labels"):
        to_categorical([1, 2, 3], 3)


def test_num_classes_that_is_not_whole():
    with pytest.raises(TypeError):
        to_categorical([0, 1], 2.5)


# --- normalize ---


@given(
    hnp.arrays(np.float64, hnp.array_shapes(min_dims=1, max_dims=3, max_side=4), elements=FLOATS),
    st.integers(-1, 2),
    st.sampled_from([1, 2, 3, 1.5]),
)
def test_normalize_against_the_formula(x, axis, order):
    axis = min(axis, x.ndim - 1)
    result = normalize(x, axis, order)
    length = (np.abs(x) ** order).sum(axis, keepdims=True) ** (1 / order)
    length[length == 0] = 1
    assert result.dtype == x.dtype
    np.testing.assert_allclose(result, x / length, rtol=1e-10, atol=1e-300)


@pytest.mark.parametrize("order", [1, 2, 3, np.inf])
def test_length_is_one(order):
    x = np.random.default_rng(0).normal(size=(5, 7)).astype(np.float32)
    result = normalize(x, axis=0, order=order)
    assert result.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(result, order, axis=0), 1, rtol=1e-6)


def test_zero_vectors_stay():
    assert normalize([[0.0, 0.0], [0.0, 2.0]]).tolist() == [[0, 0], [0, 1]]


def test_whole_numbers_become_float32():
    result = normalize(np.array([[3, 4]], np.uint8))
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, [[0.6, 0.8]], rtol=1e-6)


def test_input_is_not_changed():
    x = np.array([3.0, 4.0])
    normalize(x)
    assert x.tolist() == [3, 4]


@pytest.mark.parametrize("order", [0, 0.5, -1, np.nan])
def test_orders_that_are_no_length(order):
    with pytest.raises(ValueError, match="order must be 1 or more"):
        normalize([1.0], order=order)


def test_numbers_only():
    with pytest.raises(ValueError, match="takes real numbers, and x has dtype <U1"):
        normalize(["a"])


def test_axis_must_exist_and_be_one():
    with pytest.raises(ValueError, match="out of bounds"):
        normalize([1.0], axis=1)
    with pytest.raises(ValueError, match="out of bounds"):
        normalize(1.0)
    with pytest.raises(TypeError):
        normalize([[1.0]], axis=(0, 1))
