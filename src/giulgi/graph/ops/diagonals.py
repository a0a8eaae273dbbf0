"""Diagonals of matrices: made into one, taken out of one, and summed."""

from __future__ import annotations

from typing import Any

from giulgi.errors import ShapeError
from giulgi.graph.composed import composed
from giulgi.graph.ops.creation import arange, eye, zeros_like
from giulgi.graph.ops.elementwise import maximum, minimum
from giulgi.graph.ops.indexing import gather
from giulgi.graph.ops.leaves import TensorLike, constant
from giulgi.graph.ops.logic import where
from giulgi.graph.ops.movement import moveaxis, reshape
from giulgi.graph.ops.reductions import sum
from giulgi.graph.ops.shape import dims_of, size
from giulgi.graph.ops.slicing import pad
from giulgi.graph.shapes import normalise_axis
from giulgi.graph.tensor import Tensor


@composed
def diag(x: TensorLike, k: int = 0) -> Tensor:
    """Return a matrix with a vector as its k-th diagonal, or the k-th diagonal of a matrix.

    y[i, i + k] = x[i] for k >= 0, y[i - k, i] = x[i] for k < 0, and 0 elsewhere; or, of a matrix,
    the same read backwards.

    Args:
        x: (n,) or (rows, columns).
        k: which diagonal: 0 is the main one, 1 the next above it, -1 the next below.

    Returns:
        (n + abs(k), n + abs(k)), or the diagonal as a vector; in the dtype of x.

    Raises:
        ShapeError: if x is neither a vector nor a matrix.
    """
    x = constant(x)
    if x.ndim == 2:
        return diagonal(x, k)
    if x.ndim != 1:
        raise ShapeError(
            f"x has {x.ndim} axes; it must be a vector or a matrix.",
            fix="of stacks of matrices, gg.diagonal(x, axis1=-2, axis2=-1) takes the diagonals",
        )
    row = pad(x, (max(k, 0), max(-k, 0)))
    return where(eye(size(row), k=k, dtype="bool"), row, zeros_like(row))


@composed
def diagonal(x: TensorLike, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """Return the elements x[..., i, i + offset, ...] of two axes, in one new last axis.

    Args:
        x: a tensor of two axes or more.
        offset: which diagonal: 0 is the main one, 1 the next above it, -1 the next below.
        axis1: the axis of the rows.
        axis2: the axis of the columns.

    Returns:
        The other axes of x, then the diagonal, which is empty where x has none so far out.

    Raises:
        ShapeError: if x has no such axes, or the two are one.
    """
    x = constant(x)
    if normalise_axis(axis1, x.ndim) == normalise_axis(axis2, x.ndim):
        raise ShapeError("axis1 and axis2 are the same axis.", fix="give two different axes")
    matrices = moveaxis(x, (axis1, axis2), (-2, -1))
    *others, rows, columns = dims_of(matrices)
    down, right = max(-offset, 0), max(offset, 0)
    along = arange(_length(rows - down, columns - right))
    flat = reshape(matrices, [*others, rows * columns])
    return gather(flat, (along + down) * columns + along + right, -1)


def _length(rows: Any, columns: Any) -> Any:
    """Return the length of the diagonal of what is left: a number, if both sizes are."""
    if isinstance(rows, Tensor) or isinstance(columns, Tensor):
        return maximum(minimum(rows, columns), 0)
    return max(min(rows, columns), 0)


@composed
def trace(x: TensorLike, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """Return the sum of a diagonal: sum over i of x[..., i, i + offset, ...].

    The arguments, and what does not fit, are those of :func:`diagonal`; small integers are added
    up in 64 bits, as in :func:`sum`.
    """
    return sum(diagonal(x, offset, axis1, axis2), -1)
