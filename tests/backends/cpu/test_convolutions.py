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
