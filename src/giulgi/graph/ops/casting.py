"""Other dtypes for the same numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from giulgi.graph.dtypes import DType, as_dtype, float64, is_float, is_integer
from giulgi.graph.node import build
from giulgi.graph.op import Elementwise
from giulgi.graph.ops.leaves import PythonFloat, TensorLike, constant
from giulgi.graph.ops.shape import elements_of
from giulgi.graph.shapes import Shape
from giulgi.graph.tensor import Tensor

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Cast(Elementwise):
    """x in another dtype. Floats are cut towards 0 when they become integers."""

    dtype: DType

    def infer_dtype(self, dtype: DType) -> DType:
        return self.dtype

    def resolve(self, x: Tensor) -> Tensor | None:
        return x if x.dtype == self.dtype else None

    def known_elements(self, x: Tensor) -> Shape | None:
        """Sizes stay what they are as whole numbers of another dtype."""
        return elements_of(x) if is_integer(self.dtype) and is_integer(x.dtype) else None

    def numpy(self, x: Array) -> Array:
        return x.astype(self.dtype)

    def gradient(self, dy: Tensor, y: Tensor, x: Tensor) -> Tensor | None:
        return cast(dy, x.dtype) if is_float(self.dtype) else None

    def formula(self, *inputs: str) -> str:
        return f"{self.dtype.name}({inputs[0]})"


def cast(x: TensorLike, dtype: Any, name: str | None = None) -> Tensor:
    """Return x in another dtype; floats that become integers are cut towards 0.

    Raises:
        DTypeError: if giulgi does not have the dtype.
    """
    wanted = as_dtype(dtype)
    # A Python number is read with all its digits, not as float32 first.
    if isinstance(x, PythonFloat):
        x = x.exact
    elif not hasattr(x, "dtype"):
        x = constant(x, wanted) if is_float(wanted) else _with_all_digits(x)
    return build(Cast(wanted), constant(x), name=name)


def _with_all_digits(x: TensorLike) -> Tensor:
    tensor = constant(x)
    return constant(x, float64) if is_float(tensor.dtype) else tensor


def as_float(x: Tensor) -> Tensor:
    """Return x, or x as float32 if it is an integer or a bool."""
    return x if is_float(x.dtype) else cast(x, "float32")
