"""Programs: what is fed, fetched and updated, compiled once for each set of shapes."""

from __future__ import annotations

import numpy as np
import pytest

import giulgi as gg
from giulgi.backends import Draw
from giulgi.errors import DTypeError, FeedError, GiulgiError, GraphError, ShapeError
from giulgi.program import Program, make_computation
from giulgi.storage import Storage


@pytest.fixture
def compiled(monkeypatch):
    """A list of the computations that are compiled from here on."""
    found = []

    class Counting:
        name = "counting"

        def compile(self, computation, batched=None):
            found.append(computation)
            return gg.backends.ReferenceBackend().compile(computation, batched)

    monkeypatch.setattr("giulgi.program.backend", lambda name: Counting())
    return found


def test_feeds_and_fetches_in_their_order():
    x, y = gg.placeholder("float32", (), name="x"), gg.placeholder("float32", (), name="y")
    program = gg.Program([x - y, y, x], [x, y])
    assert [float(v) for v in program(5, 3)] == [2, 3, 5]


def test_a_program_of_nothing():
    assert gg.Program([])() == []


def test_compiled_once_for_each_set_of_shapes(compiled):
    x = gg.placeholder("float32", (None, 3))
    program = gg.Program([gg.sum(x, 0)], [x])
    for rows in (2, 4, 2, 4, 2):
        assert program(np.ones((rows, 3)))[0].tolist() == [rows] * 3
    assert [computation.feeds[0].spec.shape for computation in compiled] == [(2, 3), (4, 3)]


def test_what_is_compiled_knows_every_shape(compiled):
    x = gg.placeholder("float32")
    v = gg.Variable([1.0, 2.0])
    gg.Program([gg.sum(x * v)], [x], [(v, gg.sum(x, 0))])(np.ones((5, 2)))
    (computation,) = (c for c in compiled if c.feeds)
    assert all(None not in node.spec.shape for node in computation.nodes)
    assert computation.variables == (v.cell,)
    assert not computation.is_random


def test_values_of_other_dtypes_are_converted():
    x = gg.placeholder("float32", (2,))
    program = gg.Program([x], [x])
    for value in (
        [1, 2],
        np.array([1, 2], np.int8),
        (True, 2),
        np.float64([1, 2]),
        gg.constant([1, 2]),
    ):
        (result,) = program(value)
        assert result.dtype == np.float32
        assert result.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("value", "error", "problem"),
    [
        ([1.5, 2.0], DTypeError, "takes int32, and the value is float64"),
        (["a", "b"], DTypeError, "takes int32, and the value is text"),
        ([None, 1], DTypeError, "takes int32, and the value is object"),
        ([2**40, 1], DTypeError, "takes int32, which does not hold all of the values"),
        ([1, 2, 3], FeedError, r"a value of shape \(3,\) does not fit 'x'"),
        (1, FeedError, r"a value of shape \(\) does not fit 'x'"),
        ([[1, 2]], FeedError, r"a value of shape \(1, 2\) does not fit 'x'"),
        ([[1, 2], [3]], FeedError, "rows of different lengths"),
    ],
)
def test_values_that_do_not_fit(value, error, problem):
    x = gg.placeholder("int32", (2,), name="x")
    with pytest.raises(error, match=problem):
        gg.Program([x], [x])(value)


def test_too_few_and_too_many_values():
    x = gg.placeholder("float32", ())
    for values in ((), (1, 2)):
        with pytest.raises(FeedError, match=f"has 1 feeds, and {len(values)} values"):
            gg.Program([x], [x])(*values)


def test_a_placeholder_that_is_needed_and_not_fed():
    x, y = gg.placeholder("float32", (), name="x"), gg.placeholder("float32", (), name="y")
    with pytest.raises(FeedError, match="the value of 'y' is needed and not fed"):
        gg.Program([x + y], [x])(1)
    assert gg.Program([x], [x, y])(1, 2)[0] == 1


@pytest.mark.parametrize(
    "make",
    [
        lambda x: gg.Program(x),
        lambda x: gg.Program([x], x),
        lambda x: gg.Program([np.ones(2)]),
        lambda x: gg.Program([x], ["x"]),
    ],
)
def test_what_is_no_tensor_cannot_be_fetched_or_fed(make):
    with pytest.raises(GraphError, match="tensor"):
        make(gg.placeholder("float32", (2,)))


