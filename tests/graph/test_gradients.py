"""Gradients as a transformation of graphs: paths that meet, ends that do not, orders, errors."""

from __future__ import annotations

import numpy as np
import pytest

import giulgi as gg
from giulgi.errors import ArgumentError, DTypeError, GraphError, ShapeError
from graph.checks import gradient_of


@pytest.fixture
def x():
    return gg.placeholder("float64", (3,), name="x")


AT = np.array([1.0, 2.0, 3.0])


def at(x: gg.Tensor, y: gg.Tensor) -> list[float]:
    return y.numpy({x: AT}).tolist()


def test_paths_that_meet_add_up(x):
    a = x * 2
    b, c = a * 3, a + 1
    y = b * c  # 12 x^2 + 6 x
    assert at(x, gg.gradients(y, x)) == [24 * v + 6 for v in AT]


def test_a_ladder_of_diamonds_is_walked_once(x):
    y = x
    for _ in range(60):  # 2^60 paths.
        y = y + y
    assert at(x, gg.gradients(y, x)) == [2.0**60] * 3


def test_a_variable_that_is_used_twice():
    w = gg.Variable(np.array([1.0, 2.0]))
    y = gg.sum(w * w) + gg.sum(3 * w)
    assert gg.gradients(y, w).tolist() == [5, 7]


def test_gradient_by_a_value_in_between(x):
    a = x * x
    y = gg.exp(a) + a
    found = gg.gradients(y, a)
    np.testing.assert_allclose(at(x, found), np.exp(AT**2) + 1)


def test_gradient_by_values_of_which_one_depends_on_the_other(x):
    a = 2 * x
    y = a * x
    by_x, by_a = gg.gradients(y, [x, a])
    assert at(x, by_x) == [4, 8, 12]
    assert at(x, by_a) == [1, 2, 3]


def test_gradient_by_itself_is_one(x):
    assert at(x, gg.gradients(x, x)) == [1, 1, 1]


def test_what_is_not_connected(x):
    other = gg.placeholder("float32", (None, 2), name="other")
    zero = gg.gradients(gg.sum(x), other)
    assert zero.dtype == np.float32
    assert zero.numpy({other: np.ones((2, 2))}).tolist() == [[0, 0], [0, 0]]
    assert gg.gradients(gg.sum(x), other, unconnected="none") is None
    one, none = gg.gradients(gg.sum(x), [x, other], unconnected="none")
    assert at(x, one) == [1, 1, 1]
    assert none is None
    with pytest.raises(GraphError, match="unconnected is 'zero' or 'none', not 'zeros'"):
        gg.gradients(x, x, unconnected="zeros")


def test_given_gradients_of_y(x):
    weights = np.array([1.0, 10.0, 100.0])
    assert at(x, gg.gradients(x * x, x, weights)) == [2, 40, 600]
    assert at(x, gg.gradients(x * x, x, [1, 10, 100])) == [2, 40, 600]
    assert at(x, gg.gradients([x * x, 3 * x], x, [weights, weights])) == [5, 70, 900]
    assert at(x, gg.gradients([x * x, 3 * x], x)) == [5, 7, 9]


@pytest.mark.parametrize(
    ("grad_ys", "error", "problem"),
    [
        ([[1.0, 2.0]], ArgumentError, "2 ys have 1 grad_ys"),
        ([1.0, [1.0, 2.0]], ShapeError, r"grad_ys has shape \(\), y \(3,\)"),
    ],
)
def test_given_gradients_that_do_not_fit(x, grad_ys, error, problem):
    with pytest.raises(error, match=problem):
        gg.gradients([x, x * 2], x, grad_ys)


def test_gradients_of_several_ys_in_another_order(x):
    a = x * 2
    # One y is on the way to the other.
    assert at(x, gg.gradients([a, a * a], x)) == [2 + 8 * v for v in AT]
    assert at(x, gg.gradients([a * a, a], x)) == [2 + 8 * v for v in AT]


def test_a_list_of_xs_gives_a_list(x):
    assert isinstance(gg.gradients(x, [x]), list)
    assert gg.gradients(x, []) == []


def test_no_gradient_goes_through_integers(x):
    y = x * gg.cast(gg.cast(x, "int32"), "float64")
    assert at(x, gg.gradients(y, x)) == [1, 2, 3]
    through_places = gg.gather(x * x, gg.cast(x, "int64") - 1)
    assert at(x, gg.gradients(through_places, x)) == [2, 4, 6]


def test_no_gradient_goes_through_comparisons(x):
    y = gg.where(x > 1.5, x * x, -x)
    assert at(x, gg.gradients(y, x)) == [-1, 4, 6]


def test_higher_orders():
    x = 1.5
    assert gradient_of(lambda x: x**5, x, order=3) == pytest.approx(60 * x**2, rel=1e-13)
    assert gradient_of(lambda x: x**5, x, order=5) == pytest.approx(120, rel=1e-12)
    assert gradient_of(lambda x: x**5, x, order=6) == 0
    assert gradient_of(lambda x: gg.exp(2 * x), x, order=4) == pytest.approx(16 * np.exp(2 * x))
    assert gradient_of(lambda x: 1 / x, x, order=3) == pytest.approx(-6 / x**4, rel=1e-13)


