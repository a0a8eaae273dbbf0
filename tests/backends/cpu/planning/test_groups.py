"""What is computed together, and what is written right to its place in a larger value."""

import numpy as np
import pytest

import giulgi as gg
from giulgi.backends.base import Draw
from giulgi.backends.cpu.backend import CpuBackend
from giulgi.backends.reference import ReferenceBackend

X = np.random.default_rng(0).normal(size=(6, 5)).astype(np.float32)


def explained(make, *arrays):
    return gg.function(make).explain(*arrays)["groups"]


def check(make, *arrays):
    """Compare what is compiled with what the reference computes."""
    computation = gg.function(make).program(*arrays).specialised(tuple(a.shape for a in arrays))
    found = [
        backend.compile(computation).run(arrays, [], Draw(0, 0))[0]
        for backend in (CpuBackend(), ReferenceBackend())
    ]
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


PUT_TOGETHER = {
    "padded": lambda x: gg.pad(x * 2, [(1, 2), (0, 3)], 7.0),
    "padded without margins": lambda x: gg.pad(x * 2, [(0, 0), (0, 0)]) + 1,
    "padded and used": lambda x: [gg.pad(x * 2, 1), x * 2, gg.sum(x * 2, 0)],
    "padded of a reduction": lambda x: gg.pad(gg.sum(x, 1), 1),
    "padded and reduced inside": lambda x: [gg.pad(x * 2, 1), gg.max(x * 2, 1)],
    "padded of a product": lambda x: gg.pad(gg.maximum(x @ x.T, 0), 2),
    "twice the same": lambda x: gg.concat([x + 1, x + 1], 1),
    "twice the same, reduced": lambda x: gg.min(gg.concat([x + 1, x + 1], 1), 0),
    "two of one group": lambda x: gg.concat([x + 1, (x + 1) * 2]),
    "computed and given": lambda x: gg.concat([x + 1, x]),
    "put together of what is put together": lambda x: gg.pad(gg.concat([x + 1, x * x]), 1) * 3,
    "and used elementwise": lambda x: gg.concat([x + 1, x * x]) + gg.concat([x, x]),
}


@pytest.mark.parametrize("name", PUT_TOGETHER)
def test_a_value_put_together_is_what_it_should_be(name):
    check(PUT_TOGETHER[name], X)


def test_what_is_computed_is_not_copied_to_its_place():
    text = explained(lambda x: gg.pad(x * 2, 1), X)
    assert text.count(" <- 0.\n") == 4  # the four margins
    assert text.startswith("5 groups")
    assert explained(lambda x: gg.concat([x + 1, x * x], 1), X).startswith("1 group ")


def test_operations_that_read_the_same_are_one_group():
    text = explained(lambda x: [x[1:] + 1, x[1:] * 2], X)
    assert text.startswith("1 group ")
    check(lambda x: [x[1:] + 1, x[1:] * 2, gg.sum(x[1:] * 3, 0)], X)


def test_a_part_may_become_a_variable():
    v = gg.Variable(np.zeros((6, 10), np.float32), name="v")
    x = gg.placeholder("float32", (6, 5), name="x")
    joined = gg.concat([x + 1, v[:, :5] + 2], 1)
    program = gg.Program([], [x], [(v, joined)], backend="cpu")
    program(X)
    program(X)
    np.testing.assert_array_equal(v.numpy(), np.concatenate([X + 1, X + 1 + 2], 1))


def test_a_part_is_read_when_it_is_there():
    def bounds(i):
        return [
            gg.minimum(gg.concat([np.array([first], np.int64), gg.reshape(at, (1,))])[1], 480)
            for first, at in ((0, gg.cast(i * 5, "int64")), (20, gg.cast((i + 1) * 5, "int64")))
        ]

    check(bounds, np.array(3, np.int32))
