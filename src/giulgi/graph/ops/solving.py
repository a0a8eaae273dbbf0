"""Linear equations, determinants, and what symmetric matrices are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from giulgi.errors import ArgumentError, DTypeError, ShapeError
from giulgi.graph.dtypes import DType, is_float
from giulgi.graph.node import build
from giulgi.graph.op import Op
from giulgi.graph.ops.contraction import matmul
from giulgi.graph.ops.creation import eye, tril
from giulgi.graph.ops.diagonals import diagonal
from giulgi.graph.ops.functions import log
from giulgi.graph.ops.leaves import TensorLike, constant, promote
from giulgi.graph.ops.logic import where
from giulgi.graph.ops.movement import expand_dims, matrix_transpose
from giulgi.graph.ops.reductions import sum, sum_to
from giulgi.graph.ops.shape import dims_of, size, sizes_of
from giulgi.graph.shapes import Shape, broadcast_shapes, shape_text
from giulgi.graph.tensor import Tensor

Array = np.ndarray[Any, Any]


def _require_floats(dtype: DType) -> DType:
    if not is_float(dtype):
        raise DTypeError(f"a is of {dtype.name}, and must be of floats.", fix="a.astype('float32')")
    return dtype


def _require_square(a: Shape) -> None:
    if len(a) < 2 or (None not in a[-2:] and a[-2] != a[-1]):
        raise ShapeError(
            f"a must be a square matrix, or many along the last two axes, not {shape_text(a)}."
        )


def _no_singular(error: np.linalg.LinAlgError) -> ArgumentError:
    return ArgumentError(f"the matrix cannot be used: {error}.", fix="add a little to its diagonal")


@dataclass(frozen=True)
class Solve(Op):
    """x of a x = b, for a square matrix a and columns b; batches are broadcast."""

    def infer_dtype(self, a: DType, b: DType) -> DType:
        """Both are of the same floats."""
        return _require_floats(a)

    def infer_shape(self, a: Shape, b: Shape) -> Shape:
        """a is square; b has as many rows."""
        _require_square(a)
        if len(b) < 2 or (None not in (a[-1], b[-2]) and a[-1] != b[-2]):
            raise ShapeError(f"a has shape {shape_text(a)}, and b {shape_text(b)}.")
        batch = broadcast_shapes(a[:-2], b[:-2])
        return (*batch, b[-2] if a[-1] is None else a[-1], b[-1])

    def numpy(self, a: Array, b: Array) -> Array:
        try:
            return np.asarray(np.linalg.solve(a, b), a.dtype)
        except np.linalg.LinAlgError as error:
            raise _no_singular(error) from None

    def gradient(self, dy: Tensor, y: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
        by_b = build(Solve(), matrix_transpose(a), dy)
        by_a = -matmul(by_b, y, transpose_b=True)
        return _without_batch(by_a, a), _without_batch(by_b, b)


def _without_batch(gradient: Tensor, x: Tensor) -> Tensor:
    return sum_to(gradient, sizes_of(x))


class _OfDeterminant(Op):
    """What is told of square matrices by their determinants: one number for each."""

    def infer_dtype(self, a: DType) -> DType:
        """It is of floats."""
        return _require_floats(a)

    def infer_shape(self, a: Shape) -> Shape:
        """One number for each matrix."""
        _require_square(a)
        return a[:-2]


@dataclass(frozen=True)
class Determinant(_OfDeterminant):
    """The determinant of square matrices along the last two axes."""

    def numpy(self, a: Array) -> Array:
        return np.asarray(np.linalg.det(a), a.dtype)

    def gradient(self, dy: Tensor, y: Tensor, a: Tensor) -> Tensor:
        return expand_dims(dy * y, (-1, -2)) * matrix_transpose(inverse(a))


@dataclass(frozen=True)
class LogAbsDeterminant(_OfDeterminant):
    """log |det a| of square matrices, also where the determinant itself is no float any more."""

    def numpy(self, a: Array) -> Array:
        return np.asarray(np.linalg.slogdet(a)[1], a.dtype)

    def gradient(self, dy: Tensor, y: Tensor, a: Tensor) -> Tensor:
        return expand_dims(dy, (-1, -2)) * matrix_transpose(inverse(a))


@dataclass(frozen=True)
class DeterminantSign(_OfDeterminant):
    """The sign of the determinant of square matrices: 1, -1, or 0 for singular ones."""

    def numpy(self, a: Array) -> Array:
        return np.asarray(np.linalg.slogdet(a)[0], a.dtype)

    def gradient(self, dy: Tensor, y: Tensor, a: Tensor) -> None:
        return None


@dataclass(frozen=True)
class Cholesky(Op):
    """The lower triangular matrix L of a = L L^T, for positive definite matrices a."""

    def infer_dtype(self, a: DType) -> DType:
        """It is of floats."""
        return _require_floats(a)

    def infer_shape(self, a: Shape) -> Shape:
        """A matrix of the same shape."""
        _require_square(a)
        return a

    def numpy(self, a: Array) -> Array:
        try:
            return np.asarray(np.linalg.cholesky(a), a.dtype)
        except np.linalg.LinAlgError as error:
            raise _no_singular(error) from None

    def gradient(self, dy: Tensor, y: Tensor, a: Tensor) -> Tensor:
        # Murray, "Differentiation of the Cholesky decomposition", arXiv:1602.07527, (10).
        inner = tril(matmul(y, dy, transpose_a=True))
        inner = inner - _halved_diagonal(inner)
        both = inner + matrix_transpose(inner)
        left = build(Solve(), matrix_transpose(y), both)
        whole = matrix_transpose(build(Solve(), matrix_transpose(y), matrix_transpose(left)))
        return whole * 0.5


def _halved_diagonal(x: Tensor) -> Tensor:
    return x * eye(dims_of(x)[-1], dtype=x.dtype) * 0.5


@dataclass(frozen=True)
class Eigenvalues(Op):
    """The eigenvalues of symmetric matrices, from the least on; the lower triangle counts."""

    def infer_dtype(self, a: DType) -> DType:
        """They are of floats."""
        return _require_floats(a)

    def infer_shape(self, a: Shape) -> Shape:
        """One for each row."""
        _require_square(a)
        return a[:-1]

    def numpy(self, a: Array) -> Array:
        return np.asarray(np.linalg.eigvalsh(a), a.dtype)

    def gradient(self, dy: Tensor, y: Tensor, a: Tensor) -> Tensor:
        vectors = build(Eigenvectors(), a)
        return _symmetric(matmul(vectors * expand_dims(dy, -2), vectors, transpose_b=True))


@dataclass(frozen=True)
class Eigenvectors(Op):
    """The eigenvectors of symmetric matrices, as columns, in the order of their eigenvalues."""

    def infer_dtype(self, a: DType) -> DType:
        """They are of floats."""
        return _require_floats(a)

    def infer_shape(self, a: Shape) -> Shape:
        """A matrix of the same shape."""
        _require_square(a)
        return a

    def numpy(self, a: Array) -> Array:
        return np.asarray(np.linalg.eigh(a)[1], a.dtype)

    def gradient(self, dy: Tensor, y: Tensor, a: Tensor) -> Tensor:
        values = build(Eigenvalues(), a)
        apart = expand_dims(values, -2) - expand_dims(values, -1)
        is_same = apart == 0
        factors = where(is_same, 0.0, 1 / where(is_same, 1.0, apart))
        inner = factors * matmul(y, dy, transpose_a=True)
        return _symmetric(matmul(matmul(y, inner), y, transpose_b=True))


def _symmetric(x: Tensor) -> Tensor:
    """Return what belongs to both triangles told of the lower one, which alone is read."""
    both = x + matrix_transpose(x)
    return tril(both) - _halved_diagonal(both)


# What the package calls


def solve(a: TensorLike, b: TensorLike, name: str | None = None) -> Tensor:
    """Return x of a x = b.

    Args:
        a: (..., n, n) square matrices of floats.
        b: (..., n, k) columns.
        name: a name for printing.

    Returns:
        (..., n, k) numbers of floats.

    Raises:
        ArgumentError: when it is computed, if a matrix is singular.
    """
    return build(Solve(), *promote(a, b), name=name)


def inverse(a: TensorLike, name: str | None = None) -> Tensor:
    """Return the inverse of square matrices along the last two axes."""
    a = constant(a)
    return build(Solve(), a, eye(size(a, -1), dtype=a.dtype), name=name)


def determinant(a: TensorLike, name: str | None = None) -> Tensor:
    """Return the determinant of square matrices along the last two axes."""
    return build(Determinant(), constant(a), name=name)


def determinant_sign(a: TensorLike, name: str | None = None) -> Tensor:
    """Return the signs of the determinants of square matrices along the last two axes."""
    return build(DeterminantSign(), constant(a), name=name)


def log_abs_determinant(a: TensorLike, name: str | None = None) -> Tensor:
    """Return log |det a| of square matrices along the last two axes."""
    return build(LogAbsDeterminant(), constant(a), name=name)


def cholesky(a: TensorLike, name: str | None = None) -> Tensor:
    """Return the lower triangular L of a = L L^T, for positive definite matrices."""
    return build(Cholesky(), constant(a), name=name)


def log_determinant(a: TensorLike) -> Tensor:
    """Return the logarithm of the determinant of positive definite matrices."""
    return 2 * sum(log(diagonal(cholesky(a), 0, -2, -1)), -1)


def eigenvalues(a: TensorLike, name: str | None = None) -> Tensor:
    """Return the eigenvalues of symmetric matrices, from the least on."""
    return build(Eigenvalues(), constant(a), name=name)


def eigenvectors(a: TensorLike, name: str | None = None) -> Tensor:
    """Return the eigenvectors of symmetric matrices as columns, in the order of eigenvalues."""
    return build(Eigenvectors(), constant(a), name=name)
