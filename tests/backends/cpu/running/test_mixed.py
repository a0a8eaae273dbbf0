"""Programs of which a part is compiled, though some operations cannot be."""

from dataclasses import dataclass

import numpy as np
import pytest

import giulgi as gg
from giulgi.backends.cpu.running import mixed
from giulgi.backends.cpu.running.mixed import MixedExecutable
from giulgi.backends.cpu.running.rounds import Rounds
from giulgi.backends.reference.interpreter import Interpreter
from giulgi.graph.node import build
from giulgi.graph.op import Op, Spec

RNG = np.random.default_rng(0)


def executable_of(program):
    return program._ready.executable


def check(fetches, feeds, arrays, updates=(), runs=2):
    """Check that a mixed program and the reference find the same; return the mixed one."""
    found = []
    for backend in ("cpu", "reference"):
        storage = gg.Storage(3)
        program = gg.Program(fetches, feeds, updates, backend=backend)
        for _ in range(runs):
            results = program(*arrays, storage=storage)
        found.append([*results, *(storage.value(v.cell) for v, _ in updates)])
        if backend == "cpu":
            made = program
    for a, b in zip(*found, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
    assert isinstance(executable_of(made), MixedExecutable)
    return made


def halved(x):
    """Halve a vector until its squares sum up to no more than 1."""
    return gg.while_loop(lambda n, s: gg.sum(s * s) > 1, lambda n, s: (n + 1, s * 0.5), (0, x))


def test_a_loop_of_unknown_length_leaves_the_rest_to_the_compiler():
    x = gg.placeholder("float32", (64, 128))
    w = gg.Variable(RNG.normal(size=(128, 128)).astype(np.float32) * 0.1)
    hidden = gg.tanh(x @ w)
    count, scaled = halved(hidden[0])
    y = gg.tanh(hidden @ w) * scaled
    loss = gg.mean(y * y)
    updates = [(w, w - 0.1 * gg.gradients(loss, w))]
    array = RNG.normal(size=(64, 128)).astype(np.float32)
    program = check([loss, count, y, x, y], [x], [array], updates)
    kinds = [stage.is_native for stage, _ in executable_of(program).stages]
    assert kinds == [True, False, True, False, True]
    assert "the rest is compiled, in 3 parts" in str(program.explain())


def test_random_numbers_are_the_same_in_all_stages():
    noise = gg.random.normal((200, 300))
    _, scaled = halved(noise[0])
    check([gg.sum(noise * scaled), noise, scaled], [], [])


@dataclass(frozen=True, eq=False)
class Given(Op):
    """Numbers that Python gives: of no inputs, and without native code."""

    name = "given"

    def infer(self) -> Spec:
        return Spec((200, 300), np.dtype("float32"))

    def numpy(self) -> np.ndarray:
        return np.full((200, 300), 0.25, np.float32)


def test_what_python_makes_of_nothing_is_made_once_and_handed_over():
    x = gg.placeholder("float32", (200, 300))
    made = build(Given())
    hidden = gg.exp(gg.exp(x) * made) + made
    array = RNG.normal(size=(200, 300)).astype(np.float32)
    program = check([hidden, gg.sum(hidden @ hidden.T)], [x], [array])
    kinds = [stage.is_native for stage, _ in executable_of(program).stages]
    assert kinds in ([True, False, True], [False, True])


def test_a_shape_that_depends_on_data_lies_between():
    x = gg.placeholder("float32", (300, 400))
    (places,) = gg.nonzero(gg.sum(x * x, axis=1) > 400)
    y = gg.gather(x, places)
    total = gg.sum(y)
    array = RNG.normal(size=(300, 400)).astype(np.float32)
    check([places, total, gg.exp(x / 10) * total], [x], [array])


def test_many_steps_are_run_one_after_another():
    x = gg.placeholder("float32", (50, 400))
    v = gg.Variable(np.zeros(400, np.float32))
    _, scaled = halved(gg.sum(gg.tanh(x) ** 2, axis=0))
    updates = [(v, v + scaled)]
    data = RNG.normal(size=(200, 400)).astype(np.float32)
    found = []
    for backend in ("cpu", "reference"):
        storage = gg.Storage(0)
        program = gg.Program([], [x], updates, backend=backend)
        program.run_steps([data], np.arange(200), 50, range(4), storage=storage)
        found.append(storage.value(v.cell))
    np.testing.assert_allclose(*found, rtol=1e-5)


def test_little_work_is_not_worth_compiling():
    x = gg.placeholder("float32", (3,))
    program = gg.Program([gg.sum(gg.nonzero(x)[0])], [x], backend="cpu")
    assert program(np.array([4, 0, 2], np.float32))[0] == 2
    assert isinstance(executable_of(program), Interpreter)
    assert not isinstance(executable_of(program), MixedExecutable)


def test_a_failure_changes_nothing(monkeypatch):
    monkeypatch.setattr(mixed, "_WORTH_COMPILING", 0)
    table = gg.Variable(np.ones((4, 8), np.float32))
    place = gg.placeholder("int32", ())
    _, scaled = halved(table[0])
    row = gg.gather(table * 2, place) + scaled
    program = gg.Program([row], [place], [(table, table + 1)], backend="cpu")
    with pytest.raises(IndexError):
        program(9)
    assert table.numpy().max() == 1
    program(3)
    assert table.numpy().max() == 2


def test_rounds_of_a_loop_of_unknown_length_are_compiled():
    """Power iteration, until the vector changes no more."""
    a = gg.placeholder("float32", (300, 300))
    start = gg.placeholder("float32", (300,))

    def turned(v, change):
        new = gg.matmul(a, v[:, None])[:, 0]
        new = new / gg.sqrt(gg.sum(new * new))
        return new, gg.max(gg.abs(new - v))

    v, change = gg.while_loop(lambda v, change: change > 1e-4, turned, (start, 1.0))
    root = RNG.normal(size=(300, 300)).astype(np.float32)
    matrix = (root @ root.T / 300 + 5 * np.ones((300, 300))).astype(np.float32)
    array = np.ones(300, np.float32)
    program = check([v, change], [a, start], [matrix, array])
    (rounds,) = [part for stage, part in executable_of(program).stages if not stage.is_native]
    assert isinstance(rounds, Rounds)
    assert rounds._compiled
    assert "each round is compiled" in str(program.explain())
    top = np.linalg.eigh(matrix.astype(float))[1][:, -1]
    np.testing.assert_allclose(np.abs(program(matrix, array)[0] @ top), 1, rtol=1e-4)


def test_many_rounds_are_gone_through_in_one_go():
    """Collatz numbers: how many steps to 1, and the highest number on the way."""
    start = gg.placeholder("int64", ())

    def step(n, count, top):
        new = gg.where(n % 2 == 0, n // 2, 3 * n + 1)
        return new, count + 1, gg.maximum(top, new)

    found = gg.while_loop(lambda n, count, top: n > 1, step, (start, 0, start))
    program = gg.Program(list(found), [start], backend="cpu")
    assert program(837799)[1:] == [524, 2974984576]
    assert program(27)[1:] == [111, 9232]
    assert program(2)[1:] == [1, 2]


def test_a_failure_in_a_round_is_explained():
    table = gg.constant(np.arange(10, dtype=np.float32))
    stop = gg.placeholder("float32", ())
    _, total = gg.while_loop(
        lambda i, total: total < stop, lambda i, total: (i + 1, total + table[i]), (0, 0.0)
    )
    program = gg.Program([total], [stop], backend="cpu")
    assert program(20.0)[0] == 21
    with pytest.raises(IndexError):
        program(100.0)


def test_all_workers_leave_a_loop_together():
    x = gg.placeholder("float32", (500, 300))
    y, count = gg.while_loop(
        lambda y, n: gg.max(y) > 1, lambda y, n: (gg.tanh(y) * 1.5 - 0.51, n + 1), (x, 0)
    )
    check([y, count], [x], [RNG.normal(size=(500, 300)).astype(np.float32) * 3], runs=20)


def test_a_loop_that_does_not_begin_leaves_its_states():
    x = gg.placeholder("float32", (200, 200))
    y, count = gg.while_loop(
        lambda y, n: gg.sum(y) > 1e9, lambda y, n: (gg.tanh(gg.exp(y) * 2 + 1), n + 1), (x, 0)
    )
    array = RNG.normal(size=(200, 200)).astype(np.float32)
    program = gg.Program([y, count], [x], backend="cpu")
    found, rounds = program(array)
    assert rounds == 0
    np.testing.assert_array_equal(found, array)
    assert isinstance(executable_of(program), MixedExecutable)
