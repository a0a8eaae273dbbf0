"""The interpreter: node by node, forgetting what is not needed, telling what went wrong."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

import giulgi as gg
from giulgi.backends import Draw, ReferenceBackend, backend
from giulgi.backends.reference import interpreter
from giulgi.errors import ArgumentError, GraphError, ShapeError
from giulgi.graph.ops.elementwise import Add
from giulgi.program import make_computation


def run(fetches, feeds=(), values=()):
    computation = make_computation(fetches, feeds, (), tuple(np.shape(v) for v in values))
    arrays = [np.asarray(v, feed.dtype) for feed, v in zip(feeds, values, strict=True)]
    return ReferenceBackend().compile(computation).run(arrays, [], Draw(0, 1))[0]


def test_backends_by_name():
    assert backend("reference").name == "reference"
    assert backend() is backend(gg.config.backend)
    with pytest.raises(ArgumentError, match="there is no backend 'gpu'") as caught:
        gg.config.backend = "gpu"
    assert caught.value.fix.startswith("there are two: 'cpu' compiles")
    assert "'reference' computes" in caught.value.fix


def test_a_graph_is_computed():
    x = gg.placeholder("float64", (2,))
    y = gg.exp(x)
    fetched = run([y * y, y, x], [x], [[0.0, 1.0]])
    np.testing.assert_allclose(fetched[0], np.exp([0, 2]))
    np.testing.assert_allclose(fetched[1], np.exp([0, 1]))


def test_values_are_forgotten_after_their_last_use(monkeypatch):
    alive: list[weakref.ref] = []
    most = []
    plain = Add.numpy

    def counted(self, a, b):
        result = plain(self, a, b)
        alive.append(weakref.ref(result))
        gc.collect()
        most.append(sum(1 for ref in alive if ref() is not None))
        return result

    monkeypatch.setattr(Add, "numpy", counted)
    x = gg.placeholder("float64", (10,))
    y = x
    for i in range(20):
        y = y + float(i)
    run([y], [x], [np.zeros(10)])
    assert len(most) == 20
    assert max(most) <= 2


def test_the_same_program_runs_again_and_again():
    x = gg.placeholder("float64", (2,))
    program = gg.Program([x * 2 + 1], [x])
    assert [program([i, i])[0].tolist() for i in range(3)] == [[1, 1], [3, 3], [5, 5]]


def test_numpy_does_not_warn_of_what_floats_can_do():
    x = gg.constant([0.0, -1.0, 1e38])
    with np.errstate(all="raise"):
        assert np.isnan(gg.log(x).numpy()[1])
        assert (x / 0).numpy()[2] == np.inf
        assert (x * 1e10).numpy()[2] == np.inf


def test_an_error_in_a_run_tells_the_line_that_built_the_node():
    x = gg.placeholder("int64", (2,), name="x")
    y = x ** (x - 5)
    with pytest.raises(GraphError) as caught:
        y.numpy({x: [1, 2]})
    error = caught.value
    assert error.where == y.source
    assert error.op == "power"
    assert [name for name, _ in error.arguments] == ["a", "b"]
    assert "Integers to negative integer powers are not allowed" in error.problem
    assert isinstance(error.__cause__, ValueError)


def test_an_error_that_an_op_tells_itself_has_the_line_too():
    i = gg.placeholder("int64", (), name="i")
    y = gg.gather([1.0, 2.0], i)
    with pytest.raises(ShapeError) as caught:
        y.numpy({i: 7})
    assert caught.value.where == y.source
    assert caught.value.op == "gather"


def test_an_op_that_computes_another_dtype_than_it_told_is_found_out(monkeypatch):
    monkeypatch.setattr(Add, "numpy", lambda self, a, b: (a + b).astype(np.float32))
    x = gg.placeholder("float64", ())
    with pytest.raises(AssertionError, match="computed float32"):
        (x + 1).numpy({x: 1})


def test_an_op_that_computes_another_shape_than_it_told_is_found_out(monkeypatch):
    monkeypatch.setattr(Add, "numpy", lambda self, a, b: np.zeros((3,)))
    x = gg.placeholder("float64", (2,))
    with pytest.raises(AssertionError, match=r"computed \(3,\)"):
        (x + 1).numpy({x: [1, 2]})


def test_last_uses():
    x = gg.placeholder("float64", ())
    a = gg.exp(x)
    b = gg.log(a)
    y = a * b
    steps = [a.node, b.node, y.node]
    assert interpreter._last_uses(steps, keep={x.node, y.node}) == [[], [], [a.node, b.node]]
    unused = gg.sin(x)
    assert interpreter._last_uses([unused.node, *steps], keep={x.node, y.node})[0] == [unused.node]
