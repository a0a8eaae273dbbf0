"""Minimal filtering: its matrices, when it is chosen, and that it computes convolutions."""

from fractions import Fraction

import numpy as np
import pytest

import giulgi as gg
from giulgi.backends.cpu.code.products.winograd.transforms import (
    FROM_PATCH,
    FROM_RESULTS,
    FROM_TAPS,
    PATCH,
    RESULTS,
    TAPS,
    TO_RESULTS,
    TO_TAPS,
)

from ...checks import threads

NAME = "Winograd"


def exact(matrix):
    """Return a matrix of fractions."""
    return np.array([[Fraction(number) for number in row] for row in matrix], dtype=object)


def fractions(rng, *shape):
    whole = rng.integers(-99, 99, shape)
    return np.vectorize(Fraction, otypes=[object])(whole, rng.integers(1, 9, shape))


def seen(d, i, j):
    return d[i : i + TAPS, j : j + TAPS]


def test_the_matrices_make_convolutions_exactly():
    rng = np.random.default_rng(0)
    d, g = fractions(rng, PATCH, PATCH), fractions(rng, TAPS, TAPS)
    of_patch, of_taps, to_results = map(exact, (FROM_PATCH, FROM_TAPS, TO_RESULTS))
    products = (of_taps @ g @ of_taps.T) * (of_patch @ d @ of_patch.T)
    wanted = [[(seen(d, i, j) * g).sum() for j in range(RESULTS)] for i in range(RESULTS)]
    assert (to_results @ products @ to_results.T).tolist() == wanted


def test_the_matrices_make_what_goes_back_to_kernels_exactly():
    rng = np.random.default_rng(1)
    d, dy = fractions(rng, PATCH, PATCH), fractions(rng, RESULTS, RESULTS)
    of_patch, of_results, to_taps = map(exact, (FROM_PATCH, FROM_RESULTS, TO_TAPS))
    products = (of_results @ dy @ of_results.T) * (of_patch @ d @ of_patch.T)
    wanted = [
        [(d[i : i + RESULTS, j : j + RESULTS] * dy).sum() for j in range(TAPS)] for i in range(TAPS)
    ]
    assert (to_taps @ products @ to_taps.T).tolist() == wanted


