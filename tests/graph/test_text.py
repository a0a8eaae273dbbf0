"""The graph as text reads like mathematics."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import giulgi as gg
from giulgi.graph.ops import choose, embed
from giulgi.graph.text import node_names


def formula(y: gg.Tensor) -> str:
    line = gg.graph_text(y, sources=False).splitlines()[-2]
    return line.partition(" = ")[2].partition("   ")[0].strip()


@pytest.fixture
def x():
    return gg.placeholder("float32", (2, 3), name="x")


def test_a_small_graph():
    x = gg.placeholder("float32", (None, 784), name="x")
    w = gg.Variable(np.zeros((784, 10), np.float32), name="w")
    y = gg.maximum(x @ w - 1, 0, name="y")
    text = gg.graph_text([y, x], sources=False)
    assert text.splitlines() == [
        "x  = placeholder       float32 (?, 784)",
        "w  = variable          float32 (784, 10)",
        "%1 = x @ w             float32 (?, 10)",
        "%2 = %1 - 1.           float32 (?, 10)",
        "y  = maximum(%2, 0.)   float32 (?, 10)",
        "return y, x",
    ]


def test_each_line_tells_where_it_was_built(x):
    y = gg.exp(x)
    line = gg.graph_text(y).splitlines()[1]
    assert line.endswith(f"# {Path(__file__).name}:{y.node.source.line}")


@pytest.mark.parametrize(
    ("build", "text"),
    [
        (lambda x: -x, "-x"),
        (lambda x: x**3, "x ** 3."),
        (lambda x: x // 2, "x // 2."),
        (lambda x: x > 1, "1. < x"),
        (lambda x: gg.cast(x, "int32"), "int32(x)"),
        (lambda x: gg.sum(x, 1), "sum(x, axis=1)"),
        (lambda x: gg.sum(x, keepdims=True), "sum(x, axis=(0, 1), keepdims=True)"),
        (lambda x: gg.matmul(x, x, transpose_b=True), "x @ x.mT"),
        (lambda x: gg.reshape(x, (3, 2)), "reshape(x, (3, 2))"),
        (lambda x: gg.broadcast_to(x, (4, 2, 3)), "broadcast_to(x, (4, 2, 3))"),
        (lambda x: gg.transpose(x), "transpose(x, axes=(1, 0))"),
        (lambda x: x[1:, ::2], "x[1:2, :3:2]"),
        (lambda x: embed(x, (4, 3), ((0, 2, 1),)), "embed(x, (4, 3), cuts=((0, 2, 1),))"),
        (lambda x: gg.gather(x, 1), "gather(x, 1, axis=0)"),
        (lambda x: gg.where(x > 0, x, 0), "where(%1, x, 0.)"),
        (lambda x: choose(x[0, 0] > 0, x, -x), "choose(%3, x, %4)"),
        (lambda x: gg.concat([x, x]), "concat(x, x, axis=0)"),
        (lambda x: gg.stop_gradient(x), "stop_gradient(x)"),
        (lambda x: gg.any(x > 0, 0), "any(%1, axis=0)"),
    ],
)
def test_formulas(build, text, x):
    assert formula(build(x)) == text


def test_constants(x):
    assert formula(x + np.float32([1, 2, 3])) == "x + %1"
    lines = gg.graph_text(x + np.float32([1, 2, 3]), sources=False).splitlines()
    assert lines[1].startswith("%1 = [1., 2., 3.]")
    large = gg.graph_text(gg.constant(np.arange(100)) * 2, sources=False).splitlines()
    assert large[0].startswith("%1 = constant from 0 to 99")
    named = gg.constant(31415, name="circle")  # A number that no other test has named.
    assert gg.graph_text(named, sources=False).startswith("circle = 31415")
    assert gg.graph_text(gg.constant(27182)) == "return 27182"
    assert gg.graph_text(gg.constant(np.zeros((0, 9))) * 2).startswith("%1 = []")


def test_an_assignment():
    v = gg.Variable(0.0, name="v")
    assert formula(gg.assign(v, v + 1)) == "assign(v <- %1)"


def test_a_name_stands_for_one_node_alone(x):
    a, b = gg.exp(x, name="same"), gg.log(x, name="same")
    names = node_names([x.node, a.node, b.node])
    assert list(names.values()) == ["x", "same", "%1"]


def test_names_of_temporaries_are_not_taken_from_the_user(x):
    named = gg.exp(x, name="%1")
    names = node_names([x.node, named.node, (named + x).node, (named - x).node])
    assert len(set(names.values())) == 4


def test_every_op_has_a_formula_with_its_inputs(x):
    text = gg.graph_text(gg.gradients(gg.logsumexp(gg.prod(x, 1) * x[:, 0]), x))
    assert text.count("=") > 10
