"""What is asked for and does not exist: the reference's error, and nothing is changed."""

from __future__ import annotations

import numpy as np
import pytest

import giulgi as gg
from giulgi.errors import GiulgiError, PlaceError
from giulgi.graph.ops.indexing import AddAlong
from giulgi.graph.ops.shape import build_shaped

from .checks import Trial, counting, require_native, threads, variable

# Enough for several workers to share what is computed.
MANY = 100_000


def raised(trial, kind=GiulgiError):
    """Return both backends' errors, and check that no variable has changed."""
    texts = []
    for name in ("cpu", "reference"):
        program = trial.program(name)
        if name == "cpu":
            require_native(program, trial.arrays)
        storage = trial.storage()
        with pytest.raises(kind) as caught:
            program(*trial.arrays, storage=storage)
        texts.append(str(caught.value))
        for variable_, value in trial.values:
            np.testing.assert_array_equal(storage.value(variable_.cell), value)
    return texts


def check_raised(trial, kind=GiulgiError):
    native, reference = raised(trial, kind)
    assert native == reference
    return native


def picking(*updates):
    """Return a trial that gathers from a variable at places that are fed."""
    table = variable(5)
    i = gg.placeholder("int64", (3,), name="i")
    picked = gg.gather(table, i)
    pairs = [(target, make(target, picked)) for target, make in updates]
    values = [(table, counting(5)), *((v, counting(*v.shape)) for v, _ in updates)]
    return Trial([picked], [i], [np.array([1, 2, 7])], pairs, values)


def test_a_place_behind_the_end():
    assert "no element 7 along axis 0" in check_raised(picking(), PlaceError)


def test_a_new_value_that_is_computed_with_what_is_picked():
    check_raised(picking((variable(3), lambda v, picked: v + picked)), PlaceError)


def test_a_new_value_that_has_nothing_to_do_with_what_is_picked():
    first = (variable(3), lambda v, picked: v * 2)
    then = (variable(3), lambda v, picked: v + picked)
    check_raised(picking(first, then), PlaceError)
    check_raised(picking(then, first), PlaceError)


def test_several_workers_leave_together():
    large = (variable(MANY), lambda v, picked: gg.tanh(v) + picked[0])
    for count in (1, 2, 3):
        with threads(count) as shared:
            check_raised(picking(large), PlaceError)
        assert max(shared, default=1) == count


def test_a_place_before_the_beginning():
    trial = picking()
    trial.arrays = [np.array([0, -6, 1])]
    check_raised(trial, PlaceError)
    trial.arrays = [np.array([0, -5, 4])]
    trial.check_exactly()


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "uint64"])
def test_places_of_every_dtype(dtype):
    x, i = gg.placeholder("float32", (3, 4)), gg.placeholder(dtype, (2,))
    ends = [gg.gather(x, i, 1), gg.gather(x, i, 0)]
    largest = np.iinfo(dtype).max
    Trial(ends, [x, i], [counting(3, 4), np.array([0, 2], dtype)]).check_exactly()
    check_raised(Trial(ends, [x, i], [counting(3, 4), np.array([0, largest], dtype)]), PlaceError)


def test_places_of_other_operations():
    x, i = gg.placeholder("float32", (3, 2)), gg.placeholder("int64", (3, 2))
    short = gg.placeholder("int64", (3, 1))
    for place in (4, -5):
        where, few = np.full((3, 2), 0), np.full((3, 1), 0)
        where[2, 1] = few[1, 0] = place
        for make in (
            lambda: gg.take_along_axis(x, i, 0),
            lambda: build_shaped(AddAlong, (4, 2), x, i, axis=0),
            lambda: gg.scatter_add(x, i[:, 1], (4, 2), 0),
        ):
            check_raised(Trial([make()], [x, i], [counting(3, 2), where]))
        one_hot = build_shaped(AddAlong, (3, 4), x[:, :1], short, axis=1)
        check_raised(Trial([gg.sum(one_hot)], [x, short], [counting(3, 2), few]))


def test_a_place_that_nobody_asks_for_does_not_fail():
    x, i = gg.placeholder("float32", (0, 5)), gg.placeholder("int64", (0,))
    Trial(
        [gg.gather(x, i, 0), gg.gather(x, i, 1)], [x, i], [counting(0, 5), np.zeros(0, int)]
    ).check()


def test_lanes_that_are_not_there_do_not_fail():
    """A vector is longer than what is left at the end of a row: 11 elements."""
    x, i = gg.placeholder("int64", (11,)), gg.placeholder("int64", (11,))
    # Where nothing is read there would be 0, and 0 - 1 is no exponent and no place.
    ends = [x ** (i - 1), gg.gather(x, 11 - i), gg.sum(x ** (i - 1))]
    Trial(ends, [x, i], [counting(11, dtype="int64"), counting(11, dtype="int64")]).check_exactly()


