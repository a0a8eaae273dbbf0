"""NumPy's own functions on tensors: graph where giulgi has the function, values elsewhere."""

from __future__ import annotations

import numpy as np
import pytest

import giulgi as gg
from giulgi.errors import GraphError
from giulgi.graph.numpy_table import FUNCTIONS, UFUNCS

X = np.array([[0.25, -0.5, 0.75], [1.0, 2.0, -3.0]])
CALLS = {
    "exp": lambda t: np.exp(t),
    "add": lambda t: np.add(X, t),
    "maximum": lambda t: np.maximum(t, 0.5),
    "sum": lambda t: np.sum(t, axis=0),
    "mean": lambda t: np.mean(t),
    "max": lambda t: np.max(t, axis=1),
    "concatenate": lambda t: np.concatenate([t, X], axis=1),
    "reshape": lambda t: np.reshape(t, (3, 2)),
    "transpose": lambda t: np.transpose(t),
    "dot": lambda t: np.dot(t, X.T),
    "matmul": lambda t: np.matmul(t, X.T),
    "where": lambda t: np.where(X > 0, t, 1.0),
    "clip": lambda t: np.clip(t, -1.5, 1.5),
    "var": lambda t: np.var(t, axis=0),
}


@pytest.mark.parametrize("name", CALLS)
def test_they_build_graph(name):
    x = gg.placeholder("float64", (2, 3), name="x")
    y = CALLS[name](x)
    assert isinstance(y, gg.Tensor)
    np.testing.assert_allclose(y.numpy({x: X}), CALLS[name](X), rtol=1e-12)
    slope = gg.gradients(gg.sum(y), x).numpy({x: X})
    step = 1e-6
    for place in np.ndindex(X.shape):
        bump = np.zeros_like(X)
        bump[place] = step
        rise = CALLS[name](X + bump).sum() - CALLS[name](X - bump).sum()
        assert slope[place] == pytest.approx(rise / (2 * step), abs=1e-5)


@pytest.mark.parametrize("name", CALLS)
def test_they_do_so_inside_a_function_and_of_variables(name):
    variable = gg.Variable(X)

    @gg.function
    def run(t):
        return CALLS[name](t), CALLS[name](variable)

    for found in run(X):
        np.testing.assert_allclose(found.numpy(), CALLS[name](X), rtol=1e-12)


def test_what_giulgi_does_not_have_is_computed_by_numpy():
    t = gg.constant(X)
    for found, expected in (
        (np.sort(t), np.sort(X)),
        (np.sum(t, dtype="float32"), np.sum(X, dtype="float32")),
        (np.add.reduce(t), np.add.reduce(X)),
        (np.exp(t, where=X > 0, out=np.zeros_like(X)), np.where(X > 0, np.exp(X), 0)),
    ):
        assert isinstance(found, (np.ndarray, np.generic))
        np.testing.assert_array_equal(found, expected)
    array = X.copy()
    array += t
    np.testing.assert_array_equal(array, 2 * X)
    np.testing.assert_allclose(t, X)


def test_without_a_value_numpy_cannot_compute():
    x = gg.placeholder("float64", (2, 3), name="x")
    with pytest.raises(GraphError, match="has none yet") as caught:
        np.sort(x)
    assert "np.sort" in str(caught.value)


def test_a_tensor_is_not_written_into():
    t = gg.constant(X)
    with pytest.raises(GraphError, match="in place"):
        np.add(X, 1, out=t)
    with pytest.raises(GraphError, match="in place"):
        np.add.at(t, 0, 1)
    np.testing.assert_array_equal(t.numpy(), X)


def test_dtypes_stay_those_of_the_operators():
    x = gg.constant([1.0, 2.0], "float32")
    assert (np.float32(3) * x).dtype == np.float32
    assert (np.float64(3) * x).dtype == np.float64
    assert (np.ones(2, "float32") + x).dtype == np.float32


def test_the_table_names_functions_of_numpy():
    assert all(isinstance(ufunc, np.ufunc) for ufunc in UFUNCS)
    assert all(callable(ours) for ours in (*UFUNCS.values(), *FUNCTIONS.values()))


SMALL = np.array([[100, 100], [27, 3]], "int8")


@pytest.mark.parametrize(
    "call",
    [
        lambda t: np.vecdot(t, t),
        lambda t: np.einsum("ij,ij->", t, t),
        lambda t: np.einsum("ij->j", t),
        lambda t: np.take_along_axis(t, np.array([[1, 0]]), 0),
        lambda t: np.take_along_axis(t, np.array([[1], [0]]), 1),
        lambda t: np.floor_divide(t > 30, t > 0),
        lambda t: np.square(t > 30),
        lambda t: np.matmul(t > 30, t > 30),
        lambda t: np.trunc(t > 30),
        lambda t: np.left_shift(t > 30, t > 30),
        lambda t: np.trace(t),
        lambda t: np.round(t, -1),
        lambda t: np.less(t, 300),
    ],
)
def test_they_mean_the_same_for_small_integers_and_bools(call):
    found, expected = call(gg.constant(SMALL)), call(SMALL)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(np.asarray(found), expected)
