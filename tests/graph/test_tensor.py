"""A tensor in the hands of Python and NumPy: numbers, truth, loops, text, copies."""

from __future__ import annotations

import copy
import operator
import pickle

import numpy as np
import pytest

import giulgi as gg
from giulgi.errors import FeedError, GraphError, ShapeError
from graph.checks import check_same

X = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


@pytest.fixture
def x():
    return gg.constant(X)


@pytest.fixture
def open_x():
    return gg.placeholder("float32", (None, 3), name="x")


# What is known of it


def test_properties(x, open_x):
    assert (x.shape, x.ndim, x.size, x.dtype) == ((2, 3), 2, 6, np.float64)
    assert (open_x.shape, open_x.ndim, open_x.size) == ((None, 3), 2, None)
    assert (x + 1).inputs[0].node is x.node
    assert open_x.name == "x"
    assert (open_x * 2).name == "multiply"


def test_an_unknown_rank_is_told():
    y = gg.placeholder("float32", name="y")
    assert y.known_shape is None
    for look in (lambda: y.shape, lambda: y.ndim, lambda: y.size):
        with pytest.raises(ShapeError, match="the number of axes of 'y' is not known"):
            look()


# Operators


@pytest.mark.parametrize(
    "op",
    [
        operator.add,
        operator.sub,
        operator.mul,
        operator.truediv,
        operator.floordiv,
        operator.mod,
        operator.pow,
        operator.eq,
        operator.ne,
        operator.lt,
        operator.le,
        operator.gt,
        operator.ge,
    ],
)
def test_operators_on_both_sides(op, x):
    check_same(op(x, X), op(X, X))
    check_same(op(X, x), op(X, X))
    check_same(op(x, 2), op(X, 2))
    check_same(op(2, x), op(2, X))
    check_same(op(2.5, x), op(2.5, X))
    check_same(op(np.float64(2), x), op(2, X))
    check_same(op(X.tolist(), x), op(X, X))
    assert isinstance(op(X, x), gg.Tensor)


@pytest.mark.parametrize(
    "op", [operator.and_, operator.or_, operator.xor, operator.lshift, operator.rshift]
)
def test_operators_of_bits_on_both_sides(op):
    a, b = np.array([6, 3]), np.array([1, 2])
    for result in (op(gg.constant(a), b), op(a, gg.constant(b))):
        check_same(result, op(a, b))
    check_same(op(6, gg.constant(b)), op(6, b))


def test_operators_of_one_input(x):
    check_same(-x, -X)
    check_same(+x, X)
    check_same(abs(-x), X)
    check_same(~(x > 2), ~(X > 2))
    check_same(x @ X.T, X @ X.T)
    check_same(X.T @ x, X.T @ X)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("sum", (1,)),
        ("prod", (0,)),
        ("mean", ()),
        ("var", (1,)),
        ("std", ()),
        ("max", (0,)),
        ("min", ()),
        ("argmax", (1,)),
        ("argmin", ()),
        ("any", (1,)),
        ("all", ()),
        ("clip", (2, 5)),
        ("round", ()),
        ("reshape", (3, 2)),
        ("reshape", ((3, -1),)),
        ("ravel", ()),
        ("flatten", ()),
        ("squeeze", ()),
        ("transpose", ()),
        ("dot", (X.T,)),
        ("astype", ("int32",)),
        ("tolist", ()),
    ],
)
def test_methods_as_numpy(name, arguments, x):
    found, expected = (getattr(v, name)(*arguments) for v in (x, X))
    if name == "tolist":
        assert found == expected
    else:
        check_same(found, expected)


# Python's numbers


def test_numbers():
    two = gg.constant(2)
    assert (float(two), int(two), two.item()) == (2.0, 2, 2)
    assert isinstance(two.item(), int)
    assert float(gg.constant([[2.5]])) == 2.5
    assert ["a", "b", "c"][two] == "c"
    assert round(gg.constant(2.567), 1) == pytest.approx(2.6)
    assert round(gg.constant(2.567)) == 3
    assert list(range(two)) == [0, 1]
    with pytest.raises(TypeError):
        range(gg.constant(2.0))
    with pytest.raises(ValueError, match="size 1"):
        float(gg.constant([1.0, 2.0]))


def test_a_number_that_is_not_fed_yet(open_x):
    for look in (float, int, lambda x: x.item(), lambda x: x.tolist(), lambda x: f"{x:.2f}"):
        with pytest.raises(FeedError, match="the value of 'x' is needed and not fed"):
            look(open_x)


# Truth


def test_truth(x, open_x):
    assert gg.constant(1)
    assert not gg.constant([0.0])
    assert gg.constant(3) > 2
    for several in (x, x > 0, x[:0]):
        with pytest.raises(ShapeError, match="neither true nor false"):
            bool(several)
    with pytest.raises(GraphError, match="Python cannot decide on it"):
        bool(open_x > 0)
    with pytest.raises(GraphError, match="Python cannot decide on it"):
        assert 0 < open_x < 1


def test_none_is_no_tensor(x):
    for found in (x == None, x == None, x in [None]):  # noqa: E711
        assert found is False
    assert (x != None) is True  # noqa: E711


def test_a_tensor_is_itself_in_sets_and_dicts(x):
    other = gg.constant(X)
    assert other.node is x.node
    found = {x: "x", other: "other"}
    assert found[x] == "x"
    assert x in found
    assert len({x, other, x}) == 2


