"""Graphs rebuilt with other leaves, or for known shapes."""

from __future__ import annotations

import numpy as np
import pytest

import giulgi as gg
from giulgi.errors import ShapeError
from giulgi.graph.node import topological
from giulgi.graph.ops.identities import Tag, tag
from giulgi.graph.ops.leaves import Constant
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


def _sizes_from_constants():
    x, three = gg.placeholder("float32", (6,), name="x"), gg.constant(3)
    return {
        "reshape": (gg.reshape(x, gg.constant([1, 1]) * gg.constant([2, 3])), (2, 3)),
        "zeros": (gg.zeros([three * 2]), (6,)),
        "arange": (gg.arange(three * 2), (6,)),
        "eye": (gg.eye(three * 1), (3, 3)),
        "random": (gg.random.uniform([three * 2]), (6,)),
        "shape": (gg.zeros(gg.shape(gg.ones((2, 3))) * 2), (4, 6)),
        "sum": (gg.zeros([gg.sum(gg.ones((100,), "int64"))]), (100,)),
        "variable": (gg.Variable(gg.zeros([gg.constant(2) * three])), (6,)),
    }


@pytest.mark.parametrize("case", _sizes_from_constants())
def test_a_size_computed_from_constants_is_known_at_once(case):
    y, shape = _sizes_from_constants()[case]
    assert y.shape == shape


def test_sizes_computed_from_what_is_fed_are_known_beforehand():
    x = gg.placeholder("float32", (None, 3), name="x")
    total = gg.sum(gg.broadcast_to(gg.shape(x)[0], (100,)))
    ys = [gg.zeros(gg.shape(x) * 2), gg.zeros([total]), gg.ones([gg.max(gg.shape(x)) + 1])]
    known = specialise(ys, {x.node: gg.placeholder("float32", (4, 3), name="x")})
    assert [y.shape for y in known] == [(8, 6), (400,), (5,)]


def test_sizes_that_are_drawn_stay_unknown():
    (known,) = specialise([gg.zeros([gg.random.randint(1, 9)])], {})
    assert known.shape == (None,)


def test_arithmetic_of_constants_is_done_beforehand():
    x = gg.placeholder("float32", (2,), name="x")
    (known,) = specialise([x * (gg.constant(2.0) * gg.constant(3.0))], {})
    assert known.node is (x * 6.0).node


@pytest.mark.parametrize("dtype", ["float32", "int64"])
def test_what_changes_nothing_is_left_out(dtype):
    x = gg.placeholder(dtype, (2,), name="x")
    one = gg.constant(1, dtype)
    for y in (x * 1, 1 * x, x - 0, (x * 1 - 0) * one):
        assert specialise([y], {})[0].node is x.node
    floats = x.dtype == np.float32
    for y in (x + 0, 0 + x):
        assert (specialise([y], {})[0].node is x.node) != floats
    if floats:
        for y in (x / 1, x + -0.0, -0.0 + x):
            assert specialise([y], {})[0].node is x.node


def test_what_changes_something_stays():
    x = gg.placeholder("float32", (2,), name="x")
    wide = gg.constant([[1.0]])
    for y in (x * wide, 1 / x, 0 - x, x - -0.0, x + 0.0, x * gg.ones((3, 1)), x * 2):
        assert specialise([y], {})[0].node is not x.node
    zeros = np.float32([-0.0, 0.0])
    for y in (x * 1, x + 0.0, x - 0.0, x + -0.0, x - -0.0):
        plain = y.op.numpy(zeros, y.inputs[1].numpy())
        assert np.signbit(y.numpy({x: zeros})).tolist() == np.signbit(plain).tolist()


def test_the_gradient_of_a_power_with_a_known_exponent_is_plain():
    x = gg.placeholder("float32", (None,), name="x")
    y = gg.gradients(gg.sum(x**3), x)
    (known,) = specialise([y], {x.node: gg.placeholder("float32", (3,), name="x")})
    names = [node.op.name for node in topological([known.node])]
    assert not {"equal", "where", "subtract", "power", "log"} & set(names)
    assert y.numpy({x: [-2, 0, 3]}).tolist() == [12, 0, 27]
    z = gg.gradients(gg.sum(x ** gg.constant([1.0, 0.0, 2.5])), x)
    assert z.numpy({x: [5, 0, 4]}).tolist() == [1, 0, 20]
