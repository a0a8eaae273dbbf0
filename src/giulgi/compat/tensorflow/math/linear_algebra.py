"""Products of matrices and vectors, diagonals, and what is solved or factored."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.operations.operation import operation
from giulgi.compat.operations.refusals import one_dtype
from giulgi.compat.tensorflow.math.arguments import axes, numbers, ranked
from giulgi.compat.tensorflow.math.layouts import layout
from giulgi.compat.tensors.tensor import alike, as_expression, register_operator


@operation(
    "matmul", "batch_matmul", "sparse_matmul", "linalg.matmul",
    type="MatMul", check=one_dtype("a", "b"),
)  # fmt: skip
def matmul(
    a: Any,
    b: Any,
    transpose_a: Any = False,
    transpose_b: Any = False,
    adjoint_a: Any = False,
    adjoint_b: Any = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    name: str | None = None,
    adj_x: Any = False,
    adj_y: Any = False,
) -> gg.Tensor:
    """Return the product of matrices, also of many at once."""
    if isinstance(transpose_a, str):
        transpose_a = False
    x, y = alike(a, b)
    if len(x.known_shape or ()) == 2 or len(y.known_shape or ()) == 2:
        x, y = ranked(x, 2), ranked(y, 2)
    for value in (x, y):
        if value.known_shape is not None and value.ndim < 2:
            raise ValueError(
                f"Shape must be rank 2 but is rank {value.ndim} for 'MatMul' with input shapes: "
                f"{x.known_shape}, {y.known_shape}."
            )
    if x.dtype.kind in "iu":
        return _whole_product(
            x, y, bool(transpose_a or adjoint_a or adj_x), bool(transpose_b or adjoint_b or adj_y)
        )
    return gg.matmul(
        x,
        y,
        transpose_a=bool(transpose_a or adjoint_a or adj_x),
        transpose_b=bool(transpose_b or adjoint_b or adj_y),
    )


def _whole_product(x: gg.Tensor, y: gg.Tensor, over_a: bool, over_b: bool) -> gg.Tensor:
    """Return the product of matrices of whole numbers, in their own dtype."""
    return gg.cast(gg.matmul(x, y, transpose_a=over_a, transpose_b=over_b), x.dtype)


register_operator("matmul", partial(matmul, name="matmul"))


@operation("linalg.matvec", type="MatVec")
def matvec(a: Any, b: Any, transpose_a: bool = False, name: str | None = None) -> gg.Tensor:
    """Return a matrix times a vector, also of many at once."""
    x, y = alike(a, b)
    return gg.squeeze(gg.matmul(x, gg.expand_dims(y, -1), transpose_a=transpose_a), -1)


@operation("tensordot", "linalg.tensordot", type="Tensordot")
def tensordot(a: Any, b: Any, axes: Any, name: str | None = None) -> gg.Tensor:
    """Return products summed along pairs of axes."""
    x, y = alike(a, b)
    known = numbers(axes, "axes")
    if isinstance(known, list):
        known = tuple(tuple(v) if isinstance(v, list) else v for v in known)
    return gg.tensordot(x, y, known)


@operation("einsum", "linalg.einsum", type="Einsum")
def einsum(equation: str, *inputs: Any, name: str | None = None) -> gg.Tensor:
    """Return products summed as a formula says: ``"ij,jk->ik"``."""
    formula = equation.replace(" ", "")
    terms = formula.split("->")[0].split(",")
    values = [
        x if "." in term else ranked(x, len(term))
        for term, x in zip(terms, alike(*inputs), strict=True)
    ]
    return gg.einsum(formula, *values)


@operation("norm", "linalg.norm", type="norm")
def norm(
    tensor: Any,
    ord: Any = "euclidean",
    axis: Any = None,
    keepdims: Any = None,
    name: str | None = None,
    keep_dims: Any = None,
) -> gg.Tensor:
    """Return the norm of vectors: Euclidean, or of order 1, 2, p or infinity."""
    x, along = as_expression(tensor), axes(axis)
    kept = bool(keepdims or keep_dims)
    if ord in ("euclidean", "fro") or (ord == 2 and not isinstance(along, tuple)):
        return gg.sqrt(gg.sum(gg.square(x), along, keepdims=kept))
    if isinstance(along, tuple) and len(along) == 2:
        return _matrix_norm(x, ord, along, kept)
    if ord == 1:
        return gg.sum(gg.abs(x), along, keepdims=kept)
    if np.isinf(ord):
        return gg.max(gg.abs(x), along, keepdims=kept)
    return gg.power(gg.sum(gg.power(gg.abs(x), ord), along, keepdims=kept), 1 / ord)


def _matrix_norm(x: gg.Tensor, ord: Any, along: tuple[int, ...], kept: bool) -> gg.Tensor:
    if ord == 1 or np.isinf(ord):
        first, second = along if ord == 1 else along[::-1]
        sums = gg.sum(gg.abs(x), first, keepdims=True)
        most = gg.max(sums, second, keepdims=True)
        return most if kept else gg.squeeze(most, along)
    raise NotImplementedError(f"tf.norm of matrices of order {ord!r} is not there: use tf.svd")


# Diagonals


@operation("diag", "linalg.tensor_diag", type="Diag")
def diag(diagonal: Any, name: str | None = None) -> gg.Tensor:
    """Return zeros, with given numbers on the diagonal."""
    x = as_expression(diagonal)
    if x.ndim == 1:
        return gg.diag(x)
    sizes = gg.shape(x)
    return gg.reshape(gg.diag(gg.reshape(x, (-1,))), gg.concat([sizes, sizes]))


@operation("diag_part", "linalg.tensor_diag_part", type="DiagPart")
def diag_part(input: Any, name: str | None = None) -> gg.Tensor:
    """Return the numbers on the diagonal."""
    x = as_expression(input)
    if x.ndim == 2:
        return gg.diagonal(x)
    sizes = gg.shape(x)[: x.ndim // 2]
    count = gg.prod(sizes)
    return gg.reshape(gg.diagonal(gg.reshape(x, [count, count])), sizes)


@operation("matrix_diag", "linalg.diag", type="MatrixDiag")
def matrix_diag(diagonal: Any, name: str | None = None) -> gg.Tensor:
    """Return for each vector a matrix with its numbers on the diagonal."""
    x = as_expression(diagonal)
    size = gg.size(x, -1)
    return gg.expand_dims(x, -1) * gg.eye(size, dtype=x.dtype)


@operation("matrix_diag_part", "linalg.diag_part", type="MatrixDiagPart")
def matrix_diag_part(input: Any, name: str | None = None) -> gg.Tensor:
    """Return the numbers on the diagonal of each matrix."""
    return gg.diagonal(as_expression(input), 0, -2, -1)


@operation("matrix_set_diag", "linalg.set_diag", type="MatrixSetDiag")
def matrix_set_diag(input: Any, diagonal: Any, name: str | None = None) -> gg.Tensor:
    """Return matrices with other numbers on their diagonals."""
    x, own = alike(input, diagonal)
    rows, columns = gg.size(x, -2), gg.size(x, -1)
    on = gg.eye(rows, columns, dtype="bool")
    count = gg.minimum(rows, columns)
    spread = gg.take(own, gg.minimum(gg.arange(rows), count - 1), -1)
    return gg.where(on, gg.expand_dims(spread, -1), x)


@operation("matrix_band_part", "linalg.band_part", type="MatrixBandPart")
def matrix_band_part(
    input: Any, num_lower: Any, num_upper: Any, name: str | None = None
) -> gg.Tensor:
    """Return matrices with zeros beyond so many diagonals; -1 keeps all on that side."""
    x = as_expression(input)
    rows, columns = gg.arange(gg.size(x, -2)), gg.arange(gg.size(x, -1))
    below = gg.expand_dims(rows, 1) - gg.expand_dims(columns, 0)
    low, high = (gg.cast(as_expression(n), "int64") for n in (num_lower, num_upper))
    kept = ((low < 0) | (below <= low)) & ((high < 0) | (-below <= high))
    return gg.where(kept, x, gg.zeros_like(x))


@layout(
    "matrix_transpose", "linalg.transpose", "linalg.adjoint", type="matrix_transpose", texts=("a",)
)
def matrix_transpose(a: Any, name: str | None = None, conjugate: bool = False) -> gg.Tensor:
    """Return matrices with rows and columns exchanged."""
    return gg.matrix_transpose(as_expression(a))


@operation("trace", "linalg.trace", type="Trace")
def trace(x: Any, name: str | None = None) -> gg.Tensor:
    """Return the sum of the diagonal of each matrix."""
    return gg.trace(as_expression(x), 0, -2, -1)
