"""Matrix products and their relatives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import giulgi as gg
from giulgi.errors import ArgumentError, DTypeError, ShapeError
from graph.checks import check_same, gradient_of, quick

RNG = np.random.default_rng(0)
A, B = RNG.normal(size=(2, 3)), RNG.normal(size=(3, 4))


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int64, np.float32, np.float64])
def test_matmul_of_stacks_and_vectors(dtype):
    @quick(15)
    @given(
        hnp.mutually_broadcastable_shapes(
            signature="(m?,n),(n,p?)->(m?,p?)", max_dims=2, min_side=0, max_side=3
        ),
        st.integers(0, 99),
    )
    def check(met, seed):
        rng = np.random.default_rng(seed)
        a, b = (rng.integers(-9, 9, shape).astype(dtype) for shape in met.input_shapes)
        check_same(gg.matmul(a, b), np.matmul(a, b))
        check_same(gg.constant(a) @ b, a @ b)

    check()


def test_arrays_on_the_left():
    check_same(A @ gg.constant(B), A @ B)
    check_same(A.tolist() @ gg.constant(B), A @ B)


def test_matmul_meets_in_one_dtype():
    check_same(gg.matmul(A.astype(np.float32), B), A.astype(np.float32) @ B)
    check_same(gg.matmul([[1, 2]], np.float32([[0.5], [1]])), np.float32([[2.5]]))


@pytest.mark.parametrize(
    ("a", "b", "problem"),
    [
        (A, A, "the inner sizes differ: a has 3 along axis -1, b has 2 along axis -2"),
        (A[0], B[0], "the vectors have 3 and 4 elements"),
        (A, A[0, :2], "the inner sizes differ"),
        (A, 2.0, "one of the two is a single number"),
        (np.ones((2, 3, 3)), np.ones((4, 3, 3)), "do not fit together"),
    ],
)
def test_products_that_do_not_fit(a, b, problem):
    with pytest.raises(ShapeError, match=problem):
        gg.matmul(a, b)


def test_a_product_that_turns_out_not_to_fit():
    a = gg.placeholder("float64", (None, None))
    with pytest.raises(ShapeError, match="the inner sizes differ"):
        (a @ B).numpy({a: B})


@pytest.mark.parametrize(
    ("shape_a", "shape_b", "fix"),
    [
        ((2, 3), (4, 3), "transpose b"),
        ((3, 2), (3, 4), "transpose a"),
        ((2, 3), (5, 4), "so b needs 3 rows"),
    ],
)
def test_the_fix_of_a_product_that_does_not_fit(shape_a, shape_b, fix):
    with pytest.raises(ShapeError) as caught:
        gg.matmul(np.ones(shape_a), np.ones(shape_b))
    assert fix in caught.value.fix


def test_matmul_of_bools_is_refused():
    with pytest.raises(DTypeError, match="matmul is for numbers"):
        gg.matmul([[True]], [[True]])


def test_outer_and_vecdot():
    check_same(gg.outer(A, B), np.outer(A, B))
    check_same(gg.vecdot(A, A), (A * A).sum(-1))
    check_same(gg.vecdot(A, A[:1], axis=0), (A * A[:1]).sum(0))


def test_dot_with_a_number():
    check_same(gg.dot(A, 2.0), A * 2)
    check_same(gg.constant(A).dot(B), A.dot(B))


@pytest.mark.parametrize(
    ("axes", "error", "problem"),
    [
        (3, ArgumentError, "does not pair axes"),
        (-1, ArgumentError, "does not pair axes"),
        (([0, 1], [0]), ArgumentError, "does not pair axes"),
        ((0, 1, 0), ArgumentError, "does not pair axes"),
        ((0, 1), ShapeError, "axis 0 of a and axis 1 of b"),
        ((5, 0), ShapeError, "there is no axis 5"),
    ],
)
def test_axes_that_make_no_pairs(axes, error, problem):
    with pytest.raises(error, match=problem):
        gg.tensordot(A, B, axes)


@pytest.mark.parametrize(
    ("formula", "error", "problem"),
    [
        ("ij,jk->ik", ArgumentError, "for 2 tensors, and 1 are given"),
        ("ijk->i", ArgumentError, "does not name each axis"),
        ("ii->i", ArgumentError, "does not name each axis"),
        ("...i->i", ArgumentError, "does not name each axis"),
        ("ij->k", ArgumentError, "does not fit"),
        ("ij->ii", ArgumentError, "does not fit"),
    ],
)
def test_formulas_that_are_not_understood(formula, error, problem):
    with pytest.raises(error, match=problem):
        gg.einsum(formula, A)


def test_einsum_of_axes_that_differ():
    with pytest.raises(ShapeError, match="the axes named 'j' differ"):
        gg.einsum("ij,jk->ik", A, A)


def test_gradient_of_a_product_with_itself():
    x = RNG.normal(size=(3, 3))
    weights = RNG.normal(size=(3, 3))
    found = gradient_of(lambda x: (x @ x) * weights, x)
    np.testing.assert_allclose(found, weights @ x.T + x.T @ weights, rtol=1e-13)


def test_gradient_of_a_quadratic_form():
    x = RNG.normal(size=3)
    matrix = RNG.normal(size=(3, 3))
    found = gradient_of(lambda x: x @ matrix @ x, x)
    np.testing.assert_allclose(found, (matrix + matrix.T) @ x, rtol=1e-13)


def test_a_product_over_nothing_is_zero():
    check_same(gg.matmul(np.ones((2, 0)), np.ones((0, 3))), np.zeros((2, 3)))


def test_sums_of_products_keep_a_small_dtype():
    x = np.array([[100, 100], [27, 3]], "int8")
    assert gg.vecdot(x, x).dtype == gg.einsum("ij,ij->", x, x).dtype == np.int8


@pytest.mark.parametrize(
    ("a", "b", "problem", "fix"),
    [
        ((3, 1), (2,), "a has 1 along axis -1, b has 2 along axis 0", "make b of length 1"),
        ((3, 2), (3,), "a has 2 along axis -1, b has 3 along axis 0", "transpose a: a.mT @ b"),
        ((2,), (3, 4), "a has 2 along axis 0, b has 3 along axis -2", "make a of length 3"),
        ((4,), (3, 4), "a has 4 along axis 0, b has 3 along axis -2", "transpose b: a @ b.mT"),
    ],
)
def test_a_vector_of_another_length_is_told_as_a_vector(a, b, problem, fix):
    with pytest.raises(ShapeError, match="the inner sizes differ") as caught:
        gg.matmul(gg.zeros(a), gg.zeros(b))
    assert problem in str(caught.value)
    assert f"try        {fix}" in str(caught.value)


def test_a_vector_beside_a_matrix_that_is_transposed_already():
    with pytest.raises(ShapeError, match="leave out transpose_a"):
        gg.matmul(gg.zeros((2, 3)), gg.zeros(3), transpose_a=True)
    with pytest.raises(ShapeError, match="leave out transpose_b"):
        gg.matmul(gg.zeros(3), gg.zeros((3, 2)), transpose_b=True)


def test_a_vector_is_not_transposed():
    with pytest.raises(ShapeError, match="a vector has one axis"):
        gg.matmul(gg.zeros(3), gg.zeros((3, 4)), transpose_a=True)
    with pytest.raises(ShapeError, match="leave out transpose_b"):
        gg.matmul(gg.zeros((4, 3)), gg.zeros(3), transpose_b=True)