# Feeding in the middle


def test_any_tensor_can_be_fed():
    x = gg.placeholder("float32", (), name="x")
    a = x * 2
    y = a + 1
    assert gg.Program([y], [a])(10)[0] == 11
    assert y.numpy({a: 10}) == 11
    v = gg.Variable(1.0)
    assert (v * 3).numpy({v: 5}) == 15
    c = gg.constant(2.0) * 3
    d = c * 10
    assert float(d) == 60
    assert d.numpy({c: 1}) == 10  # also after it was looked at
    assert float(d) == 60


def test_both_a_tensor_and_what_it_is_made_of_can_be_fed():
    x = gg.placeholder("float32", ())
    a = x * 2
    assert gg.Program([a + x], [x, a])(1, 10)[0] == 11


# Variables


def test_updates_see_the_values_from_before():
    a, b = gg.Variable(1.0), gg.Variable(2.0)
    swap = gg.Program([a, b], updates=[(a, b), (b, a)])
    storage = Storage()
    assert [float(v) for v in swap(storage=storage)] == [1, 2]
    assert [float(v) for v in swap(storage=storage)] == [2, 1]
    swapped = gg.Program([a + 10 * b, gg.assign(a, b), gg.assign(b, a)])
    assert [float(v) for v in swapped(storage=storage)] == [21, 2, 1]
    assert [float(storage.value(v.cell)) for v in (a, b)] == [2, 1]


def test_an_update_of_another_dtype_or_shape():
    v = gg.Variable([1.0, 2.0], name="v")
    gg.Program([], updates=[(v, gg.constant([3, 4]))])()
    assert v.numpy().dtype == np.float32
    assert v.tolist() == [3, 4]
    with pytest.raises(ShapeError, match="the new value"):
        gg.Program([], updates=[(v, gg.constant([1.0]))])
    x = gg.placeholder("float32", (None,))
    with pytest.raises(ShapeError, match="the new value"):
        gg.Program([], [x], [(v, x)])([1])
    assert v.tolist() == [3, 4]


def test_two_new_values_for_one_variable():
    v = gg.Variable(1.0, name="v")
    for program in (
        gg.Program([gg.assign(v, v + 1), gg.assign(v, v + 2)]),
        gg.Program([], updates=[(v, v + 1), (v, v + 2)]),
        gg.Program([gg.assign(v, v + 1)], updates=[(v, v + 2)]),
    ):
        with pytest.raises(GraphError, match="'v' is given two new values in one run"):
            program()
    gg.Program([gg.assign(v, v + 1)], updates=[(v, v + 1)])()
    assert float(v) == 2


def test_all_updates_or_none():
    a, b = gg.Variable(1.0), gg.Variable([1.0, 2.0])
    i = gg.placeholder("int64", (), name="i")
    program = gg.Program([], [i], [(a, a + 1), (b, b * 0 + gg.gather(b, i))])
    program(1)
    assert (float(a), b.tolist()) == (2, [2, 2])
    with pytest.raises(GiulgiError, match="there is no element 5"):
        program(5)
    assert (float(a), b.tolist()) == (2, [2, 2])


def test_an_interrupted_run_changes_nothing(monkeypatch):
    v = gg.Variable(1.0)
    # Native code is not interrupted; Ctrl-C waits until it comes back.
    program = gg.Program([gg.tanh(v)], updates=[(v, v + 1)], backend="reference")
    program()

    def interrupted(self, x):
        raise KeyboardInterrupt

    monkeypatch.setattr(gg.graph.ops.functions.Tanh, "numpy", interrupted)
    with pytest.raises(KeyboardInterrupt):
        program()
    monkeypatch.undo()
    assert float(v) == 2


def test_a_program_runs_in_the_storage_it_is_given():
    v = gg.Variable(1.0)
    program = gg.Program([v], updates=[(v, v + 1)])
    first, second = Storage(), Storage()
    for _ in range(3):
        program(storage=first)
    program(storage=second)
    with first.in_use():
        assert float(v) == 4
    with second.in_use():
        assert float(v) == 2
    assert float(v) == 1


