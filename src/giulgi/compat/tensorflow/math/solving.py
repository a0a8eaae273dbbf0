"""Linear equations, determinants, and matrices as products of simpler ones."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np

import giulgi as gg
from giulgi.backends.reference.blas import one_thread
from giulgi.compat.names import exported
from giulgi.compat.operations.host import host_operation
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensors.tensor import alike, as_expression, as_tensor
from giulgi.graph.ops import solving


def _matrix_of(value: Any) -> gg.Tensor:
    """Return an expression of matrices, whose number of axes must be known."""
    return _checked(as_expression(value))


def _checked(x: gg.Tensor) -> gg.Tensor:
    if x.ndim < 2:
        raise ValueError(f"Shape must be at least rank 2 but is rank {x.ndim}")
    return x


def _pair(a: Any, b: Any) -> tuple[gg.Tensor, gg.Tensor]:
    """Return matrices, and columns beside them."""
    x, y = alike(a, b)
    return _checked(x), _checked(y)


@operation("matrix_inverse", "linalg.inv", "batch_matrix_inverse", type="MatrixInverse")
def matrix_inverse(input: Any, adjoint: bool = False, name: str | None = None) -> gg.Tensor:
    """Return the inverse of square matrices."""
    x = _matrix_of(input)
    return solving.inverse(gg.matrix_transpose(x) if adjoint else x)


@operation("matrix_determinant", "linalg.det", "batch_matrix_determinant", type="MatrixDeterminant")
def matrix_determinant(input: Any, name: str | None = None) -> gg.Tensor:
    """Return the determinant of square matrices."""
    return solving.determinant(_matrix_of(input))


@operation("linalg.logdet", type="LogDet")
def logdet(matrix: Any, name: str | None = None) -> gg.Tensor:
    """Return the logarithm of the determinant of positive definite matrices."""
    return solving.log_determinant(_matrix_of(matrix))


@operation("log_matrix_determinant", "linalg.slogdet", type="LogMatrixDeterminant")
def slogdet(input: Any, name: str | None = None) -> tuple[gg.Tensor, gg.Tensor]:
    """Return the sign of the determinant, and the logarithm of its absolute value."""
    x = _matrix_of(input)
    return solving.determinant_sign(x), solving.log_abs_determinant(x)


@operation("matrix_solve", "linalg.solve", "batch_matrix_solve", type="MatrixSolve")
def matrix_solve(
    matrix: Any, rhs: Any, adjoint: bool = False, name: str | None = None
) -> gg.Tensor:
    """Return x of matrix x = rhs."""
    a, b = _pair(matrix, rhs)
    return solving.solve(gg.matrix_transpose(a) if adjoint else a, b)


@operation("matrix_triangular_solve", "linalg.triangular_solve", type="MatrixTriangularSolve")
def matrix_triangular_solve(
    matrix: Any, rhs: Any, lower: bool = True, adjoint: bool = False, name: str | None = None
) -> gg.Tensor:
    """Return x of matrix x = rhs, of which matrix only one triangle counts."""
    a, b = _pair(matrix, rhs)
    triangle = gg.tril(a) if lower else gg.triu(a)
    return solving.solve(gg.matrix_transpose(triangle) if adjoint else triangle, b)


@operation("matrix_solve_ls", "linalg.lstsq", type="MatrixSolveLs")
def matrix_solve_ls(
    matrix: Any, rhs: Any, l2_regularizer: Any = 0.0, fast: bool = True, name: str | None = None
) -> gg.Tensor:
    """Return the x for which matrix x is nearest to rhs, by its normal equations."""
    a, b = _pair(matrix, rhs)
    if a.shape[-2] is not None and a.shape[-1] is not None and a.shape[-2] < a.shape[-1]:
        inner = gg.matmul(a, a, transpose_b=True)
        inner = inner + l2_regularizer * gg.eye(gg.size(a, -2), dtype=a.dtype)
        return gg.matmul(a, solving.solve(inner, b), transpose_a=True)
    inner = gg.matmul(a, a, transpose_a=True)
    inner = inner + l2_regularizer * gg.eye(gg.size(a, -1), dtype=a.dtype)
    return solving.solve(inner, gg.matmul(a, b, transpose_a=True))


@operation("cholesky", "linalg.cholesky", "batch_cholesky", type="Cholesky")
def cholesky(input: Any, name: str | None = None) -> gg.Tensor:
    """Return the lower triangular L of L L^T, for positive definite matrices."""
    return solving.cholesky(_matrix_of(input))


@operation("cholesky_solve", "linalg.cholesky_solve", type="CholeskySolve")
def cholesky_solve(chol: Any, rhs: Any, name: str | None = None) -> gg.Tensor:
    """Return x of L L^T x = rhs."""
    low, b = _pair(chol, rhs)
    low = gg.tril(low)
    return solving.solve(gg.matrix_transpose(low), solving.solve(low, b))


@exported("self_adjoint_eig", "linalg.eigh", "batch_self_adjoint_eig")
def self_adjoint_eig(tensor: Any, name: str | None = None) -> Any:
    """Return the eigenvalues of symmetric matrices, and their eigenvectors as columns."""
    values, vectors = _eigen(tensor, name)
    return values, vectors


@operation(type="SelfAdjointEigV2")
def _eigen(tensor: Any, name: str | None = None) -> tuple[gg.Tensor, gg.Tensor]:
    x = _matrix_of(tensor)
    return solving.eigenvalues(x), solving.eigenvectors(x)


@operation("self_adjoint_eigvals", "linalg.eigvalsh", type="SelfAdjointEigV2")
def self_adjoint_eigvals(tensor: Any, name: str | None = None) -> gg.Tensor:
    """Return the eigenvalues of symmetric matrices, from the least on."""
    return solving.eigenvalues(_matrix_of(tensor))


# By NumPy; that no gradient flows through these is said where one is asked for

_Svd = namedtuple("_Svd", ["s", "u", "v"])
_Qr = namedtuple("_Qr", ["q", "r"])


@exported("svd", "linalg.svd")
def svd(
    tensor: Any, full_matrices: bool = False, compute_uv: bool = True, name: str | None = None
) -> Any:
    """Return the singular values s of matrices, and u and v of u diag(s) v^T."""
    x = as_tensor(tensor)

    @one_thread()
    def parts(array: Any) -> Any:
        if not compute_uv:
            return np.linalg.svd(array, compute_uv=False)
        u, s, v = np.linalg.svd(array, full_matrices=full_matrices)
        return s, u, np.swapaxes(v, -1, -2)

    batch, rows, columns = _matrix(x)
    few = None if rows is None or columns is None else min(rows, columns)
    if batch is None:
        shapes: list[Any] = [None, None, None]
    else:
        u, v = (rows, columns) if full_matrices else (few, few)
        shapes = [[*batch, few], [*batch, rows, u], [*batch, columns, v]]
    outputs = [(x.dtype, shape) for shape in shapes]
    made = host_operation(
        "Svd", parts, [x], outputs if compute_uv else outputs[:1], name, has_gradient=True
    )
    return _Svd(*made.outputs) if compute_uv else made.outputs[0]


@exported("qr", "linalg.qr")
def qr(input: Any, full_matrices: bool = False, name: str | None = None) -> Any:
    """Return q with orthonormal columns, and the upper triangular r, of matrices q r."""
    x = as_tensor(input)
    batch, rows, columns = _matrix(x)
    few = None if rows is None or columns is None else min(rows, columns)
    inner = rows if full_matrices else few
    shapes: list[Any] = [None, None]
    if batch is not None:
        shapes = [[*batch, rows, inner], [*batch, inner, columns]]
    mode: Any = "complete" if full_matrices else "reduced"
    outputs = [(x.dtype, shape) for shape in shapes]
    parts = one_thread()(lambda a: np.linalg.qr(a, mode))
    made = host_operation("Qr", parts, [x], outputs, name, has_gradient=True)
    return _Qr(*made.outputs)


def _matrix(x: Any) -> tuple[Any, Any, Any]:
    """Return the sizes of a tensor of matrices: those before, rows and columns."""
    if x.sizes is None:
        return None, None, None
    return x.sizes[:-2], x.sizes[-2], x.sizes[-1]


@operation("linalg.expm", type="MatrixExponential")
def expm(input: Any, name: str | None = None) -> gg.Tensor:
    """Return the exponential of square matrices: of x / 2^10, by its series, squared ten times."""
    x = _matrix_of(input) / 1024.0
    one = gg.eye(gg.size(x, -1), dtype=x.dtype)
    total = one + gg.zeros_like(x)
    for n in range(6, 0, -1):
        total = one + gg.matmul(x, total) / float(n)
    for _ in range(10):
        total = gg.matmul(total, total)
    return total
