"""Loops of the graph, native against the reference, and with any number of workers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import giulgi as gg
from giulgi.backends import LOOPS_COMPILED
from giulgi.backends.cpu.running.executable import NativeExecutable

from .checks import few, threads

RNG = np.random.default_rng(0)


def check(fetches, feeds, arrays, error=2e-5):
    """Check that a program is native, and as the reference has it, to the size of its values."""
    native = gg.Program(fetches, feeds, backend="cpu")
    wanted = gg.Program(fetches, feeds, backend="reference")(*arrays)
    shapes = tuple(array.shape for array in arrays)
    executable = native.compiled(shapes)[1]
    assert isinstance(executable, NativeExecutable)
    for a, b in zip(native(*arrays), wanted, strict=True):
        assert a.dtype == b.dtype
        bound = 1e-12 if b.dtype == np.float64 else error
        np.testing.assert_allclose(a, b, rtol=bound, atol=bound * max(1, np.abs(b).max()))
    return native, executable


@st.composite
def loops(draw):
    """A loop with one or two states, and what is asked for of it: lasts, stacks, gradients."""
    rows, units = draw(st.integers(1, 40)), draw(st.sampled_from([1, 3, 16, 33]))
    steps, reverse = draw(st.integers(1, 5)), draw(st.booleans())
    second, masked, moved = draw(st.booleans()), draw(st.booleans()), draw(st.booleans())
    kept = draw(st.sampled_from(["state", "old", "product", "slice", "nothing"]))
    asked = draw(st.sampled_from(["last", "every", "both", "gradient"]))
    dtype = draw(st.sampled_from(["float32", "float64"]))
    x = gg.placeholder(dtype, (rows, steps, units) if moved else (steps, rows, units), name="x")
    w = gg.placeholder(dtype, (units, units), name="w")
    h = gg.placeholder(dtype, (rows, units), name="h")
    arrays = [RNG.normal(size=a.shape).astype(dtype) * 0.5 for a in (x, w, h)]

    def step(state, x):
        a, b = state
        new = gg.tanh(x + a @ w)
        b = gg.sigmoid(b) * a[:, ::-1] if second else b
        said = {"state": new, "old": a, "product": a @ w, "slice": x[:, :1], "nothing": None}
        return (new, b), said[kept]

    initial = (h, gg.zeros_like(h) if draw(st.booleans()) else h * 2)
    mask = RNG.random((steps, rows)) < 0.7 if masked else None
    xs = gg.moveaxis(x, 1, 0) if moved else x
    (a, b), every = gg.scan(step, initial, xs, reverse=reverse, mask=mask)
    lasts, stacks = [a, b], [] if every is None else [every]
    fetches = {"last": lasts, "every": stacks, "both": [*stacks, *lasts], "gradient": []}[asked]
    if asked == "gradient" or not fetches:
        loss = gg.sum(a * a) + gg.sum(b) + sum(gg.sum(y * y) for y in stacks)
        fetches = gg.gradients(loss, [x, w, h])
    return fetches, [x, w, h], arrays


@few(120)
@given(loops())
def test_loops(drawn):
    check(*drawn)


@few(60)
@given(loops())
def test_loops_alone(drawn):
    """Only the loop is native, and its code is the same for any number of steps."""
    fetches, feeds, arrays = drawn
    program = gg.Program(fetches, feeds).on(LOOPS_COMPILED)
    wanted = gg.Program(fetches, feeds, backend="reference")(*arrays)
    for a, b in zip(program(*arrays), wanted, strict=True):
        assert a.dtype == b.dtype
        bound = 1e-12 if b.dtype == np.float64 else 2e-5
        np.testing.assert_allclose(a, b, rtol=bound, atol=bound * max(1, np.abs(b).max()))


def test_code_of_loops_is_shared_by_lengths():
    x = gg.placeholder("float32", (None, 4, 8))
    last, every = gg.scan(cell(8), gg.zeros((4, 8)), x)
    program = gg.Program([last, every], [x]).on(LOOPS_COMPILED)
    for length in (3, 5, 0, 1):
        array = RNG.normal(size=(length, 4, 8)).astype(np.float32)
        wanted = gg.Program([last, every], [x], backend="reference")(array)
        for a, b in zip(program(array), wanted, strict=True):
            np.testing.assert_allclose(a, b, rtol=2e-5, atol=2e-5)
    made = [executable for _, (_, executable) in program._compiled.items()]
    codes = {steps.executable for rounds in made for steps in rounds._scans.values()}
    assert len(codes) == 1


def cell(units):
    w = gg.constant(RNG.normal(size=(units, units)).astype(np.float32) / units**0.5)

    def step(h, x):
        h = gg.tanh(x + h @ w)
        return h, h

    return step


def test_any_number_of_workers_gives_the_same_bits():
    x = gg.placeholder("float32", (5, 64, 300), name="x")
    last, every = gg.scan(cell(300), gg.zeros((64, 300)), x)
    slope = gg.gradients(gg.sum(every * every) + gg.sum(last), x)
    array = RNG.normal(size=x.shape).astype(np.float32)
    program, executable = check([last, every, slope], [x], [array], error=1e-4)
    assert executable.frame.is_shared
    found = []
    for count in (1, 2, 3):
        with threads(count):
            found.append(program(array))
    for other in found[1:]:
        for a, b in zip(found[0], other, strict=True):
            np.testing.assert_array_equal(a, b)


def test_a_loop_that_trains_goes_on_from_what_it_left():
    """A state that lasts: the loop begins with a variable and its last state is assigned."""
    state = gg.Variable(np.zeros((4, 8), np.float32))
    x = gg.placeholder("float32", (3, 4, 8), name="x")
    step = cell(8)
    last, _ = gg.scan(step, state, x)
    array = RNG.normal(size=x.shape).astype(np.float32)
    program = gg.Program([], [x], [(state, last)], backend="cpu")
    program(array)
    program(array)
    twice, _ = gg.scan(step, gg.zeros((4, 8)), np.concatenate([array, array]))
    np.testing.assert_allclose(state.numpy(), twice.numpy(), rtol=1e-5, atol=1e-6)


def test_loops_in_loops():
    x = gg.placeholder("float32", (3, 4, 5), name="x")
    w = gg.placeholder("float32", (5,), name="w")

    def outer(state, rows):
        total, every = gg.scan(lambda s, row: (gg.tanh(s + row * w), s * w), state, rows)
        return total, every

    last, every = gg.scan(outer, gg.zeros(5), x)
    slopes = gg.gradients(gg.sum(every * every) + gg.sum(last), [x, w])
    arrays = [RNG.normal(size=x.shape).astype("f"), RNG.normal(size=5).astype("f")]
    check([last, every, *slopes], [x, w], arrays)


def test_convolutions_and_pooling_in_a_loop():
    x = gg.placeholder("float32", (3, 2, 6, 6, 1), name="x")
    kernel = gg.placeholder("float32", (3, 3, 2, 1), name="kernel")
    layer = gg.layers.MaxPooling2D(2, strides=1, padding="same")

    def step(h, x):
        h = gg.tanh(gg.convolution(gg.concat([h, x], axis=-1), kernel, padding="same"))
        return layer(h), h

    last, every = gg.scan(step, gg.zeros((2, 6, 6, 1)), x)
    slopes = gg.gradients(gg.sum(every * every) + gg.sum(last), [x, kernel])
    arrays = [RNG.normal(size=a.shape).astype("f") for a in (x, kernel)]
    check([last, every, *slopes], [x, kernel], arrays, error=1e-4)


def test_a_place_that_does_not_exist_is_told_and_nothing_is_changed():
    table = gg.Variable(np.arange(4, dtype=np.float32))
    places = gg.placeholder("int64", (3,), name="places")
    last, _ = gg.scan(lambda s, place: (s + gg.gather(table, place), None), 0.0, places)
    program = gg.Program([last], [places], [(table, table + 1)], backend="cpu")
    assert float(program(np.array([0, 1, 3]))[0]) == 4
    with pytest.raises(gg.errors.GiulgiError):
        program(np.array([0, 9, 3]))
    assert table.tolist() == [1, 2, 3, 4]


def test_random_numbers_are_those_of_the_reference():
    x = gg.placeholder("float32", (4, 5), name="x")
    _, drawn = gg.scan(lambda s, x: (s, x * 0 + gg.random.uniform((5,))), 0.0, x)
    array = np.zeros((4, 5), np.float32)
    gg.set_seed(3)
    (native,) = gg.Program([drawn], [x], backend="cpu")(array)
    gg.set_seed(3)
    (reference,) = gg.Program([drawn], [x], backend="reference")(array)
    np.testing.assert_array_equal(native, reference)


def test_what_a_step_does_is_explained():
    x = gg.placeholder("float32", (5, 4, 8), name="x")
    last, every = gg.scan(cell(8), gg.zeros((4, 8)), x, reverse=True)
    text = gg.Program([last, every], [x], backend="cpu").explain()["groups"]
    assert "loop 1: 5 steps, backwards" in text
    assert "1.0  product over (4, 8)" in text
    assert "= all %1." in text
