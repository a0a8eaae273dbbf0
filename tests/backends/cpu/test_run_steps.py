"""Many steps in one native call: as the same steps one by one, and as the reference's."""

from __future__ import annotations

import numpy as np
import pytest

import giulgi as gg
from giulgi.backends import Batched
from giulgi.backends.cpu.running.executable import NativeExecutable

from .checks import check_bits, threads

STEPS, SIZE, EXAMPLES = 12, 8, 50


def orders(steps=STEPS, size=SIZE, examples=EXAMPLES):
    """Return places of examples: shuffled, and some of them more than once."""
    return np.random.default_rng(3).integers(0, examples, steps * size)


class Training:
    """A program that trains on batches.

    Args:
        backend: which.
        width: of the hidden layer.
        dtypes: of the two arrays of data.
    """

    def __init__(self, backend, width=7, dtypes=("float32", "float32"), size=SIZE):
        self.size = size
        rng = np.random.default_rng(0)
        self.x = gg.placeholder("float32", (None, 5))
        self.y = gg.placeholder("float32", (None,))
        self.values = {
            gg.Variable(np.zeros(shape, "float32")): (rng.normal(size=shape) / width**0.5).astype(
                "float32"
            )
            for shape in [(5, width), (width,), (width,), (), ()]
        }
        w, b, v, total, seen = self.variables = list(self.values)
        hidden = gg.tanh(gg.matmul(self.x, w) + b)
        keep = gg.random.uniform((size, width)) < 0.8
        hidden = gg.where(keep, hidden / 0.8, 0)
        errors = gg.square(gg.sum(hidden * v, 1) - self.y)
        loss = gg.mean(errors)
        slopes = gg.gradients(loss, [w, b, v])
        updates = [(p, p - 0.05 * slope) for p, slope in zip([w, b, v], slopes, strict=True)]
        updates += [(total, total + gg.sum(errors)), (seen, seen + size)]
        self.program = gg.Program([], [self.x, self.y], updates, backend=backend)
        self.storage = gg.Storage(seed=11)
        for variable, value in self.values.items():
            self.storage.assign(variable.cell, value)
        numbers = rng.integers(0, 2, (EXAMPLES, 5)), rng.integers(0, 2, EXAMPLES)
        self.data = [n.astype(dtype) for n, dtype in zip(numbers, dtypes, strict=True)]
        self.order = orders(size=size)

    def run(self, *steps):
        """Take some ranges of steps; return the variables' values."""
        for taken in steps:
            self.program.run_steps(self.data, self.order, self.size, taken, storage=self.storage)
        return self.found()

    def feed(self, count):
        """Take steps by feeding their batches."""
        for step in range(count):
            chosen = self.order[step * self.size : (step + 1) * self.size]
            fed = [array[chosen].astype("float32") for array in self.data]
            self.program(*fed, storage=self.storage)
        return self.found()

    def found(self):
        return [self.storage.value(variable.cell).copy() for variable in self.variables]

    def require_native(self):
        batched = Batched(self.size, tuple(array.dtype for array in self.data))
        shapes = tuple((self.size, *array.shape[1:]) for array in self.data)
        assert isinstance(self.program.compiled(shapes, batched)[1], NativeExecutable)


def make(*args, **options):
    """Return a training that draws the same random numbers as any other."""
    gg.set_seed(0)
    return Training(*args, **options)


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("width", [7, 3000])
def test_all_steps_at_once_one_by_one_and_fed(width, count):
    wanted = make("cpu", width).run(range(STEPS))
    with threads(count) as shared:
        training = make("cpu", width)
        training.require_native()
        check_bits(training.run(range(STEPS)), wanted)
        check_bits(make("cpu", width).run(*(range(i, i + 1) for i in range(STEPS))), wanted)
        check_bits(make("cpu", width).run(range(5), range(5, 5), range(5, STEPS)), wanted)
        check_bits(make("cpu", width).feed(STEPS), wanted)
    assert max(shared, default=1) == (count if width > 7 else 1)


