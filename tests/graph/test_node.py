"""Nodes: equal ones are one, they die when nobody holds them, and long chains are no trouble."""

from __future__ import annotations

import gc
import threading
import weakref

import numpy as np
import pytest

import giulgi as gg
from giulgi.graph import evaluation, node
from giulgi.graph.node import topological


def test_equal_expressions_are_one_node():
    x, y = gg.placeholder("float32", (2, 3), name="x"), gg.placeholder("float32", (3,), name="y")
    for build in (
        lambda: x + y,
        lambda: gg.sum(x, 1),
        lambda: gg.sum(x, axis=-1),
        lambda: gg.sum(x * 2 + gg.exp(y), keepdims=True),
        lambda: x[:, 1:],
        lambda: gg.pad(x, 1, 2.0),
        lambda: gg.constant([1, 2, 3]),
        lambda: gg.zeros((2, 3)),
        lambda: gg.gradients(gg.sum(x * y), y),
        lambda: gg.random.uniform((2,), seed=3),
    ):
        assert build().node is build().node


def test_different_expressions_are_different_nodes():
    x = gg.placeholder("float32", (2, 2), name="x")
    for a, b in [
        (gg.sum(x, 0), gg.sum(x, 1)),
        (gg.sum(x, 0), gg.max(x, 0)),
        (gg.constant(0.0), gg.constant(-0.0)),
        (gg.constant(1), gg.constant(1.0)),
        (gg.constant([1.0]), gg.constant(1.0)),
        (gg.cast(x, "int32"), gg.cast(x, "int64")),
        (x - x.T, x.T - x),
        (gg.placeholder("float32", (2,), name="x"), gg.placeholder("float32", (2,), name="x")),
        (gg.Variable(0.0), gg.Variable(0.0)),
        (gg.random.uniform((2,)), gg.random.uniform((2,))),
        (gg.random.uniform((2,), seed=3), gg.random.uniform((2,), seed=4)),
    ]:
        assert a.node is not b.node


def test_axes_are_the_same_from_the_front_and_from_the_back():
    x = gg.placeholder("float32", (2, 3, 4))
    assert gg.sum(x, (0, -1)).node is gg.sum(x, (2, -3)).node
    assert gg.transpose(x, (-1, 0, 1)).node is gg.transpose(x, (2, 0, 1)).node
    assert x[0:2, -1:].node is x[:, 2:].node


def test_constants_of_equal_numbers_are_one_up_to_a_size():
    small, large = np.arange(100.0), np.arange(10_000.0)
    assert gg.constant(small).node is gg.constant(small.copy()).node
    assert gg.constant(large).node is not gg.constant(large.copy()).node


def test_the_first_builder_names_a_node_and_each_tensor_keeps_its_own_name():
    x = gg.placeholder("float32", ())
    first = gg.add(x, 1.0, name="first")
    second = gg.add(x, 1.0, name="second")
    assert first.node is second.node
    assert (first.name, second.name, first.node.name) == ("first", "second", "first")


def test_nodes_die_with_the_last_tensor_that_needs_them():
    x = gg.placeholder("float32", (2,))
    y = gg.exp(x) * 2
    inner = weakref.ref(y.inputs[0].node)
    outer = weakref.ref(y.node)
    assert inner() is not None
    del y
    gc.collect()
    assert outer() is None
    assert inner() is None


def test_nothing_is_left_of_what_is_built_and_dropped():
    gc.collect()
    before = len(node._interned)
    for i in range(50):
        x = gg.placeholder("float32", (i + 1,))
        y = gg.sum(gg.exp(x) * i)
        gg.gradients(y, x).numpy({x: np.zeros(i + 1)})
        gg.Program([y], [x])(np.zeros(i + 1))
    del x, y
    gc.collect()
    assert len(node._interned) <= before


@pytest.mark.parametrize("looked_at", [False, True])
def test_a_loop_of_five_thousand_steps_without_a_session(looked_at):
    x, expected = gg.constant(np.float64(1.0)), 1.0
    for step in range(5000):
        x = x * 1.0001 + 1
        expected = expected * 1.0001 + 1
        if looked_at and step % 10 == 0:
            float(x)
        assert x.node.depth <= 1002  # What nobody looks at is computed now and then.
    assert float(x) == pytest.approx(expected, rel=1e-12)


def test_a_loop_of_five_thousand_steps_in_a_graph():
    x = gg.placeholder("float64", ())
    y, expected = x, 1.0
    for _ in range(5000):
        y = y * 1.0001 + 1
        expected = expected * 1.0001 + 1
    assert y.numpy({x: 1.0}) == pytest.approx(expected, rel=1e-12)
    assert len(topological([y.node])) == 10_003  # with x and the two numbers


def test_a_loop_with_a_variable_does_not_grow():
    v = gg.Variable(np.float64(1.0))
    for _ in range(2000):
        v.assign(v * 1.0001 + 1)
    gc.collect()
    assert len(topological([v.node])) == 1


def test_a_look_goes_back_to_the_last_look_alone(monkeypatch):
    computed = []
    plain = gg.graph.ops.elementwise.Multiply.numpy
    monkeypatch.setattr(
        gg.graph.ops.elementwise.Multiply,
        "numpy",
        lambda self, a, b: computed.append(1) or plain(self, a, b),
    )
    x = gg.random.uniform((), dtype="float64")
    for _ in range(20):
        x = x * 1.5
        float(x)
    # Each product once, and those that make the random number.
    assert len(computed) <= 20 + 5


def test_topological_order_has_inputs_first_and_stops_where_it_is_told():
    x = gg.placeholder("float32", ())
    a = gg.exp(x)
    y = a * a + x
    order = topological([y.node])
    assert [order.index(n) for n in (x.node, a.node, y.node)] == sorted(
        order.index(n) for n in (x.node, a.node, y.node)
    )
    assert len(order) == len(set(order)) == 4
    assert x.node not in topological([a.node], stop=[a.node])


def test_a_settled_value_cannot_be_changed():
    x = gg.constant([1.0]) + 1
    value = evaluation.settle(x.node)
    with pytest.raises(ValueError, match="read-only"):
        value[0] = 5


def test_threads_build_one_graph():
    x = gg.placeholder("float32", (2,))
    found: list[list[int]] = [[] for _ in range(4)]
    keep = []

    def build(place):
        for i in range(200):
            y = gg.exp(x * i) + i
            keep.append(y)
            found[place].append(id(y.node))

    threads = [threading.Thread(target=build, args=(place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found[0] == found[1] == found[2] == found[3]


@pytest.mark.parametrize("place", ["current_path", "Node"])
def test_a_node_can_be_built_while_another_one_is(monkeypatch, place):
    """As a destructor or a signal handler may do, which runs in the middle of anything."""
    usual = getattr(node, place)
    rest = iter(range(1))

    def interrupted(*args):
        if next(rest, None) is not None:
            gg.constant(1.0) + gg.constant(2.0)
        return usual(*args)

    x = gg.placeholder("float32", (3,), name="x")
    monkeypatch.setattr(node, place, interrupted)
    thread = threading.Thread(target=lambda: x + 1, daemon=True)
    thread.start()
    thread.join(20)
    assert not thread.is_alive()


def test_a_destructor_builds_graph_in_the_middle_of_the_table_of_nodes():
    class Value(gg.Tensor):
        def __del__(self):
            gg.constant(1.0) + gg.constant(2.0)

    def build():
        with node._lock:
            Value(gg.constant(1.0).node)

    thread = threading.Thread(target=build, daemon=True)
    thread.start()
    thread.join(20)
    assert not thread.is_alive()
