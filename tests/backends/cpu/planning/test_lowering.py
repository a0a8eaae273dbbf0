"""Convolutions and pooling told by simpler operations: the reference computes the same of both."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import giulgi as gg
from giulgi.backends.base import Draw
from giulgi.backends.cpu.code.emit import emit
from giulgi.backends.cpu.machine.processor import host
from giulgi.backends.cpu.planning.lowering import lowered
from giulgi.backends.cpu.planning.lowering.sinking import _joined, sunk
from giulgi.backends.cpu.running.executable import NativeExecutable
from giulgi.backends.reference.interpreter import Interpreter

from ..checks import threads

SEEDS = st.integers(0, 2**32 - 1)


def drawn_window(rng):
    rank = rng.choice([1, 2, 2, 3])
    taps = rng.integers(1, 5, rank)
    strides, dilation = rng.integers(1, 4, rank), rng.integers(1, 4, rank)
    padding = rng.choice(["valid", "same", "pairs"])
    if padding == "pairs":
        padding = [tuple(map(int, rng.integers(0, 4, 2))) for _ in taps]
    size = (taps - 1) * dilation + rng.integers(1, 9, rank)
    as_ints = [tuple(map(int, numbers)) for numbers in (size, taps, strides, dilation)]
    return *as_ints, padding if isinstance(padding, list) else str(padding)


def drawn_convolution(rng):
    """Return a convolution with both its gradients, and arrays for it."""
    size, taps, strides, dilation, padding = drawn_window(rng)
    groups, seen = int(rng.choice([1, 1, 2, 3])), int(rng.choice([1, 2, 8]))
    filters = int(rng.choice([1, 2, 33]))
    x = gg.placeholder("float32", (int(rng.integers(1, 4)), *size, groups * seen), name="x")
    kernel = gg.placeholder("float32", (*taps, seen, groups * filters), name="kernel")
    y = gg.convolution(x, kernel, strides, padding, dilation, groups)
    dy = gg.placeholder("float32", y.shape, name="dy")
    slopes = gg.gradients(y, [x, kernel], dy)
    arrays = [rng.normal(size=t.shape).astype(np.float32) for t in (x, kernel, dy)]
    return [y, *slopes], [x, kernel, dy], arrays


def drawn_pooling(rng):
    """Return a pooling with its gradient, and the gradient of that."""
    size, taps, strides, _, _ = drawn_window(rng)
    strides = taps if rng.random() < 0.5 else strides
    size = tuple(max(n, t) for n, t in zip(size, taps, strict=True))
    padding = str(rng.choice(["valid", "same"]))
    pool = gg.max_pool if rng.random() < 0.6 else gg.average_pool
    x = gg.placeholder("float32", (2, *size, int(rng.choice([1, 3, 17]))), name="x")
    y = pool(x, taps, strides, padding)
    dy = gg.placeholder("float32", y.shape, name="dy")
    slope = gg.gradients(y, x, dy)
    again = gg.gradients(gg.sum(slope * slope), dy)
    arrays = [rng.normal(size=t.shape).astype(np.float32) for t in (x, dy)]
    if rng.random() < 0.3:
        arrays[0] = np.round(arrays[0])  # with equal elements
    if rng.random() < 0.3:
        arrays[0].flat[rng.integers(arrays[0].size)] = np.nan
    return [y, slope, again], [x, dy], arrays


def check(found, wanted):
    for a, b in zip(found, wanted, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("draw", [drawn_convolution, drawn_pooling])
@given(seed=SEEDS)
@settings(max_examples=60, deadline=None)
def test_the_reference_computes_the_same(draw, seed):
    fetches, feeds, arrays = draw(np.random.default_rng(seed))
    computation = gg.Program(fetches, feeds).specialised(tuple(a.shape for a in arrays))
    wanted, _ = Interpreter(computation).run(arrays, [], Draw(0, 0))
    simpler = lowered(computation)
    names = {node.op.name for node in simpler.nodes}
    assert not names & {"convolution", "convolution_input", "at_tap", "greatest_tap", "from_tap"}
    found, _ = Interpreter(simpler).run(arrays, [], Draw(0, 0))
    check(found, wanted)


@pytest.mark.parametrize("draw", [drawn_convolution, drawn_pooling])
@pytest.mark.parametrize("seed", range(12))
def test_native_code_computes_the_same_with_any_number_of_workers(draw, seed):
    fetches, feeds, arrays = draw(np.random.default_rng(seed))
    wanted = gg.Program(fetches, feeds, backend="reference")(*arrays)
    found = []
    for count in (1, 3):
        with threads(count):
            found.append(gg.Program(fetches, feeds, backend="cpu")(*arrays))
        check(found[-1], wanted)
    for a, b in zip(*found, strict=True):
        assert a.tobytes() == b.tobytes()


def test_what_needs_no_lowering_is_left_as_it_is():
    x = gg.placeholder("float32", (3,), name="x")
    computation = gg.Program([x + 1], [x]).specialised(((3,),))
    assert lowered(computation) is computation


def test_a_long_sum_over_examples_is_made_in_parts():
    rng = np.random.default_rng(0)
    x = gg.placeholder("float32", (40, 20, 20, 16), name="x")
    kernel = gg.placeholder("float32", (3, 3, 16, 24), name="kernel")
    y = gg.convolution(x, kernel, 1, "same")
    program = gg.Program([y, *gg.gradients(gg.sum(y * y), [x, kernel])], [x, kernel])
    said = " ".join(program.explain()["groups"].split())
    assert "The sums over the inner axis are made in" in said
    computation = program.specialised((x.shape, kernel.shape))
    made = emit(lowered(computation), host()).contractions.values()
    parts = [c.plan.depth for c in made if c.plan.product.runs and c.plan.chunks > 1]
    assert parts == [100], "5 of 20 rows of 20 places"
    arrays = [rng.normal(size=t.shape).astype(np.float32) / 4 for t in (x, kernel)]
    wanted = gg.Program(program.fetches, program.feeds, backend="reference")(*arrays)
    for a, b in zip(program(*arrays), wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-3 * np.abs(b).max())


def network(x, kernel, bias):
    """Return a loss of a convolution, an activation and a pooling, and its gradients."""
    hidden = gg.maximum(gg.convolution(x, kernel) + bias, 0)
    pooled = gg.max_pool(hidden, 2)
    loss = gg.mean(gg.reshape(pooled, (pooled.shape[0], -1)) ** 2)
    return [loss, *gg.gradients(loss, [x, kernel, bias])]


@pytest.mark.parametrize("size", [8, 9])
def test_what_a_pooling_gives_back_joins_what_follows(size):
    rng = np.random.default_rng(0)
    feeds = [
        gg.placeholder("float32", shape, name=name)
        for name, shape in (("x", (3, size, size, 2)), ("kernel", (3, 3, 2, 5)), ("bias", (5,)))
    ]
    program = gg.Program(network(*feeds), feeds, backend="cpu")
    arrays = [rng.normal(size=t.shape).astype(np.float32) for t in feeds]
    wanted = gg.Program(program.fetches, feeds, backend="reference")(*arrays)
    check(program(*arrays), wanted)
    if size == 8:  # Else a row and a column are in no window, and padding parts the two.
        (group,) = [g for g in program.explain()["groups"].split("\n\n") if "3, 3, 2, 3, 2, 5" in g]
        assert "sum(" in group


def test_axes_that_a_reshape_joins():
    assert _joined((4, 3, 2, 5), (4, 6, 5)) == [[0], [1, 2], [3]]
    assert _joined((4, 1, 5), (4, 5)) == [[0], [1, 2]]
    assert _joined((4, 6), (8, 3)) is None
    assert _joined((2, 3, 1), (6,)) == [[0, 1, 2]]


@pytest.mark.parametrize("axis", [0, 1])
def test_a_reduction_before_a_reshape_has_the_shape_of_that_after_it(axis):
    x = gg.placeholder("float32", (2, 3, 4), name="x")
    before = gg.sum(gg.reshape(x * 2, (2, 12)), axis)
    after = sunk(before)
    array = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    (found,) = gg.Program([after], [x])(array)
    assert after.node is not before.node
    np.testing.assert_array_equal(found, (array.reshape(2, 12) * 2).sum(axis))


def test_a_branch_that_is_not_chosen_does_not_fail():
    table, place = gg.placeholder("float32", (5, 3)), gg.placeholder("int64", ())
    is_there = gg.placeholder("bool", ())
    row = gg.cond(is_there, lambda: table[place] * 2, lambda: gg.zeros(3))
    program = gg.Program([row, gg.gradients(gg.sum(row), table)], [table, place, is_there])
    array = np.arange(15, dtype=np.float32).reshape(5, 3)
    row_found, slope = program(array, 2, True)
    np.testing.assert_array_equal(row_found, array[2] * 2)
    np.testing.assert_array_equal(slope, np.where(np.arange(5) == 2, 2, 0)[:, None] * np.ones(3))
    assert isinstance(program._ready.executable, NativeExecutable)
    assert [value.sum() for value in program(array, 9, False)] == [0, 0]
    with pytest.raises(IndexError):
        program(array, 9, True)


@pytest.mark.parametrize(
    ("shape", "size", "stride", "padding"),
    [
        ((2, 9, 9, 3), 3, 2, "same"), ((2, 9, 10, 3), 3, 2, "valid"), ((2, 7, 7, 5), 3, 1, "same"),
        ((1, 5, 5, 2), 2, 3, "valid"), ((2, 11, 4, 3), (3, 2), (2, 3), "same"),
        ((2, 20, 3), 4, 3, "same"), ((1, 5, 6, 7, 2), 2, 2, "same"), ((1, 3, 3, 1), 3, 5, "same"),
        ((2, 9, 9, 3), 5, 2, "same"), ((2, 8, 9, 2), 3, 2, 1),
    ],
)  # fmt: skip
def test_what_several_windows_or_none_see_is_given_back(shape, size, stride, padding):
    rng = np.random.default_rng(0)
    x = gg.placeholder("float32", shape)
    y = gg.max_pool(x, size, stride, padding)
    weights = gg.placeholder("float32", y.shape)
    ends = [gg.gradients(gg.sum(y * weights), x)]
    arrays = [rng.integers(0, 9, t.shape).astype("float32") for t in (x, weights)]
    found, wanted = (
        gg.Program(ends, [x, weights], backend=backend)(*arrays) for backend in ("cpu", "reference")
    )
    np.testing.assert_array_equal(found[0], wanted[0])