@pytest.mark.parametrize("width", [7, 3000])
def test_the_same_as_the_reference(width):
    """Dropout drops the same units, metrics are summed over the same examples."""
    found, wanted = make("cpu", width).run(range(STEPS)), make("reference", width).run(range(STEPS))
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
    assert found[-1] == wanted[-1]


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int32", "int64", "bool", "float64"])
def test_data_of_other_dtypes_are_converted(dtype):
    wanted = make("cpu").run(range(STEPS))
    training = make("cpu", dtypes=(dtype, dtype))
    training.require_native()
    check_bits(training.run(range(STEPS)), wanted)


@pytest.mark.parametrize("size", [1, 3, 17])
def test_batches_of_other_sizes(size):
    found = make("cpu", size=size).run(range(STEPS))
    wanted = make("reference", size=size).run(range(STEPS))
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


CONVERTED = [
    ("uint8", "float32"), ("uint8", "float64"), ("int64", "float32"), ("float64", "float32"),
    ("float32", "float64"), ("bool", "float32"), ("bool", "int64"), ("int32", "int64"),
    ("uint16", "int32"), ("int64", "int32"), ("uint64", "float64"), ("float32", "float32"),
]  # fmt: skip


@pytest.mark.parametrize("shape", [(), (1,), (3,), (16,), (33,), (4, 0), (5, 7)])
def test_gathered_examples_are_those_of_the_order(shape):
    """Of all dtypes that data may have, and widths with and without a rest beside vectors."""
    rng = np.random.default_rng(0)
    feeds, data, sums = [], [], []
    for given, wanted in CONVERTED:
        feeds.append(gg.placeholder(wanted, (4, *shape)))
        data.append((rng.random((20, *shape)) * 200).astype(given))
        sums.append(gg.Variable(np.zeros((4, *shape), wanted)))
    updates = [(total, total * 3 + feed) for total, feed in zip(sums, feeds, strict=True)]
    order = rng.integers(0, 20, 4 * 6)
    found = []
    for backend in ("cpu", "reference"):
        program, storage = gg.Program([], feeds, updates, backend=backend), gg.Storage(seed=0)
        program.run_steps(data, order, 4, range(6), storage=storage)
        found.append([storage.value(total.cell) for total in sums])
    check_bits(*found)


def test_a_batch_that_becomes_a_variable_or_is_not_needed():
    x, y = gg.placeholder("float32", (2, 3)), gg.placeholder("float32", (2,))
    last, before = (
        gg.Variable(np.zeros((2, 3), "float32")),
        gg.Variable(np.zeros((2, 3), "float32")),
    )
    program = gg.Program([], [x, y], [(last, x), (before, last)], backend="cpu")
    data = [np.arange(30, dtype="float32").reshape(10, 3), np.zeros(10, "float32")]
    order = np.array([9, 0, 3, 3, 7, 1])
    program.run_steps(data, order, 2, range(3))
    np.testing.assert_array_equal(last.numpy(), data[0][[7, 1]])
    np.testing.assert_array_equal(before.numpy(), data[0][[3, 3]])


def test_many_batches_are_shared_by_workers():
    data = np.random.default_rng(0).integers(0, 255, (300, 784)).astype("uint8")
    x = gg.placeholder("float32", (128, 784))
    total = gg.Variable(np.zeros((128, 784), "float32"))
    program = gg.Program([], [x], [(total, total + x / 255)], backend="cpu")
    order = np.random.default_rng(1).integers(0, 300, 128 * 4)
    for count in (1, 2, 3):
        with threads(count) as shared:
            storage = gg.Storage(seed=0)
            program.run_steps([data], order, 128, range(4), storage=storage)
            wanted = np.zeros((128, 784), "float32")
            for step in range(4):
                wanted += data[order[step * 128 : (step + 1) * 128]].astype("float32") / 255
            np.testing.assert_allclose(storage.value(total.cell), wanted, rtol=1e-6)
        assert max(shared, default=1) == count
