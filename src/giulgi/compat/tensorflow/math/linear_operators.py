"""``tf.linalg.LinearOperator...``: matrices of a kind, told by the few numbers they need."""

from __future__ import annotations

from typing import Any

from giulgi.compat.graphs.functions import name_scope
from giulgi.compat.names import TABLES, export
from giulgi.compat.tensors.shapes import TensorShape
from giulgi.compat.tensors.tensor import Tensor, as_tensor

_TF = TABLES["tensorflow"]


class LinearOperator:
    """A matrix, or a batch of them, that is multiplied, inverted and measured.

    Args:
        numbers: what it is made of.
        is_non_singular: what the program promises; kept as it is, like the next three.
        is_self_adjoint: whether it equals itself with rows and columns exchanged.
        is_positive_definite: whether all of its eigenvalues are positive.
        is_square: whether it has as many rows as columns.
        name: the scope of its operations; None: the name of its kind.
    """

    def __init__(
        self, numbers: Any, is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None, is_positive_definite: bool | None = None,
        is_square: bool | None = None, name: str | None = None,
    ) -> None:  # fmt: skip
        self._numbers, self.name = as_tensor(numbers), name or type(self).__name__
        self.is_non_singular, self.is_self_adjoint = is_non_singular, is_self_adjoint
        self.is_positive_definite, self.is_square = is_positive_definite, is_square

    @property
    def dtype(self) -> Any:
        """The dtype of the matrix."""
        return self._numbers.dtype

    @property
    def shape(self) -> TensorShape:
        """The shape (..., rows, columns)."""
        return self._dense().get_shape()

    @property
    def batch_shape(self) -> TensorShape:
        """The shape without rows and columns."""
        return self.shape[:-2]

    @property
    def tensor_rank(self) -> int | None:
        """The number of axes."""
        return self.shape.ndims

    @property
    def range_dimension(self) -> Any:
        """The number of rows."""
        return self.shape[-2]

    @property
    def domain_dimension(self) -> Any:
        """The number of columns."""
        return self.shape[-1]

    def shape_tensor(self, name: str = "shape_tensor") -> Any:
        """Return the shape as a tensor."""
        return self._called(name, lambda: _TF["shape"](self._dense()))

    def to_dense(self, name: str = "to_dense") -> Any:
        """Return the matrix with all of its numbers."""
        return self._called(name, self._dense)

    def matmul(
        self, x: Any, adjoint: bool = False, adjoint_arg: bool = False, name: str = "matmul"
    ) -> Any:
        """Return the matrix times another."""
        right = _TF["matrix_transpose"](x) if adjoint_arg else x
        return self._called(name, lambda: _TF["matmul"](self._dense(), right, transpose_a=adjoint))

    apply = matmul

    def matvec(self, x: Any, adjoint: bool = False, name: str = "matvec") -> Any:
        """Return the matrix times vectors."""
        return self.matmul(as_tensor(x)[..., None], adjoint, name=name)[..., 0]

    def solve(
        self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False, name: str = "solve"
    ) -> Any:
        """Return what the matrix has to be multiplied by for a right side."""
        right = _TF["matrix_transpose"](rhs) if adjoint_arg else rhs
        return self._called(name, lambda: self._solved(right, adjoint))

    def solvevec(self, rhs: Any, adjoint: bool = False, name: str = "solve") -> Any:
        """Return what the matrix has to be multiplied by for vectors."""
        return self.solve(as_tensor(rhs)[..., None], adjoint, name=name)[..., 0]

    def determinant(self, name: str = "det") -> Any:
        """Return the determinant."""
        return self._called(name, lambda: _TF["matrix_determinant"](self._dense()))

    def log_abs_determinant(self, name: str = "log_abs_det") -> Any:
        """Return the logarithm of the size of the determinant."""
        return self._called(name, self._log_abs_determinant)

    def diag_part(self, name: str = "diag_part") -> Any:
        """Return the diagonal."""
        return self._called(name, lambda: _TF["matrix_diag_part"](self._dense()))

    def trace(self, name: str = "trace") -> Any:
        """Return the sum of the diagonal."""
        return self._called(name, lambda: _TF["trace"](self._dense()))

    def add_to_tensor(self, x: Any, name: str = "add_to_tensor") -> Any:
        """Return the matrix plus a tensor."""
        return self._called(name, lambda: self._dense() + x)

    def _called(self, name: str, made: Any) -> Any:
        with name_scope(f"{self.name}/{name}"):
            return made()

    def _dense(self) -> Tensor:
        return self._numbers

    def _log_abs_determinant(self) -> Any:
        return _TF["linalg.slogdet"](self._dense())[1]

    def _solved(self, right: Any, adjoint: bool) -> Any:
        return _TF["matrix_solve"](self._dense(), right, adjoint=adjoint)


