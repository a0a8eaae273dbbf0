"""Convolutions: what users ask of them, and what they are told."""

from __future__ import annotations

import numpy as np
import pytest

import giulgi as gg
from giulgi.errors import GiulgiError
from graph.checks import check_value

RNG = np.random.default_rng(0)
X = RNG.uniform(-1, 1, (2, 9, 8, 4))
KERNEL = RNG.uniform(-1, 1, (3, 2, 4, 5))


def test_a_window_slides_over_a_sequence():
    x = np.array([1.0, 2, 3, 4]).reshape(1, 4, 1)
    kernel = np.array([1.0, 10]).reshape(2, 1, 1)
    y = gg.convolution(x, kernel)
    assert y.numpy().ravel().tolist() == [21, 32, 43]
    assert gg.convolution(x, kernel, padding="same").numpy().ravel().tolist() == [21, 32, 43, 4]
    assert gg.convolution(x, kernel, strides=2).numpy().ravel().tolist() == [21, 43]
    assert gg.convolution(x, kernel, dilation=2).numpy().ravel().tolist() == [31, 42]
    assert gg.convolution(x, kernel, padding=[(1, 0)]).numpy().ravel().tolist() == [10, 21, 32, 43]


@pytest.mark.parametrize("padding", ["valid", "same", 1, [(0, 2), (1, 0)]])
def test_channels_may_come_first(padding):
    first = gg.convolution(np.moveaxis(X, -1, 1), KERNEL, 2, padding, data_format="channels_first")
    last = gg.convolution(X, KERNEL, 2, padding)
    assert first.shape == np.moveaxis(last.numpy(), -1, 1).shape
    np.testing.assert_array_equal(first.numpy(), np.moveaxis(last.numpy(), -1, 1))


@pytest.mark.parametrize("padding", ["valid", "same", 1])
@pytest.mark.parametrize(("strides", "size"), [(1, 9), (2, 9), (3, 2), (2, 1)])
def test_a_transpose_without_a_size_makes_the_least_that_is_convolved_back(padding, strides, size):
    x = RNG.uniform(-1, 1, (2, size, size, 5))
    kernel = KERNEL[:, 1:].repeat(3, axis=1)
    y = gg.convolution_transpose(x, kernel, strides, padding)
    assert gg.convolution(y, kernel, strides, padding).shape == x.shape
    beyond = {"valid": max(3 - strides, 0), "same": 0, 1: max(3 - strides, 0) - 2}[padding]
    assert y.shape == (2, size * strides + beyond, size * strides + beyond, 4)


def test_a_transpose_of_channels_first():
    y = gg.convolution_transpose(X, KERNEL.swapaxes(-1, -2), 2)
    first = gg.convolution_transpose(
        np.moveaxis(X, -1, 1), KERNEL.swapaxes(-1, -2), 2, data_format="channels_first"
    )
    np.testing.assert_array_equal(np.moveaxis(first.numpy(), 1, -1), y.numpy())


def test_a_transpose_of_sizes_known_only_when_fed():
    x = gg.placeholder("float64", (None, None, 8, 4))
    y = gg.convolution_transpose(x, KERNEL.swapaxes(-1, -2), 2)
    assert y.shape == (None, None, 16, 5)
    whole = gg.convolution_transpose(X, KERNEL.swapaxes(-1, -2), 2)
    np.testing.assert_array_equal(y.numpy({x: X}), whole.numpy())


def test_as_many_groups_as_channels_are_depthwise():
    kernel = RNG.uniform(-1, 1, (3, 2, 1, 8))
    y = gg.convolution(X, kernel, groups=4).numpy()
    for c in range(8):
        alone = gg.convolution(X[..., c // 2 : c // 2 + 1], kernel[..., c : c + 1])
        np.testing.assert_allclose(y[..., c : c + 1], alone.numpy(), rtol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32"])
def test_the_dtype_is_that_of_x_and_kernel(dtype):
    x, kernel = (8 * X).astype(dtype), (8 * KERNEL).astype(dtype)
    expected = np.einsum("nhwi,ic->nhwc", x, kernel[0, 0])
    check_value(gg.convolution, [x, kernel[:1, :1]], expected, level="static", rtol=1e-6, atol=1e-5)


def test_a_convolution_is_read_with_its_window():
    y = gg.convolution(X, KERNEL, 2, "same", name="y")
    assert "strides=(2, 2), padding='same')" in str(y.op.formula("x", "kernel"))
    grouped = gg.convolution(X, KERNEL[:, :, :2, :4], dilation=2, groups=2)
    assert grouped.op.formula("x", "w") == (
        "convolution(x, w, strides=(1, 1), dilation=(2, 2), padding='valid', groups=2)"
    )


MISTAKES = {
    "channels": (lambda: gg.convolution(X, KERNEL[:, :, :3]), "4 channels", "as long as"),
    "channels first": (
        lambda: gg.convolution(np.moveaxis(X, -1, 1), KERNEL), "8 channels", "channels_first",
    ),
    "groups": (lambda: gg.convolution(X, KERNEL[:, :, :2]), "for 2", "groups"),
    "filters": (
        lambda: gg.convolution(X, KERNEL[:, :, :2], groups=2), "5 filters", "multiple",
    ),
    "one example": (lambda: gg.convolution(X[0], KERNEL), "2 axes of space", "x[np.newaxis]"),
    "a short x": (lambda: gg.convolution(X[:, :2], KERNEL), "spans 3 elements", '"same"'),
    "a short padded x": (
        lambda: gg.convolution(X[:, :1], KERNEL, padding=[(0, 1), (0, 0)]), "1 of padding", "same",
    ),
    "no space": (lambda: gg.convolution(X[0, 0], KERNEL[0, 0]), "no axis of space", "28"),
    "padding": (lambda: gg.convolution(X, KERNEL, padding="full"), "'full'", '"same"'),
    "pairs": (lambda: gg.convolution(X, KERNEL, padding=[(1, 1)]), "(1, 1)", "each of the 2"),
    "strides": (lambda: gg.convolution(X, KERNEL, strides=(1, 2, 3)), "(1, 2, 3)", "2 of them"),
    "no stride": (lambda: gg.convolution(X, KERNEL, strides=0), "strides is 0", "at least 1"),
    "format": (lambda: gg.convolution(X, KERNEL, data_format="NHWC"), "'NHWC'", "channels_last"),
    "bools": (lambda: gg.convolution(X > 0, KERNEL > 0), "not for bool", "float32"),
    "an impossible size": (
        lambda: gg.convolution_transpose(X, KERNEL.swapaxes(-1, -2), output_shape=(5, 5)),
        "makes (2, 3, 4, 4) of (2, 5, 5, 5), not (2, 9, 8, 4)", "choose sizes",
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_told(mistake):
    make, said, fix = MISTAKES[mistake]
    with pytest.raises(GiulgiError) as caught:
        make()
    assert said in str(caught.value)
    assert fix in str(caught.value)
    assert caught.value.op.startswith("convolution")
