"""Matrices as products of simpler ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from giulgi.errors import DTypeError, ShapeError
from giulgi.graph.dtypes import DType, is_float
from giulgi.graph.node import build
from giulgi.graph.op import Op
from giulgi.graph.ops.leaves import TensorLike, constant
from giulgi.graph.shapes import Shape
from giulgi.graph.tensor import Tensor

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Orthonormal(Op):
    """The matrix Q of x = Q R: its columns are orthonormal, R is triangular with R[i, i] >= 0."""

    def infer_dtype(self, x: DType) -> DType:
        """It is of floats, as x must be."""
        if not is_float(x):
            raise DTypeError(f"x is of {x.name}, and must be of floats.", fix="x.astype('float32')")
        return x

    def infer_shape(self, x: Shape) -> Shape:
        """x must be a matrix with no more columns than rows."""
        if len(x) != 2 or (None not in x and x[0] < x[1]):  # type: ignore[operator]
            raise ShapeError("x must be a matrix with no more columns than rows.", fix="x.T")
        return x

    def numpy(self, x: Array) -> Array:
        q, r = np.linalg.qr(x)
        return np.asarray(q * np.where(np.diag(r) < 0, -1, 1), x.dtype)


def orthonormal(x: TensorLike, name: str | None = None) -> Tensor:
    """Return a matrix with orthonormal columns that span what the columns of x span.

    It is the Q of the decomposition x = Q R, R being triangular and without negative numbers on its
    diagonal. Of normal random numbers it is evenly distributed among all such matrices.

    Args:
        x: a matrix of floats with no more columns than rows.
        name: a name for printing.
    """
    return build(Orthonormal(), constant(x), name=name)
