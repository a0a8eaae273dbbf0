"""Graphs rebuilt with other leaves, or for known shapes."""

from __future__ import annotations

import numpy as np
import pytest

import giulgi as gg
from giulgi.errors import ShapeError
from giulgi.graph.node import topological
from giulgi.graph.ops.leaves import Constant
from giulgi.graph.ops.state import Tag, tag
from giulgi.graph.rewrite import specialise, substitute
from giulgi.graph.shapes import is_static


def test_other_leaves_take_the_place_of_old_ones():
    x, z = gg.placeholder("float32", (), name="x"), gg.placeholder("float32", (), name="z")
    (y,) = substitute([gg.exp(x) * x], {x.node: z + 1})
    assert y.node is (gg.exp(z + 1) * (z + 1)).node


def test_what_is_replaced_may_be_in_the_middle_or_at_the_end():
    x = gg.placeholder("float32", ())
    a = x * 2
    y = a + x
    new = substitute([y, a, x], {a.node: gg.constant(5.0)})
    assert [t.node for t in new] == [(gg.constant(5.0) + x).node, gg.constant(5.0).node, x.node]


def test_what_does_not_change_stays_the_same_node():
    x, z = gg.placeholder("float32", (2,)), gg.placeholder("float32", (2,))
    kept = gg.exp(x)
    (y,) = substitute([kept + z], {z.node: x})
    assert kept.node in y.node.inputs


def test_rebuilt_nodes_keep_name_path_and_line():
    from giulgi.source import scope

    x = gg.placeholder("float32", (None,))
    with scope("layer"):
        y = gg.exp(x, name="result")
    (new,) = substitute([y], {x.node: gg.placeholder("float32", (2,))})
    assert new.node is not y.node
    assert (new.node.name, new.node.path, new.node.source) == ("result", "layer", y.node.source)


def test_what_does_not_fit_is_told_with_the_line_that_built_it():
    x = gg.placeholder("float32", (None,), name="x")
    y = x + np.zeros(3)
    with pytest.raises(ShapeError) as caught:
        substitute([y], {x.node: gg.placeholder("float32", (2,), name="x")})
    assert caught.value.where == y.node.source


def test_in_a_graph_for_known_shapes_every_shape_is_known():
    x = gg.placeholder("float32", name="x")
    y = gg.mean(gg.reshape(x, (gg.shape(x)[0], -1)), 1) + gg.zeros_like(gg.sum(x, (1, 2)))
    assert y.known_shape is None
    (known,) = specialise([y], {x.node: gg.placeholder("float32", (2, 3, 4), name="x")})
    assert known.shape == (2,)
    nodes = topological([known.node])
    assert all(is_static(node.spec.shape) for node in nodes)
    assert not any(node.op.name in ("shape", "size", "concat") for node in nodes)


def test_arithmetic_on_sizes_is_done_beforehand():
    x = gg.placeholder("float32", (None,), name="x")
    y = gg.arange(gg.size(x) * 2 + 1)
    (known,) = specialise([y], {x.node: gg.placeholder("float32", (3,))})
    assert isinstance(known.op, Constant)
    assert known.shape == (7,)


def test_large_constants_are_not_repeated_beforehand():
    x = gg.placeholder("float32", (None,), name="x")
    y = gg.zeros(gg.shape(x))
    (known,) = specialise([y], {x.node: gg.placeholder("float32", (1000,))})
    assert known.op.name == "broadcast_to"


def test_tags_are_left_out():
    x = gg.placeholder("float32", (2,))
    y = tag(tag(x, "inner") * 2, "outer")
    (known,) = specialise([y], {})
    assert not any(isinstance(node.op, Tag) for node in topological([known.node]))


def test_a_number_that_cannot_be_computed_beforehand_is_told_in_the_run():
    x = gg.placeholder("int64", (None,), name="x")
    y = gg.size(x) ** (1 - gg.size(x))
    assert int(y.numpy({x: [5]})) == 1
    with pytest.raises(gg.errors.GraphError, match="negative integer powers"):
        y.numpy({x: [1, 2]})
