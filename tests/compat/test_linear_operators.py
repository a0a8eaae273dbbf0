"""Linear operators against NumPy: what each kind of matrix is, times, and solved for."""

import numpy as np
import pytest

_A = np.array([[2.0, 5.0, 7.0], [1.0, 3.0, 9.0], [4.0, -1.0, 5.0]], np.float32)
_X = np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 4.0]], np.float32)


def _kinds(tf):
    scaled = tf.linalg.LinearOperatorScaledIdentity(3, 2.5)
    return [
        (tf.linalg.LinearOperatorFullMatrix(_A), _A),
        (tf.contrib.linalg.LinearOperatorTriL(tril=_A), np.tril(_A)),
        (tf.linalg.LinearOperatorDiag(_A[0], is_non_singular=True), np.diag(_A[0])),
        (tf.linalg.LinearOperatorIdentity(num_rows=3), np.eye(3)),
        (scaled, 2.5 * np.eye(3)),
    ]


@pytest.mark.parametrize("place", range(5))
def test_operators_are_the_matrices_that_they_mean(tf, place):
    operator, matrix = _kinds(tf)[place]
    with tf.Session() as session:
        dense, product, solved, adjoint, det, part, trace, vector = session.run([
            operator.to_dense(), operator.matmul(_X), operator.solve(_X),
            operator.solve(_X, adjoint=True), operator.log_abs_determinant(),
            operator.diag_part(), operator.trace(), operator.matvec(_X[:, 0]),
        ])  # fmt: skip
    assert operator.shape.as_list() == [3, 3]
    np.testing.assert_allclose(dense, matrix)
    np.testing.assert_allclose(product, matrix @ _X, rtol=1e-5)
    np.testing.assert_allclose(matrix @ solved, _X, atol=1e-4)
    np.testing.assert_allclose(matrix.T @ adjoint, _X, atol=1e-4)
    np.testing.assert_allclose(det, np.log(abs(np.linalg.det(matrix))), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(part, np.diag(matrix))
    np.testing.assert_allclose(trace, np.trace(matrix), rtol=1e-6)
    np.testing.assert_allclose(vector, matrix @ _X[:, 0], rtol=1e-5)


def test_a_triangle_of_ones_masks_what_comes_later(tf):
    x = tf.placeholder(tf.float32, [None, 4, 4])
    ones = tf.ones_like(x[0, :, :])
    mask = tf.linalg.LinearOperatorLowerTriangular(ones).to_dense()
    with tf.Session() as session:
        found = session.run(mask, {x: np.zeros([2, 4, 4])})
    np.testing.assert_array_equal(found, np.tril(np.ones([4, 4])))


def test_the_size_of_a_determinant_that_is_no_float_is_told_by_its_logarithm(tf):
    n, kinds = 100, tf.linalg
    upper = np.triu(np.full([n, n], 0.5, np.float32), 1)
    small = np.full(n, 0.1, np.float32)
    matrix = tf.constant(np.diag(-small) + upper)
    operators = [
        kinds.LinearOperatorDiag(-small),
        kinds.LinearOperatorScaledIdentity(n, np.float32(0.1)),
        kinds.LinearOperatorLowerTriangular(np.diag(small) + upper),
        kinds.LinearOperatorFullMatrix(matrix),
        kinds.LinearOperatorDiag(1 / small),
    ]
    sign, size = tf.linalg.slogdet(matrix[1:, 1:])
    (slope,) = tf.gradients(operators[3].log_abs_determinant(), [matrix])
    with tf.Session() as session:
        found = session.run([x.log_abs_determinant() for x in operators])
        assert session.run(sign) == -1
        assert session.run(size) == pytest.approx(99 * np.log(0.1), rel=1e-5)
        np.testing.assert_allclose(np.diag(session.run(slope)), -1 / small, rtol=1e-4)
    expected = n * np.log(0.1)
    np.testing.assert_allclose(found, [expected] * 4 + [-expected], rtol=1e-5)