def programs(shape, filters, dtype="float32", *, strides=1, dilation=1, size=3, groups=1):
    """Return convolution and gradients, compiled and by the reference, and what to feed."""
    rng = np.random.default_rng(7)
    x = gg.placeholder(dtype, shape, name="x")
    kernel = gg.placeholder(dtype, (size, size, shape[-1] // groups, filters), name="kernel")
    y = gg.convolution(x, kernel, strides, "same", dilation=dilation, groups=groups)
    dy = gg.placeholder(dtype, y.shape, name="dy")
    fetches = [y, *gg.gradients(gg.sum(y * dy), [x, kernel])]
    feeds = [x, kernel, dy]
    arrays = [rng.normal(size=feed.shape).astype(dtype) for feed in feeds]
    made = [gg.Program(fetches, feeds, backend=backend) for backend in ("cpu", "reference")]
    return made, arrays


@pytest.mark.parametrize(
    ("shape", "filters"),
    [
        ((4, 8, 8, 16), 32),
        ((1, 20, 34, 32), 16),
        ((9, 6, 10, 64), 48),
        ((16, 12, 4, 48), 80),
        ((40, 2, 2, 16), 16),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_convolutions_and_gradients_are_those_of_the_reference(shape, filters, dtype):
    (compiled, reference), arrays = programs(shape, filters, dtype)
    assert NAME in str(compiled.explain())
    close = 2e-6 if dtype == "float32" else 2e-15
    for found, wanted in zip(compiled(*arrays), reference(*arrays), strict=True):
        assert np.abs(found - wanted).max() <= close * np.abs(wanted).max()


@pytest.mark.parametrize(
    "options",
    [
        {"strides": 2},
        {"dilation": 2},
        {"size": 5},
        {"size": 1},
        {"groups": 4},
        {"shape": (4, 7, 8, 16)},
        {"shape": (4, 8, 7, 16)},
        {"shape": (4, 8, 8, 12)},
        {"filters": 20},
    ],
)
def test_other_convolutions_are_done_by_their_taps(options):
    options = {"shape": (4, 8, 8, 16), "filters": 32} | options
    (compiled, reference), arrays = programs(**options)
    explained = str(gg.Program([compiled.fetches[0]], compiled.feeds[:2]).explain())
    assert NAME not in explained
    for found, wanted in zip(compiled(*arrays), reference(*arrays), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-4 * np.abs(wanted).max())


def test_whole_numbers_stay_exact():
    (compiled, reference), arrays = programs((8, 8, 8, 16), 32)
    whole = [np.rint(array * 9).astype(np.float32) for array in arrays]
    for found, wanted in zip(compiled(*whole), reference(*whole), strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_what_follows_or_is_added_belongs_to_each_result():
    x = gg.placeholder("float32", (4, 12, 12, 16), name="x")
    kernel = gg.placeholder("float32", (3, 3, 16, 32), name="kernel")
    bias = gg.placeholder("float32", (32,), name="bias")
    other = gg.placeholder("float32", (4, 10, 10, 32), name="other")
    y = gg.convolution(x, kernel)
    feeds = [x, kernel, bias, other]
    rng = np.random.default_rng(3)
    arrays = [rng.normal(size=feed.shape).astype(np.float32) for feed in feeds]
    for fetches in ([y + bias], [gg.maximum(y + bias, 0) * other], [y + other], [y, gg.exp(y)]):
        found, wanted = (
            gg.Program(fetches, feeds, backend=backend)(*arrays) for backend in ("cpu", "reference")
        )
        for a, b in zip(found, wanted, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def test_any_number_of_workers_gives_the_same_bits():
    (compiled, _), arrays = programs((33, 12, 12, 32), 48)
    found = []
    for count in (1, 2, 3, 5):
        with threads(count) as shared:
            found.append(compiled(*arrays))
        assert count == 1 or shared == [count]
    for other in found[1:]:
        for a, b in zip(found[0], other, strict=True):
            np.testing.assert_array_equal(a, b)


def check(fetches, feeds, arrays, close=3e-6):
    """Check that a compiled program, by minimal filtering, computes what the reference does."""
    program = gg.Program(fetches, feeds, backend="cpu")
    assert NAME in str(program.explain())
    wanted = gg.Program(fetches, feeds, backend="reference")(*arrays)
    for found, own in zip(program(*arrays), wanted, strict=True):
        assert np.abs(found - own).max() <= close * np.abs(own).max()


def drawn(*feeds):
    rng = np.random.default_rng(9)
    return [rng.normal(size=feed.shape).astype(feed.dtype) for feed in feeds]


@pytest.mark.parametrize("filters", [32, 64])
def test_parts_of_channels_are_convolved_likewise(filters):
    (compiled, reference), arrays = programs((16, 8, 8, 64), filters, groups=2)
    assert str(compiled.explain()).count(NAME) >= 6
    for found, wanted in zip(compiled(*arrays), reference(*arrays), strict=True):
        assert np.abs(found - wanted).max() <= 3e-6 * np.abs(wanted).max()
    x = gg.placeholder("float32", (16, 8, 8, 80))
    kernel = gg.placeholder("float32", (3, 3, 32, filters))
    y = gg.convolution(x[..., 16:48], kernel)
    check([y, *gg.gradients(gg.sum(y * y), [x, kernel])], [x, kernel], drawn(x, kernel))


def test_long_rows_are_cut_into_strips():
    x = gg.placeholder("float32", (1, 4, 3002, 16))
    kernel = gg.placeholder("float32", (3, 3, 16, 16))
    y = gg.convolution(x, kernel)
    check([y, *gg.gradients(gg.sum(y * y), [x, kernel])], [x, kernel], drawn(x, kernel), 1e-5)
    program = gg.Program([y + 1], [x, kernel], backend="cpu")
    assert "150 patches" in " ".join(str(program.explain()).split())


def test_second_derivatives():
    x = gg.placeholder("float32", (8, 8, 8, 16))
    kernel = gg.placeholder("float32", (3, 3, 16, 16))
    y = gg.convolution(x, kernel, padding="same")
    first = gg.gradients(gg.sum(y * y * y) / 100, kernel)
    check(gg.gradients(gg.sum(first * first), [x, kernel]), [x, kernel], drawn(x, kernel), 1e-5)


def test_convolutions_in_the_steps_of_a_loop():
    x = gg.placeholder("float32", (3, 8, 8, 8, 16))
    kernel = gg.placeholder("float32", (3, 3, 16, 16))

    def step(state, now):
        new = gg.tanh(gg.convolution(state, kernel, padding="same") * 0.1 + now)
        return new, new

    last, every = gg.scan(step, gg.zeros((8, 8, 8, 16)), x)
    slopes = gg.gradients(gg.sum(every * every) + gg.sum(last), [x, kernel])
    check([last, *slopes], [x, kernel], drawn(x, kernel), 1e-5)


def test_few_patches_are_summed_tap_by_tap():
    """The sums of all chunks would be written and read for next to nothing."""
    x, dy = (gg.placeholder("float32", (4, 4, 4, channels)) for channels in (32, 64))
    kernel = gg.placeholder("float32", (3, 3, 32, 64))
    y = gg.convolution(x, kernel, padding="same")
    slope = gg.gradients(gg.sum(y * dy), kernel)
    assert NAME not in str(gg.Program([slope], [x, kernel, dy], backend="cpu").explain())


def test_what_is_no_number_stays_in_its_patch_and_channel():
    x = gg.placeholder("float32", (2, 8, 8, 16))
    kernel = gg.placeholder("float32", (3, 3, 16, 16))
    y = gg.convolution(x, kernel, padding="same")
    array, weights = drawn(x, kernel)
    array[1, 7, 7, 5] = np.inf
    found, slope = gg.Program([y, gg.gradients(gg.sum(y), kernel)], [x, kernel], backend="cpu")(
        array, weights
    )
    assert np.isfinite(found[0]).all()
    assert np.isfinite(found[1, :4]).all()
    assert not np.isfinite(found[1, 6:, 6:]).any()
    assert np.isfinite(np.delete(slope, 5, axis=2)).all()
