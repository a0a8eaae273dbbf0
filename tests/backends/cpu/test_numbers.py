"""Integers of every type and bools exactly, and what floats do at the edges, as the reference."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import giulgi as gg
from giulgi.program import Program

from .checks import Trial

SIGNED = ["int8", "int16", "int32", "int64"]
UNSIGNED = ["uint8", "uint16", "uint32", "uint64"]
FLOATS = ["float32", "float64"]
DTYPES = ["bool", *SIGNED, *UNSIGNED, *FLOATS]
# Not a whole number of vectors of any type, so that there is a rest to be masked.
COUNT = 403


def edges(dtype):
    """Return the numbers of an integer type where something might go wrong."""
    info = np.iinfo(dtype)
    near = {info.min, info.min + 1, info.max, info.max - 1, info.max // 2, info.bits, info.bits - 1}
    near |= set(range(4)) | ({-1, -2, -3, -info.bits} if info.min else set())
    return sorted(near)


def pairs(dtype, rng):
    """Return two arrays in which all edges meet, and numbers of all sizes."""
    met = np.array(list(itertools.product(edges(dtype), repeat=2)), dtype).T
    info = np.iinfo(dtype)
    rest = rng.integers(info.min, info.max, (2, COUNT - met.shape[1]), dtype, endpoint=True)
    rest = rest >> rng.integers(0, info.bits, rest.shape).astype(dtype)
    return np.concatenate([met, rest], axis=1)


@pytest.mark.parametrize("dtype", [*SIGNED, *UNSIGNED])
def test_arithmetic_of_integers(dtype):
    """Overflow wraps around, and a division by 0 gives 0."""
    a, b = gg.placeholder(dtype, (COUNT,)), gg.placeholder(dtype, (COUNT,))
    ends = [
        a + b, a - b, a * b, a // b, a % b, a & b, a | b, a ^ b, a << b, a >> b, ~a, -a, +a,
        gg.abs(a), gg.sign(a), gg.maximum(a, b), gg.minimum(a, b), gg.clip(a, 1, 100),
        gg.square(a), gg.floor(a), gg.ceil(a), gg.round(a), gg.trunc(a),
        a == b, a != b, a < b, a <= b, a > b, a >= b, gg.where(a < b, a, b),
        a // 3, a % 7, a * 3, a + 1, a << 3, a >> 2, a // 1, a % 1, 100 // b, 100 % b,
    ]  # fmt: skip
    Trial(ends, [a, b], pairs(dtype, np.random.default_rng(0))).check_exactly()


@pytest.mark.parametrize("dtype", [*SIGNED, *UNSIGNED])
def test_powers_of_integers(dtype):
    a, b = gg.placeholder(dtype, (COUNT,)), gg.placeholder(dtype, (COUNT,))
    base, exponent = pairs(dtype, np.random.default_rng(1))
    exponent = np.maximum(exponent, 0)
    ends = [a**b, a**2, a**3, a**0, 2**b, 3**b]
    Trial(ends, [a, b], [base, exponent]).check_exactly()


def test_arithmetic_of_bools():
    a, b = gg.placeholder("bool", (COUNT,)), gg.placeholder("bool", (COUNT,))
    ends = [
        a + b, a * b, a & b, a | b, a ^ b, ~a, gg.abs(a), gg.maximum(a, b), gg.minimum(a, b),
        a == b, a != b, a < b, a <= b, a > b, a >= b, gg.where(a, b, ~b),
        gg.logical_and(a, b), gg.logical_or(a, b), gg.logical_not(a), gg.logical_xor(a, b),
        gg.sum(a), gg.any(a), gg.all(a), gg.max(a), gg.min(a),
        gg.prod(a), gg.argmax(a), gg.argmin(a), gg.count_nonzero(a), gg.concat([a, b], 0),
        gg.pad(a, [(1, 2)]), gg.gather(a, gg.constant([5, -1])), gg.flip(a, 0),
    ]  # fmt: skip
    arrays = np.random.default_rng(0).random((2, COUNT)) < 0.5
    Trial(ends, [a, b], arrays).check_exactly()


def some(dtype, rng, shape):
    """Return numbers of a type, of all sizes that every other type holds, as far as it can."""
    if dtype == "bool":
        return rng.random(shape) < 0.5
    if dtype in FLOATS:
        return (rng.integers(-100, 100, shape) / 8).astype(dtype)
    info = np.iinfo(dtype)
    return rng.integers(info.min, info.max, shape, dtype, endpoint=True)


@pytest.mark.parametrize("given", DTYPES)
def test_casts_to_every_dtype(given):
    x = gg.placeholder(given, (COUNT,))
    array = some(given, np.random.default_rng(2), COUNT)
    if given in FLOATS:
        # What does not fit an integer, the reference leaves to the processor.
        signed = [gg.cast(x, dtype) for dtype in ["bool", *SIGNED, *FLOATS]]
        unsigned = [gg.cast(gg.abs(x), dtype) for dtype in UNSIGNED]
        Trial(signed + unsigned, [x], [array]).check_exactly()
        return
    Trial([gg.cast(x, dtype) for dtype in DTYPES], [x], [array]).check_exactly()


@pytest.mark.parametrize("given", FLOATS)
@pytest.mark.parametrize("wanted", [*SIGNED, *UNSIGNED])
def test_the_largest_floats_that_fit_an_integer(given, wanted):
    info = np.iinfo(wanted)
    with np.errstate(all="ignore"):
        ends = np.array([info.min, info.max], given)
        inside = [ends[0], ends[0] / 2, ends[1] / 2, 0.0, 0.99, 1.5, 2.5]
        largest = ends[1] if float(ends[1]) <= info.max else np.nextafter(ends[1], 0, dtype=given)
    array = np.array([*inside, largest, 126.99], given)
    x = gg.placeholder(given, array.shape)
    Trial([gg.cast(x, wanted)], [x], [array]).check_exactly()


def test_casts_of_floats_at_the_edges():
    array = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1e-45, 1e300, -1e300, 1e-310, 3.5])
    x = gg.placeholder("float64", array.shape)
    narrow = gg.cast(x, "float32")
    Trial([narrow, gg.cast(narrow, "float64"), gg.cast(x, "bool")], [x], [array]).check_exactly()


@pytest.mark.parametrize("dtype", [*SIGNED, *UNSIGNED])
def test_reductions_of_integers(dtype):
    """Along each axis, along both, and of so many that they are cut into parts."""
    rng = np.random.default_rng(3)
    x, long = gg.placeholder(dtype, (5, 67)), gg.placeholder(dtype, (70_001,))
    kinds = [gg.sum, gg.prod, gg.max, gg.min]
    ends = [kind(x, axis) for kind in kinds for axis in (None, 0, 1)]
    ends += [gg.any(x != 0, 0), gg.all(x != 0, 1), gg.count_nonzero(x)]
    ends += [place(x, axis) for place in (gg.argmax, gg.argmin) for axis in (None, 0, 1)]
    ends += [kind(long) for kind in kinds]
    Trial(ends, [x, long], [some(dtype, rng, (5, 67)), some(dtype, rng, 70_001)]).check_exactly()


@pytest.mark.parametrize("dtype", DTYPES)
def test_movement_of_every_dtype(dtype):
    rng = np.random.default_rng(4)
    x, y = gg.placeholder(dtype, (6, 11)), gg.placeholder(dtype, (6, 4))
    i, c = gg.placeholder("int32", (5,)), gg.placeholder("bool", (6, 1))
    ends = [
        gg.transpose(x), x[1:5, ::3], x[::2, 3], gg.flip(x, (0, 1)), gg.concat([x, y], 1),
        gg.pad(x, [(1, 2), (0, 3)]), gg.broadcast_to(x[:, :1], (6, 40)),
        gg.gather(x, i, 0), gg.gather(x, i, 1), gg.take_along_axis(x, gg.constant([[2]] * 6), 1),
        gg.scatter_add(x[:5], i, (7, 11), 0), gg.reshape(gg.transpose(x), (3, 22)),
        gg.where(c, x, gg.flip(x, 0)), gg.stack([y, y], 1), gg.embed(y, (9, 4), ((2, 8, 1),)),
    ]  # fmt: skip
    arrays = [some(dtype, rng, (6, 11)), some(dtype, rng, (6, 4))]
    arrays += [np.array([0, 5, -1, 2, 2], "int32"), rng.random((6, 1)) < 0.5]
    Trial(ends, [x, y, i, c], arrays).check_exactly()


@pytest.mark.parametrize("dtype", FLOATS)
def test_floats_at_the_edges(dtype):
    """Signed zeros, infinities and NaN through comparisons, extremes and exact arithmetic."""
    special = np.array([0.0, -0.0, 1, -1, 2.5, np.inf, -np.inf, np.nan, 1e-40, 3e38], dtype)
    met = np.array(list(itertools.product(special, repeat=2)), dtype).T
    a, b = gg.placeholder(dtype, met[0].shape), gg.placeholder(dtype, met[0].shape)
    ends = [
        a + b, a - b, a * b, a / b, -a, gg.abs(a), gg.sign(a),
        a == b, a != b, a < b, a <= b, a > b, a >= b, gg.where(a < b, a, b), gg.sqrt(a),
        gg.isnan(a), gg.isinf(a), gg.isfinite(a), gg.floor(a), gg.round(a), a // b, a % b,
        gg.max(a), gg.min(a), gg.argmax(a), gg.argmin(b), gg.max(gg.where(gg.isnan(a), 0, a)),
    ]  # fmt: skip
    Trial(ends, [a, b], met).check_exactly()
    # Which zero is the larger one is open in NumPy, too.
    Trial([gg.maximum(a, b), gg.minimum(a, b)], [a, b], met).check()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [1, 15, 16, 33, 64, 203])
def test_the_first_of_equal_extremes_is_found_in_rows_of_any_length(dtype, size):
    rng = np.random.default_rng(size)
    array = rng.integers(0, 2 if dtype == "bool" else 9, (40, size)).astype(dtype)
    if dtype in FLOATS:
        # Extremes meet others, NaN and infinities, wherever a lane may stand.
        array[:30] = np.where(rng.random((30, size)) < 1.5 / size, np.nan, array[:30])
        array[20:] = np.where(rng.random((20, size)) < 2 / size, -np.inf, array[20:])
    x = gg.placeholder(dtype, array.shape)
    ends = [place(x, axis) for place in (gg.argmax, gg.argmin) for axis in (0, 1)]
    Trial(ends, [x], [array]).check_exactly()


def test_rows_are_sorted_by_whoever_is_quicker():
    """Short rows by native code, long ones by NumPy between two stages of it."""
    rng = np.random.default_rng(0)
    for size in (256, 257):
        array = rng.integers(0, 50, (3, size)).astype("float32")
        x = gg.placeholder("float32", (3, size))
        ends = [gg.argsort(x * 2), gg.sort(x) + 1]
        if size == 256:
            Trial(ends, [x], [array]).check_exactly()
        places, found = Program(ends, [x], backend="cpu")(array)
        assert (places == np.argsort(array * 2, kind="stable")).all()
        assert (found == np.sort(array) + 1).all()


def test_integer_products_of_matrices():
    rng = np.random.default_rng(5)
    for dtype in ("int32", "int64"):
        a, b = gg.placeholder(dtype, (4, 7)), gg.placeholder(dtype, (7, 5))
        arrays = [rng.integers(-1000, 1000, (4, 7), dtype), rng.integers(-9, 9, (7, 5), dtype)]
        Trial([gg.matmul(a, b)], [a, b], arrays).check_exactly()


@pytest.mark.parametrize("function", [gg.argmax, gg.argmin, gg.any, gg.all, gg.sum])
def test_whatever_byte_is_true_counts_as_true(function):
    """NumPy makes bools of any bytes; only 0 is False."""
    odd = np.array([1, 2, 1, 0, 255], np.uint8).view(bool)
    x = gg.placeholder("bool", (5,))
    (found,) = gg.Program([function(x)], [x], backend="cpu")(odd)
    assert found == function(gg.constant(odd)).numpy()


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "int16"])
@pytest.mark.parametrize("columns", [9, 17, 33, 65])
def test_one_column_behind_whole_vectors_is_written_and_nothing_behind_it(dtype, columns):
    """The memory behind an array is not its own: an array of such rows has the next row there."""
    x, edge = gg.placeholder("float64", (8, columns)), gg.placeholder("float64", (8, 1))
    narrow = gg.cast(gg.maximum(edge, x) * 2, dtype)
    v = gg.Variable(np.zeros((8, columns), dtype))
    rows = gg.Variable(np.zeros((9, columns), dtype))
    whole = gg.concat([narrow[::-1], rows[8:]])
    rows.assign(np.ones((9, columns), dtype))
    program = gg.Program([], [x, edge], [(v, narrow), (rows, whole)], backend="cpu")
    values = np.arange(8.0 * columns).reshape(8, columns) % 50
    program(values, values[:, :1])
    wanted = (np.maximum(values[:, :1], values) * 2).astype(dtype)
    np.testing.assert_array_equal(v.numpy(), wanted)
    np.testing.assert_array_equal(rows.numpy()[:8], wanted[::-1])
    np.testing.assert_array_equal(rows.numpy()[8], np.ones(columns, dtype))
