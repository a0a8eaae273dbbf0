"""Convolutions and pooling told by simpler operations: the reference computes the same of both."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import giulgi as gg
from giulgi.backends.base import Draw
from giulgi.backends.cpu.planning.lowering import lowered
from giulgi.backends.reference.interpreter import Interpreter

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
def test_native_code_computes_the_same_with_any_number_of_workers(draw, seed, monkeypatch):
    fetches, feeds, arrays = draw(np.random.default_rng(seed))
    wanted = gg.Program(fetches, feeds, backend="reference")(*arrays)
    found = []
    for threads in (1, 3):
        monkeypatch.setattr(gg.config, "threads", threads)
        found.append(gg.Program(fetches, feeds, backend="cpu")(*arrays))
        check(found[-1], wanted)
    for a, b in zip(*found, strict=True):
        assert a.tobytes() == b.tobytes()


def test_what_needs_no_lowering_is_left_as_it_is():
    x = gg.placeholder("float32", (3,), name="x")
    computation = gg.Program([x + 1], [x]).specialised(((3,),))
    assert lowered(computation) is computation
