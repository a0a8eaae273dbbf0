"""Programs whose shapes depend on a few numbers that are computed."""

import numpy as np

import giulgi as gg
from giulgi.backends.cpu.running.executable import NativeExecutable
from giulgi.backends.cpu.running.sized import SizedExecutable

RNG = np.random.default_rng(0)


def rounds_of_a_cell(lengths, x, w):
    """Sum up what a recurrent cell makes of so many steps as the longest sequence has."""
    longest = gg.max(lengths)
    seen = gg.arange(longest)

    def step(t, h, total):
        new = gg.tanh(gg.gather(x, t) @ w + h)
        return t + 1, new, total + gg.sum(new * gg.cast(seen[t] + 1, "float32"))

    _, _, total = gg.while_loop(
        lambda t, h, total: t < longest, step, (gg.constant(0, "int64"), gg.zeros((4, 8)), 0.0)
    )
    return total


def test_gradients_of_loops_as_long_as_the_longest_sequence():
    lengths, x = gg.placeholder("int64", (3,)), gg.placeholder("float32", (6, 4, 8))
    w = gg.Variable(RNG.normal(size=(8, 8)).astype(np.float32) * 0.3)
    loss = rounds_of_a_cell(lengths, x, w)
    updates = [(w, w - 0.01 * gg.gradients(loss, w))]
    array = RNG.normal(size=(6, 4, 8)).astype(np.float32)
    runs = [[1, 2, 3], [3, 3, 1], [2, 3, 2], [6, 1, 1], [1, 6, 6], [0, 0, 0], [0, 0, 0]]
    found = []
    for backend in ("cpu", "reference"):
        storage = gg.Storage(1)
        program = gg.Program([loss], [lengths, x], updates, backend=backend)
        losses = [program(np.array(run), array, storage=storage)[0] for run in runs]
        found.append([*losses, storage.value(w.cell)])
        if backend == "cpu":
            executable = program._ready.executable
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
    assert isinstance(executable, SizedExecutable)
    made = [sized.executable for _, sized in executable._made.items()]
    assert sum(isinstance(x, NativeExecutable) for x in made) >= 2


def test_many_steps_each_of_its_own_size():
    x, v = gg.placeholder("int64", (1, 2)), gg.Variable(np.zeros((), np.int64))
    total = gg.sum(gg.arange(gg.max(x)))
    data = np.arange(12).reshape(6, 2)
    program = gg.Program([], [x], [(v, v + total)], backend="cpu")
    storage = gg.Storage(0)
    program.run_steps([data], np.arange(6), 1, range(6), storage=storage)
    assert storage.value(v.cell) == sum(sum(range(n)) for n in data.max(1))


def test_numbers_that_are_others_each_time_are_not_looked_at_any_longer():
    place, x = gg.placeholder("int64", ()), gg.constant(np.arange(4000.0, dtype=np.float32))
    v = gg.Variable(np.zeros((), np.float32))
    part = gg.gather(x, gg.arange(place * 10, (place + 1) * 10))
    program = gg.Program([gg.sum(part)], [place], [(v, v + gg.mean(part))], backend="cpu")
    storage = gg.Storage(0)
    for k in range(60):
        number = min(k, 40)
        assert program(np.array(number), storage=storage)[0] == 1000 * number / 10 + 45
    executable = program._ready.executable
    assert not isinstance(executable._other, (type(None), SizedExecutable))
    assert len(executable._made.items()) < 20
    assert storage.value(v.cell) == sum(10 * min(k, 40) + 4.5 for k in range(60))