def _log_product(diagonal: Tensor) -> Any:
    """Return the logarithm of the size of a product that may itself be no float any more."""
    return _TF["reduce_sum"](_TF["log"](_TF["abs"](diagonal)), -1)


class LinearOperatorFullMatrix(LinearOperator):
    """Any matrix."""

    def __init__(self, matrix: Any, *promises: Any, **more: Any) -> None:
        super().__init__(matrix, *promises, **more)


class LinearOperatorLowerTriangular(LinearOperator):
    """The part of a matrix that is on and below its diagonal; zeros above."""

    def __init__(self, tril: Any, *promises: Any, **more: Any) -> None:
        super().__init__(tril, *promises, **more)

    def _dense(self) -> Tensor:
        return _TF["matrix_band_part"](self._numbers, -1, 0)

    def _log_abs_determinant(self) -> Any:
        return _log_product(_TF["matrix_diag_part"](self._numbers))

    def _solved(self, right: Any, adjoint: bool) -> Any:
        return _TF["matrix_triangular_solve"](self._numbers, right, adjoint=adjoint)


class LinearOperatorDiag(LinearOperator):
    """A matrix with numbers on its diagonal only."""

    def __init__(self, diag: Any, *promises: Any, **more: Any) -> None:
        super().__init__(diag, *promises, **more)
        self.diag = self._numbers

    def _dense(self) -> Tensor:
        return _TF["matrix_diag"](self._numbers)

    def _log_abs_determinant(self) -> Any:
        return _log_product(self._numbers)

    def _solved(self, right: Any, adjoint: bool) -> Any:
        return right / self._numbers[..., None]


class LinearOperatorIdentity(LinearOperatorDiag):
    """The matrix that changes nothing, of so many rows, for each of a batch."""

    def __init__(
        self, num_rows: Any, batch_shape: Any = None, dtype: Any = None, *promises: Any,
        assert_proper_shapes: bool = False, **more: Any,
    ) -> None:  # fmt: skip
        ones = _TF["ones"]([*(batch_shape or []), num_rows], dtype or "float32")
        super().__init__(ones, *promises, **more)


class LinearOperatorScaledIdentity(LinearOperatorDiag):
    """The identity of so many rows, times a number for each of a batch."""

    def __init__(
        self, num_rows: Any, multiplier: Any, *promises: Any,
        assert_proper_shapes: bool = False, **more: Any,
    ) -> None:  # fmt: skip
        self.multiplier = as_tensor(multiplier)
        ones = _TF["ones"]([num_rows], self.multiplier.dtype)
        super().__init__(self.multiplier[..., None] * ones, *promises, **more)


for _kind in (
    LinearOperator, LinearOperatorFullMatrix, LinearOperatorLowerTriangular, LinearOperatorDiag,
    LinearOperatorIdentity, LinearOperatorScaledIdentity,
):  # fmt: skip
    export(f"linalg.{_kind.__name__}", _kind)
    export(f"contrib.linalg.{_kind.__name__}", _kind)
export("contrib.linalg.LinearOperatorTriL", LinearOperatorLowerTriangular)
export("contrib.linalg.LinearOperatorMatrix", LinearOperatorFullMatrix)