def test_a_tensor_in_a_list(x):
    assert x in [x]
    assert gg.constant(2) in [1, 2, 3]
    assert gg.constant(5) not in [1, 2, 3]
    with pytest.raises(ShapeError, match="neither true nor false"):
        x in [X + 1]  # noqa: B015


def test_a_value_in_a_tensor(x, open_x):
    assert 3 in x
    assert 7 not in x
    assert [1, 2, 3] in x  # Broadcast, as NumPy does it.
    with pytest.raises(GraphError, match="Python cannot decide on it"):
        3 in open_x  # noqa: B015


# Loops


def test_length_and_rows(x, open_x):
    assert len(x) == 2
    assert [row.tolist() for row in x] == X.tolist()
    first, second = x
    check_same(second - first, X[1] - X[0])
    with pytest.raises(TypeError, match="a scalar tensor has no length"):
        len(gg.constant(1))
    with pytest.raises(TypeError):
        list(gg.constant(1))
    with pytest.raises(GraphError, match="the length of 'x' is not known"):
        len(open_x)
    with pytest.raises(GraphError, match="the length of 'x' is not known"):
        list(open_x)


def test_rows_of_a_placeholder_of_known_length():
    p = gg.placeholder("float32", (2, None), name="p")
    a, b = p
    assert (a + b).numpy({p: [[1, 2], [3, 4]]}).tolist() == [4, 6]


# NumPy


def test_as_arrays(x, open_x):
    for array in (np.asarray(x), np.array(x), np.asanyarray(x), x.numpy()):
        assert array.dtype == np.float64
        np.testing.assert_array_equal(array, X)
    assert np.asarray(x, np.float32).dtype == np.float32
    assert np.array([x, x]).shape == (2, 2, 3)
    assert np.mean([gg.constant(1.0), gg.constant(2.0)]) == 1.5
    np.testing.assert_allclose(x, X)
    assert np.allclose(x + 1, X + 1)
    with pytest.raises(ValueError, match="always a copy"):
        np.array(x, copy=False)
    with pytest.raises(FeedError, match="'x' has no value yet that could become an array"):
        np.asarray(open_x)


def test_an_array_that_one_gets_is_ones_own(x):
    for array in (x.numpy(), np.asarray(x), (x + 1).numpy(), x[0].numpy(), x.T.numpy()):
        array[...] = 99
    check_same(x, X)
    check_same(x + 1, X + 1)
    check_same(x[0], X[0])
    v = gg.Variable(X)
    for array in (v.numpy(), v[0].numpy(), gg.stop_gradient(v).numpy(), v.T.numpy()):
        array[...] = 99
    check_same(v, X)


def test_arrays_give_way_to_tensors(x):
    for result in (X + x, X @ x.T, X[0] * x, np.float64(2) * x, x < X):
        assert isinstance(result, gg.Tensor)


# Text


def test_text(x, open_x):
    assert repr(gg.constant([1.0, 2.0])) == "Tensor([1., 2.], float32)"
    assert repr(x) == "Tensor([[1., 2., 3.],\n        [4., 5., 6.]], float64)"
    assert str(gg.constant([1, 2])) == "[1 2]"
    assert repr(open_x) == str(open_x) == "Tensor('x', shape=(?, 3), float32)"
    assert repr(gg.placeholder("bool", name="b")) == "Tensor('b', shape=(...), bool)"


def test_formats():
    loss = gg.constant(0.12345)
    assert f"{loss:.2f}" == "0.12"
    assert f"{gg.constant(3):03d}" == "003"
    assert f"{gg.constant([1, 2])}" == "[1 2]"
    assert f"{loss}" == "0.12345"


# Copies


def test_a_tensor_is_its_own_copy(x, open_x):
    for t in (x, open_x, open_x * 2):
        assert copy.copy(t) is t
        assert copy.deepcopy(t) is t
    assert copy.deepcopy({"loss": [open_x]})["loss"][0] is open_x


def test_what_is_pickled_is_the_value(x, open_x):
    y = pickle.loads(pickle.dumps(gg.add(x, 1, name="y")))
    check_same(y, X + 1)
    assert y.name == "y"
    assert (y * 2).node is (gg.constant(X + 1) * 2).node
    with pytest.raises(FeedError, match="'x' is needed and not fed"):
        pickle.dumps(open_x * 2)


def test_a_tensor_cannot_be_changed_in_place(x):
    with pytest.raises(GraphError, match="cannot be changed in place"):
        x[0, 0] = 1
    y = x
    y += 1
    check_same(x, X)
    check_same(y, X + 1)


def test_everything_public_is_there():
    assert {name for name in gg.__all__ if not hasattr(gg, name)} == set()
    assert len(gg.__all__) == len(set(gg.__all__))


class Other:
    """A tensor of another kind, which takes operators with ours itself."""

    __array_ufunc__ = None

    def __rmul__(self, other):
        return "other times it"

    def __gt__(self, other):
        return "it is greater"


def test_operators_are_left_to_operands_that_ask_for_it():
    assert gg.constant(2.0) * Other() == "other times it"
    assert (gg.constant(2.0) < Other()) == "it is greater"
    with pytest.raises(TypeError):
        gg.constant(2.0) + Other()
