"""What is around a padding: written never, since it is zero at first and in memory of its own."""

import numpy as np

import giulgi as gg
from giulgi.backends.cpu.planning.lowering import lowered
from giulgi.backends.cpu.planning.plan import Plan

RNG = np.random.default_rng(0)


def padded(value=0.0):
    """Return a program with a padded value in its midst, before and behind others as large."""
    x = gg.placeholder("float32", (4, 9, 9, 16), name="x")
    kernel = gg.placeholder("float32", (3, 3, 16, 16), name="kernel")
    y = gg.tanh(gg.reshape(gg.sin(x), (-1, 16)) @ kernel[0, 0])
    y = gg.pad(gg.reshape(y, x.shape), [(0, 0), (1, 1), (1, 1), (0, 0)], value=value)
    y = gg.convolution(y, kernel)
    y = gg.tanh(gg.reshape(y, (-1, 16)) @ kernel[1, 1])
    return gg.Program([gg.sum(y * y, axis=0)], [x, kernel], backend="cpu"), [x, kernel]


def plan_of(program, feeds):
    return Plan(lowered(program.specialised(tuple(feed.shape for feed in feeds))))


def fills(plan):
    return [
        step
        for step in plan.steps
        for store in step.group.copies
        if getattr(store.value, "literal", None) is not None
    ]


def test_zeros_are_not_written_and_nobody_else_writes_there():
    plan = plan_of(*padded())
    assert not fills(plan)
    (apart,) = plan._kept_apart
    own = plan.places[apart]
    others = [place for target, place in plan.places.items() if target is not apart]
    assert not any(own.overlaps(place) for place in others)


def test_other_values_are_written():
    assert fills(plan_of(*padded(1.0)))


def test_many_runs_see_zeros():
    program, feeds = padded()
    reference = gg.Program(program.fetches, feeds, backend="reference")
    for _ in range(4):
        arrays = [RNG.normal(size=feed.shape).astype("float32") for feed in feeds]
        for a, b in zip(program(*arrays), reference(*arrays), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4)


def test_a_padding_that_is_asked_for_is_written_whole():
    x = gg.placeholder("float32", (4, 5), name="x")
    program = gg.Program([gg.pad(x * 2, [(1, 1), (2, 0)])], [x], backend="cpu")
    for _ in range(2):
        array = RNG.normal(size=(4, 5)).astype("float32")
        (found,) = program(array)
        np.testing.assert_array_equal(found, np.pad(array * 2, [(1, 1), (2, 0)]))
        found[...] = 7  # It is the caller's.


def test_in_a_loop_zeros_are_written_in_each_step():
    x = gg.placeholder("float32", (3, 2, 40), name="x")

    def step(state, row):
        wide = gg.pad(gg.tanh(row + state), [(1, 1), (0, 0)])
        return gg.cumsum(wide, 0)[1:-1], gg.sum(wide)

    fetches = gg.scan(step, gg.zeros((2, 40)), x)
    array = RNG.normal(size=(3, 2, 40)).astype("float32")
    found = gg.Program(list(fetches), [x], backend="cpu")(array)
    wanted = gg.Program(list(fetches), [x], backend="reference")(array)
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)