def test_a_hessian_times_a_vector(x):
    y = gg.sum(x**3) + x[0] * x[1]
    direction = np.array([1.0, 2.0, 3.0])
    slope = gg.sum(gg.gradients(y, x) * direction)
    hessian = np.diag(6 * AT) + np.array([[0, 1, 0], [1, 0, 0], [0, 0, 0.0]])
    np.testing.assert_allclose(at(x, gg.gradients(slope, x)), hessian @ direction)


def test_gradients_have_the_dtype_of_their_x():
    a = gg.placeholder("float32", (2,), name="a")
    b = gg.placeholder("float64", (2,), name="b")
    by_a, by_b = gg.gradients(gg.sum(a * b), [a, b])
    assert (by_a.dtype, by_b.dtype) == (np.float32, np.float64)
    assert by_a.numpy({b: [1.5, 2]}).tolist() == [1.5, 2]


@pytest.mark.parametrize(
    ("shape_a", "shape_b"),
    [((3,), ()), ((2, 3), (3,)), ((2, 1), (1, 3)), ((1,), (4, 1)), ((0,), ())],
)
@pytest.mark.parametrize("known", ["shape", "sizes", "rank"])
def test_what_was_broadcast_is_summed_back(known, shape_a, shape_b):
    a, b = np.full(shape_a, 2.0), np.full(shape_b, 3.0)

    def declared(array):
        return {"shape": array.shape, "sizes": (None,) * array.ndim, "rank": None}[known]

    pa, pb = gg.placeholder("float64", declared(a)), gg.placeholder("float64", declared(b))
    by_a, by_b = gg.Session().run(gg.gradients(pa * pb, [pa, pb]), {pa: a, pb: b})
    size = np.broadcast(a, b).size
    np.testing.assert_array_equal(by_a, np.full(shape_a, 3.0 * size / a.size if a.size else 0))
    np.testing.assert_array_equal(by_b, np.full(shape_b, 2.0 * size / b.size))


def test_gradient_nodes_know_the_line_and_layer_they_are_for():
    from giulgi.graph.node import topological
    from giulgi.source import scope

    x = gg.placeholder("float32", (2,), name="x")
    with scope("dense"):
        y = gg.tanh(x)
    line = y.node.source
    gradient = gg.gradients(y, x)
    own = [node for node in topological([gradient.node]) if node.path == "dense"]
    assert {node.source for node in own} == {line}
    assert len(own) > 2


def test_a_gradient_is_a_graph_one_can_read():
    x = gg.placeholder("float32", (), name="x")
    text = gg.graph_text(gg.gradients(gg.sin(x), x), sources=False)
    assert text.splitlines() == [
        "x  = placeholder   float32 ()",
        "%1 = cos(x)        float32 ()",
        "%2 = 1. * %1       float32 ()",
        "return %2",
    ]


@pytest.mark.parametrize(
    ("ys", "xs", "error", "problem"),
    [
        (3.0, "x", GraphError, "y in .* must be a tensor of the graph, not float"),
        ("x", np.ones(3), GraphError, "x in .* must be a tensor of the graph"),
        ("i", "x", DTypeError, "gradients flow through floats; y is int64"),
        ("x", "i", DTypeError, "gradients flow through floats; x is int64"),
    ],
)
def test_what_cannot_be_differentiated(x, ys, xs, error, problem):
    known = {"x": x, "i": gg.placeholder("int64", (3,), name="i")}
    ys, xs = (known[v] if isinstance(v, str) else v for v in (ys, xs))
    with pytest.raises(error, match=problem):
        gg.gradients(ys, xs)


def test_a_function_cut_into_a_thousand_steps():
    x = gg.placeholder("float64", (), name="x")
    y = x
    for _ in range(1000):
        y = y * 1.001
    slope = gg.gradients(y, x).numpy({x: 1.0})
    assert slope == pytest.approx(1.001**1000, rel=1e-12)


# Networks whose gradient one can work out by hand


def test_softmax_cross_entropy():
    logits, labels = np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 5.0]]), np.eye(3)[[0, 2]]

    def loss(x):
        return gg.sum(gg.logsumexp(x, 1) - gg.sum(x * labels, 1))

    softmax = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    np.testing.assert_allclose(gradient_of(loss, logits), softmax - labels, atol=1e-15)


def test_an_embedding_adds_up_the_gradients_of_a_word():
    table = gg.Variable(np.zeros((4, 2)))
    words = gg.placeholder("int64", (None,))
    y = gg.sum(gg.gather(table, words) * [[1.0, 10.0]])
    found = gg.gradients(y, table).numpy({words: [1, 3, 1, 1]})
    assert found.tolist() == [[0, 0], [3, 30], [0, 0], [1, 10]]


def test_a_gradient_of_y_that_is_left_out_is_one():
    x = gg.constant([1.0, 2.0])
    slope = gg.gradients([x * x, 3 * x], x, [None, [10.0, 100.0]])
    assert slope.tolist() == [2 + 30, 4 + 300]


def test_gradients_by_what_gradients_stop_at():
    x = gg.stop_gradient(gg.constant(3.0))
    assert float(gg.gradients(x * x, x)) == 6