@pytest.mark.parametrize("dtype", ["int8", "int64"])
def test_a_negative_power_of_an_integer(dtype):
    a = variable(3, dtype=dtype)
    b, x = variable(3, dtype=dtype), gg.placeholder(dtype, (3,))
    start = np.array([2, 1, 1], dtype)
    trial = Trial([], [x], [np.array([1, 2, 0], dtype)], [(a, a**x), (b, b + 1)])
    trial.values = [(a, start), (b, start)]
    trial.check_exactly(times=2)
    trial.arrays = [np.array([1, 2, -1], dtype)]
    assert "negative" in check_raised(trial)


def test_a_negative_power_that_is_reduced_or_follows_a_reduction():
    x = gg.placeholder("int32", (4, 33))
    y = counting(4, 33, dtype="int32")
    y[3, 32] = -1
    check_raised(Trial([gg.sum(x**x)], [x], [y]))
    check_raised(Trial([gg.sum(x**x, 0)], [x], [y]))
    check_raised(Trial([2 ** (gg.min(x, 1) - 1)], [x], [y]))


def test_after_a_failure_the_program_runs_again():
    trial = picking((variable(3), lambda v, picked: v + picked))
    program, storage = trial.program("cpu"), trial.storage()
    with pytest.raises(PlaceError):
        program(*trial.arrays, storage=storage)
    (picked,) = program(np.array([0, 1, 2]), storage=storage)
    np.testing.assert_array_equal(picked, [1, 2, 3])
    np.testing.assert_array_equal(storage.value(trial.values[1][0].cell), [2, 4, 6])


# In the middle of many steps


def embedding(rows):
    """Return a training step of a table, whose places are fed, and its variables."""
    table, momentum = gg.Variable(np.zeros((6, rows), "float32"), name="table"), variable(6, rows)
    total = variable()
    i = gg.placeholder("int64", (4,), name="i")
    y = gg.placeholder("float32", (4,), name="y")
    picked = gg.gather(table, i)
    loss = gg.mean(gg.square(gg.sum(picked, 1) - y))
    slope = gg.gradients(loss, [table])[0]
    step = momentum * 0.9 + slope
    updates = [(table, table - 0.01 * step), (momentum, step), (total, total + loss)]
    return (i, y), updates


def stepped(backend, rows, places, steps, *, one_by_one=False):
    """Return the error of running some steps, and the variables' values after it."""
    feeds, updates = embedding(rows)
    program = gg.Program([], feeds, updates, backend=backend)
    rng = np.random.default_rng(0)
    storage = gg.Storage(seed=1)
    for variable_, _ in updates:
        value = rng.normal(size=variable_.shape).astype("float32")
        storage.assign(variable_.cell, value)
    data = [places, rng.normal(size=len(places)).astype("float32")]
    order = np.arange(len(places))
    error = None
    try:
        for first in range(steps) if one_by_one else [0]:
            end = first + 1 if one_by_one else steps
            program.run_steps(data, order, 4, range(first, end), storage=storage)
    except GiulgiError as found:
        error = str(found)
    return error, [storage.value(v.cell).copy() for v, _ in updates]


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("rows", [3, 20_000])
@pytest.mark.parametrize("bad", [0, 5, 9])
def test_a_step_that_fails_leaves_the_step_before(bad, rows, count):
    places = np.arange(40) % 6
    places[4 * bad + 2] = 6
    with threads(count) as shared:
        error, found = stepped("cpu", rows, places, 10)
        _, wanted = stepped("cpu", rows, places, bad)
    assert max(shared, default=1) == (count if rows > 3 else 1)
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(a, b)
    told, expected = stepped("reference", rows, places, 10, one_by_one=True)
    assert error is not None
    assert error == told
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4)


def test_steps_that_change_nothing_fail_at_the_first_that_does():
    """Workers that are a step apart must not disagree on which of them failed."""
    i = gg.placeholder("int64", (4,))
    table = gg.constant(counting(6, 20_000))
    total = gg.sum(gg.tanh(gg.gather(table, i)))
    program = gg.Program([total], [i], backend="cpu")
    places = np.zeros(4 * 50, np.int64)
    places[4 * 49] = 6
    for _ in range(20):
        with threads(3), pytest.raises(PlaceError, match="no element 6"):
            program.run_steps([places], np.arange(4 * 50), 4, range(50))