# Memory


def everything_returned(x, v, c):
    """Return fetches that may share memory with feeds, variables, constants or one another."""
    return [
        x, x[:1], x.T, gg.reshape(x, (-1,)), gg.stop_gradient(x), gg.round(x), x,
        v, v[:1], gg.stop_gradient(v), gg.broadcast_to(v, (2, 2, 2)), gg.assign(v, v + x),
        c, gg.stop_gradient(c), c[0], gg.graph.ops.choose(gg.sum(x) > 0, x, v),
    ]  # fmt: skip


def test_what_is_returned_belongs_to_nobody_else():
    x = gg.placeholder("int64", (2, 2), name="x")
    v = gg.Variable(np.array([[10, 20], [30, 40]]))
    c = gg.constant(np.array([[5, 6], [7, 8]]))
    float(gg.sum(c + 0))
    fetches = everything_returned(x, v, c)
    program = gg.Program(fetches, [x])
    fed = np.array([[1, 2], [3, 4]])
    storage = Storage()
    expected = [array.copy() for array in program(fed, storage=storage)]
    arrays = program(fed, storage=Storage())
    for i, array in enumerate(arrays):
        assert array.flags.writeable
        assert array.flags.c_contiguous
        array[...] = -1
        for other, value in zip(arrays[i + 1 :], expected[i + 1 :], strict=True):
            np.testing.assert_array_equal(other, value)
    assert fed.tolist() == [[1, 2], [3, 4]]
    assert c.tolist() == [[5, 6], [7, 8]]


def test_a_variable_does_not_share_memory_with_what_was_fed_or_fetched():
    v, x = gg.Variable([0.0, 0.0]), gg.placeholder("float32", (2,))
    fed = np.float32([1, 2])
    (fetched,) = gg.Program([gg.assign(v, x)], [x])(fed)
    fed[0] = fetched[1] = 99
    assert v.tolist() == [1, 2]


# Random numbers


def test_only_runs_that_draw_count():
    gg.set_seed(3)
    x = gg.random.uniform((2,))
    draws, looks = gg.Program([x]), gg.Program([gg.constant(1.0) + 1])
    first, second = draws()[0].tolist(), draws()[0].tolist()
    gg.set_seed(3)
    assert draws()[0].tolist() == first
    looks()
    assert draws()[0].tolist() == second


# Text


def test_text_before_and_after_shapes_are_known():
    x = gg.placeholder("float32", (None, 2), name="x")
    v = gg.Variable([1.0, 1.0], name="v")
    program = gg.Program([gg.mean(x, 0)], [x], [(v, v * 2)])
    assert "float32 (?, 2)" in program.text()
    assert "size(x" in program.text()
    text = program.text((4, 2))
    assert "float32 (4, 2)" in text
    assert "size(" not in text
    assert "assign(v <- " in text


def test_a_computation_lists_reads_and_updates():
    a, b = gg.Variable(1.0), gg.Variable(2.0)
    computation = make_computation([a * 2], [], [(b, gg.constant(5.0))], ())
    assert computation.variables == (a.cell, b.cell)
    assert [read is None for read in computation.reads] == [False, True]
    assert [place for place, _ in computation.updates] == [1]
    executable = gg.backends.backend("reference").compile(computation)
    fetched, updated = executable.run([], [np.float32(1), np.float32(2)], Draw(0, 0))
    assert (float(fetched[0]), float(updated[0])) == (2, 5)


def test_a_constant_is_not_fed():
    two = gg.constant(2.0)
    with pytest.raises(FeedError, match="a constant cannot be fed"):
        gg.Program([two * 3], [two])


def test_explanations_are_those_of_the_shapes_that_it_was_compiled_for():
    x = gg.placeholder("float32", (None,))
    program = Program([gg.exp(x)], [x])
    assert program.explanations() == []
    program(np.zeros(3, np.float32))
    program(np.zeros(5, np.float32))
    told = program.explanations()
    assert [shapes for shapes, _ in told] == [((3,),), ((5,),)]
    assert str(told[1][1]) == str(program.explain((5,)))
