"""Updates of tables by the rows that a batch touches: the same as of whole tables, but cheaper."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import giulgi as gg
from giulgi.backends.base import Draw
from giulgi.backends.cpu.planning.lowering import lowered
from giulgi.backends.cpu.planning.operations.rows import Distinct, PutRows
from giulgi.backends.reference.interpreter import Interpreter
from giulgi.graph.node import build
from giulgi.graph.ops.indexing import ScatterAdd

from ..checks import few, threads

OPTIMIZERS = {
    "sgd": lambda: gg.optimizers.SGD(0.1),
    "clipped": lambda: gg.optimizers.SGD(0.1, clipvalue=0.5),
    "adagrad": lambda: gg.optimizers.Adagrad(0.1),
    "lazy adam": lambda: gg.optimizers.Adam(0.1, lazy=True),
    "lazy momentum": lambda: gg.optimizers.SGD(0.1, momentum=0.9, nesterov=True, lazy=True),
    "lazy decay": lambda: gg.optimizers.RMSprop(0.1, weight_decay=0.1, lazy=True),
}
MOVE_ALL = {
    "adam": lambda: gg.optimizers.Adam(0.1),
    "momentum": lambda: gg.optimizers.SGD(0.1, momentum=0.9),
    "weight decay": lambda: gg.optimizers.SGD(0.1, weight_decay=0.1),
}


def table(rng, *shape):
    return gg.Variable(rng.normal(size=shape).astype("float32"), name="table")


def step_of(optimizer, variable, indices, target):
    """Return the updates of a step that draws rows of a table to targets."""
    loss = gg.sum((gg.gather(variable, indices) - target) ** 2)
    return optimizer.minimize(loss, [variable])


def put_rows(program, arrays):
    computation = lowered(program.specialised(tuple(a.shape for a in arrays)))
    return [n for n in computation.nodes if isinstance(n.op, PutRows)], computation


@few(40)
@given(
    st.sampled_from([*OPTIMIZERS]),
    st.integers(8, 40),
    st.sampled_from([(1,), (3,), (16,), (33,), (2, 5)]),
    st.integers(1, 4),
    st.integers(0, 2**31),
)
def test_the_same_is_computed(name, rows, rest, count, seed):
    rng = np.random.default_rng(seed)
    start = rng.normal(size=(rows, *rest)).astype("float32")
    places = rng.integers(-rows, rows, (3, count))
    targets = rng.normal(size=(3, count, *rest)).astype("float32")
    found = []
    for backend, workers in (("reference", 1), ("cpu", 1), ("cpu", 3)):
        variable, optimizer = gg.Variable(start), OPTIMIZERS[name]()
        indices = gg.placeholder("int64", (count,))
        target = gg.placeholder("float32", (count, *rest))
        updates = step_of(optimizer, variable, indices, target)
        program = gg.Program([], [indices, target], updates, backend=backend)
        with threads(workers):
            for arrays in zip(places, targets, strict=True):
                program(*arrays)
        found.append([value.numpy() for value in (variable, *optimizer.variables)])
    put, _ = put_rows(program, (places[0], targets[0]))
    assert len(put) == len(updates) - 1, "all but the number of the step"
    for a, b, c in zip(*found, strict=True):
        np.testing.assert_allclose(b, a, rtol=2e-5, atol=2e-6)
        assert b.tobytes() == c.tobytes()


@pytest.mark.parametrize("name", MOVE_ALL)
def test_what_moves_all_rows_is_computed_whole(name):
    variable = table(np.random.default_rng(0), 40, 3)
    indices, target = gg.placeholder("int64", (4,)), gg.placeholder("float32", (4, 3))
    updates = step_of(MOVE_ALL[name](), variable, indices, target)
    program = gg.Program([], [indices, target], updates)
    assert put_rows(program, (np.zeros(4), np.zeros((4, 3))))[0] == []


def test_many_rows_are_computed_whole():
    variable = table(np.random.default_rng(0), 40, 3)
    indices, target = gg.placeholder("int64", (21,)), gg.placeholder("float32", (21, 3))
    updates = step_of(gg.optimizers.SGD(0.1), variable, indices, target)
    program = gg.Program([], [indices, target], updates)
    assert put_rows(program, (np.zeros(21), np.zeros((21, 3))))[0] == []


def test_a_new_table_that_is_asked_for_is_computed_whole():
    variable = table(np.random.default_rng(0), 40, 3)
    indices, target = gg.placeholder("int64", (4,)), gg.placeholder("float32", (4, 3))
    updates = step_of(gg.optimizers.SGD(0.1), variable, indices, target)
    (new,) = (value for cell, value in updates if cell is variable)
    program = gg.Program([new], [indices, target], updates)
    arrays = np.array([1, 1, 5, 39]), np.ones((4, 3), "float32")
    assert put_rows(program, arrays)[0] == []
    (fetched,) = program(*arrays)
    np.testing.assert_array_equal(fetched, variable.numpy())


@pytest.mark.parametrize("reverse", [False, True])
def test_a_new_table_that_another_variable_gets_is_computed_whole(reverse):
    variable, copy = table(np.random.default_rng(0), 40, 3), gg.Variable(np.zeros((40, 3), "f"))
    wanted = variable.numpy().copy()
    indices = gg.placeholder("int64", (3,))
    slope = gg.gradients(gg.sum(gg.gather(variable, indices) ** 2), variable)
    updates = [(copy, variable - 0.1 * slope), (variable, variable - 0.1 * slope)]
    gg.Program([], [indices], updates[::-1] if reverse else updates)(np.array([1, 2, 3]))
    wanted[1:4] *= 0.8
    for found in (variable, copy):
        np.testing.assert_allclose(found.numpy(), wanted, rtol=1e-6)


@pytest.mark.parametrize(
    "new",
    [
        lambda w, g, h: w - gg.clip(g, 0.1, 1),
        lambda w, g, h: w - gg.clip(g, -1, -0.1),
        lambda w, g, h: gg.where(gg.any(g != 0, axis=0, keepdims=True), w - g, w),
        lambda w, g, h: w - g - h,
        lambda w, g, h: w - gg.exp(g),
        lambda w, g, h: gg.flip(w, 0) - g,
    ],
)
def test_what_touches_other_rows_is_computed_whole(new):
    first, second = (gg.placeholder("int64", (3,)) for _ in range(2))
    arrays = np.array([1, 2, 3]), np.array([3, 4, 39])
    found = []
    for backend in ("reference", "cpu"):
        variable = table(np.random.default_rng(0), 40, 3)
        slopes = [
            gg.gradients(gg.sum(gg.gather(variable, places) ** 2), variable)
            for places in (first, second)
        ]
        updates = [(variable, new(variable, *slopes))]
        gg.Program([], [first, second], updates, backend=backend)(*arrays)
        found.append(variable.numpy())
    np.testing.assert_allclose(found[1], found[0], rtol=1e-5, atol=1e-6)


def test_a_step_costs_what_it_touches():
    variable = table(np.random.default_rng(0), 100_000, 4)
    indices, target = gg.placeholder("int64", (6,)), gg.placeholder("float32", (6, 4))
    updates = step_of(gg.optimizers.Adagrad(0.1), variable, indices, target)
    program = gg.Program([], [indices, target], updates)
    _, computation = put_rows(program, (np.zeros(6), np.zeros((6, 4))))
    whole = [n for n in computation.nodes if n.inputs and n.spec.shape[:1] == (100_000,)]
    assert {type(n.op).__name__ for n in whole} <= {"PutRows", "Assign"}
    scattered = [n.spec.shape for n in computation.nodes if isinstance(n.op, ScatterAdd)]
    assert scattered == [(6, 4)]


def test_a_place_that_does_not_exist_changes_nothing():
    variable = table(np.random.default_rng(0), 40, 3)
    before = variable.numpy().copy()
    indices, target = gg.placeholder("int64", (4,)), gg.placeholder("float32", (4, 3))
    updates = step_of(gg.optimizers.SGD(0.1), variable, indices, target)
    program = gg.Program([], [indices, target], updates, backend="cpu")
    with pytest.raises(gg.errors.PlaceError):
        program(np.array([1, 2, 40, 3]), np.ones((4, 3), "float32"))
    np.testing.assert_array_equal(variable.numpy(), before)


def test_lazy_adam_leaves_rows_that_nobody_asked_for():
    rng = np.random.default_rng(0)
    start = rng.normal(size=(9, 2)).astype("float32")
    variable, adam = gg.Variable(start), gg.optimizers.Adam(0.1, lazy=True)
    indices, target = gg.placeholder("int64", (3,)), gg.placeholder("float32", (3, 2))
    program = gg.Program([], [indices, target], step_of(adam, variable, indices, target))
    w, m, v = start.astype("float64"), np.zeros((9, 2)), np.zeros((9, 2))
    for t in range(1, 5):
        places, wanted = rng.integers(0, 9, 3), rng.normal(size=(3, 2)).astype("float32")
        g = np.zeros((9, 2))
        np.add.at(g, places, 2 * (w[places] - wanted))
        rows = np.unique(places)
        m[rows] += 0.1 * (g[rows] - m[rows])
        v[rows] += 0.001 * (g[rows] ** 2 - v[rows])
        rate = 0.1 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        w[rows] -= rate * m[rows] / (np.sqrt(v[rows]) + 1e-7)
        program(places, wanted)
    np.testing.assert_allclose(variable.numpy(), w, rtol=1e-5, atol=1e-6)


def test_other_variables_are_not_lazy():
    x = gg.placeholder("float32", (2, 3))
    found = []
    for lazy in (False, True):
        w = gg.Variable(np.ones((3, 2), "float32"))
        adam = gg.optimizers.Adam(0.1, lazy=lazy)
        program = gg.Program([], [x], adam.minimize(gg.sum((x @ w) ** 2), [w]))
        for array in (np.ones((2, 3)), np.array([[1, 0, 0], [2, 0, 0]])):
            program(array.astype("float32"))
        found.append(w.numpy())
    np.testing.assert_array_equal(*found)


@few(30)
@given(st.lists(st.integers(-50, 49), min_size=1, max_size=70))
def test_different_places(places):
    feed = gg.placeholder("int64", (len(places),))
    program = gg.Program([build(Distinct(50), feed)], [feed])
    computation = program.specialised(((len(places),),))
    (wanted,), _ = Interpreter(computation).run([np.array(places)], [], Draw(0, 0))
    different = list(dict.fromkeys(place % 50 for place in places))
    assert wanted[0].tolist() == different + [-1] * (len(places) - len(different))
    assert [different[i] for i in wanted[1]] == [place % 50 for place in places]


@pytest.mark.parametrize("name", [*OPTIMIZERS])
@pytest.mark.parametrize("count", [2, 3])
def test_rows_that_are_looked_up_at_several_places_are_updated_once(name, count):
    rng = np.random.default_rng(5)
    start = rng.normal(size=(30, 8)).astype("float32")
    shapes = [(3,), (2, 2), (1,)][:count]
    arrays = [rng.integers(-30, 30, shape) for shape in shapes]
    found = []
    for backend in ("cpu", "reference"):
        variable = gg.Variable(start)
        feeds = [gg.placeholder("int64", shape) for shape in shapes]
        rows = [gg.sum(gg.gather(variable, feed) ** 2) * k for k, feed in enumerate(feeds, 1)]
        updates = OPTIMIZERS[name]().minimize(sum(rows[1:], start=rows[0]), [variable])
        program = gg.Program([], feeds, updates, backend=backend)
        assert put_rows(program, arrays)[0]
        for _ in range(3):
            program(*arrays)
        found.append(variable.numpy())
    np.testing.assert_allclose(*found, rtol=1e-4, atol=1e-6)


def test_a_table_that_is_looked_up_twice_costs_what_is_touched():
    variable = gg.Variable(gg.zeros((10_000, 50)))
    feeds = [gg.placeholder("int64", (20,)) for _ in range(2)]
    loss = sum(gg.sum((gg.gather(variable, feed) - 1) ** 2) for feed in feeds)
    program = gg.Program([], feeds, gg.optimizers.SGD(0.1).minimize(loss, [variable]))
    _, computation = put_rows(program, [np.zeros(20)] * 2)
    whole = [n for n in computation.nodes if n.inputs and n.spec.shape[:1] == (10_000,)]
    assert {type(n.op).__name__ for n in whole} <= {"PutRows", "Assign"}
