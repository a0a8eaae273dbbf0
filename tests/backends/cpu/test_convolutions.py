"""Several convolutions in one program: their micro-kernels are alike, and not the same."""

import numpy as np
import pytest

import giulgi as gg


def check(fetches, feeds):
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=feed.shape).astype(np.float32) for feed in feeds]
    found, wanted = (
        gg.Program(fetches, feeds, backend=backend)(*arrays) for backend in ("cpu", "reference")
    )
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4 * np.abs(b).max())


def test_kernels_of_other_widths_on_the_same_pictures():
    x = gg.placeholder("float32", (2, 10, 100, 8), name="x")
    kernels = [gg.placeholder("float32", (3, width, 8, 16), name=f"k{width}") for width in (3, 5)]
    check([gg.convolution(x, kernel) for kernel in kernels], [x, *kernels])


@pytest.mark.parametrize("size", [31, 43, 49, 97])
def test_the_phases_of_a_stride_have_other_taps(size):
    x = gg.placeholder("float32", (1, size, size, 16), name="x")
    kernel = gg.placeholder("float32", (4, 4, 16, 32), name="kernel")
    y = gg.convolution(x, kernel, 3, "same")
    check([y, *gg.gradients(gg.sum(y * y), [x, kernel])], [x, kernel])


@pytest.mark.parametrize(
    ("x", "kernel", "options"),
    [
        ((2, 9, 11, 16), (3, 3, 16, 1), {"padding": "same"}),
        ((2, 9, 11, 16), (5, 3, 16, 2), {"dilation": (1, 2)}),
        ((2, 20, 19, 12), (9, 7, 12, 3), {"padding": "same"}),
        ((2, 12, 13, 9), (4, 1, 9, 1), {"padding": ((2, 0), (0, 0))}),
        ((2, 30, 32), (5, 32, 4), {"padding": "same"}),
        ((2, 6, 7, 5, 8), (2, 3, 2, 8, 1), {}),
        ((2, 8, 9, 32), (3, 3, 16, 2), {"groups": 2}),
        ((2, 12, 12, 1), (5, 5, 1, 32), {"strides": 2, "padding": "same"}),
    ],
)
def test_few_filters_of_many_channels(x, kernel, options):
    x = gg.placeholder("float32", x, name="x")
    kernel = gg.placeholder("float32", kernel, name="kernel")
    y = gg.convolution(x, kernel, **options)
    check([y, *gg.gradients(gg.sum(y * y), [x, kernel])], [x, kernel])


@pytest.mark.parametrize(
    ("x", "kernel", "options"),
    [
        ((3, 12, 16, 1), (3, 16, 1, 24), {}),
        ((3, 9, 20, 2), (9, 3, 2, 16), {"strides": (1, 2)}),
        ((2, 7, 7, 16), (7, 7, 16, 24), {}),
        ((2, 8, 9, 3), (6, 2, 3, 8), {"strides": (4, 1)}),
        ((2, 4, 9, 3), (5, 3, 3, 8), {"strides": (4, 1), "padding": "same"}),
        ((2, 4, 9, 3), (7, 3, 3, 8), {"padding": ((2, 1), (1, 1))}),
        ((2, 5, 9, 3), (3, 3, 3, 8), {"dilation": (2, 1)}),
        ((2, 6, 9, 4), (6, 3, 1, 8), {"groups": 4}),
        ((2, 6, 9, 4), (6, 9, 2, 6), {"groups": 2}),
        ((2, 11, 3), (11, 3, 5), {}),
        ((2, 3, 4, 5, 2), (3, 2, 5, 2, 4), {}),
    ],
)
def test_windows_with_a_single_place_along_an_axis(x, kernel, options):
    x = gg.placeholder("float32", x, name="x")
    kernel = gg.placeholder("float32", kernel, name="kernel")
    y = gg.convolution(x, kernel, **options)
    check([y, *gg.gradients(gg.sum(y * y), [x, kernel])], [x, kernel])
    dy = gg.placeholder("float32", y.shape, name="dy")
    check(gg.gradients(gg.sum(y * dy), [x]), [kernel, dy])


@pytest.mark.parametrize(
    ("size", "x", "kernel", "padding"),
    [
        (2, (2, 4, 5, 3), (5, 5, 3, 4), "same"),
        ((2, 3), (2, 4, 5, 3), (4, 5, 3, 4), "same"),
        ((1, 2), (2, 4, 5, 3), (1, 5, 3, 2), "same"),
        (2, (2, 4, 5, 8), (5, 5, 8, 1), ((1, 2), (4, 1))),
        (2, (2, 7, 6, 3), (5, 7, 3, 2), "valid"),
        (2, (2, 1, 1, 3), (5, 5, 3, 2), "same"),
        (4, (2, 3, 5), (9, 5, 4), "same"),
    ],
)
def test_the_weights_that_see_one_element_of_an_enlarged_array_are_added_up(
    size, x, kernel, padding
):
    layer = gg.layers.UpSampling2D(size) if len(x) == 4 else gg.layers.UpSampling1D(size)
    x = gg.placeholder("float32", x, name="x")
    kernel = gg.placeholder("float32", kernel, name="kernel")
    y = gg.convolution(layer(x), kernel, padding=padding)
    check([y, *gg.gradients(gg.sum(y * y), [x, kernel])], [x, kernel])
    dy = gg.placeholder("float32", y.shape, name="dy")
    check(gg.gradients(gg.sum(y * dy), [x]), [kernel, dy])
    check(gg.gradients(gg.sum(y * dy), [kernel]), [x, dy])
