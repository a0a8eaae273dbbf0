"""Text and bytes, for programs of Python 2 and 3: ``tf.compat``."""

from __future__ import annotations

import numbers
import os
from typing import Any

import numpy as np

from giulgi.compat.names import export, exported
from giulgi.compat.tensors.shapes import TensorShape


@exported("compat.as_bytes")
def as_bytes(bytes_or_text: Any, encoding: str = "utf-8") -> bytes:
    """Return text, or bytes, as bytes."""
    if isinstance(bytes_or_text, (bytes, bytearray)):
        return bytes(bytes_or_text)
    if isinstance(bytes_or_text, str):
        return bytes_or_text.encode(encoding)
    raise TypeError(f"Expected binary or unicode string, got {bytes_or_text!r}")


@exported("compat.as_text", "compat.as_str")
def as_text(bytes_or_text: Any, encoding: str = "utf-8") -> str:
    """Return text, or bytes, as text."""
    if isinstance(bytes_or_text, str):
        return bytes_or_text
    if isinstance(bytes_or_text, bytes):
        return bytes_or_text.decode(encoding)
    raise TypeError(f"Expected binary or unicode string, got {bytes_or_text!r}")


@exported("compat.as_str_any")
def as_str_any(value: Any, encoding: str = "utf-8") -> str:
    """Return anything as text."""
    return as_text(value, encoding) if isinstance(value, (bytes, str)) else str(value)


@exported("compat.path_to_str")
def path_to_str(path: Any) -> Any:
    """Return a path as text."""
    return as_str_any(os.fspath(path)) if hasattr(path, "__fspath__") else path


@exported("compat.dimension_value", "dimension_value")
def dimension_value(dimension: Any) -> int | None:
    """Return a size as a number, or None if it is not known."""
    return dimension.value if hasattr(dimension, "value") else dimension


@exported("compat.dimension_at_index", "dimension_at_index")
def dimension_at_index(shape: Any, index: int) -> Any:
    """Return one of the sizes of a shape."""
    return shape[index]


@exported("compat.forward_compatible")
def forward_compatible(year: int, month: int, day: int) -> bool:
    """Whether what is newer than a day may be used: it may."""
    del year, month, day
    return True


export("compat.bytes_or_text_types", (bytes, str))
export("compat.integral_types", (numbers.Integral, np.integer))
export("compat.real_types", (numbers.Real, np.integer, np.floating))
export("compat.complex_types", (numbers.Complex, np.number))


# Shapes under the names of TensorFlow's inside


@exported("python.framework.tensor_shape.scalar")
def scalar() -> TensorShape:
    """Return the shape of a single number."""
    return TensorShape([])


@exported("python.framework.tensor_shape.vector")
def vector(length: Any) -> TensorShape:
    """Return the shape of a vector."""
    return TensorShape([length])


@exported("python.framework.tensor_shape.matrix")
def matrix(rows: Any, cols: Any) -> TensorShape:
    """Return the shape of a matrix."""
    return TensorShape([rows, cols])


@exported("python.framework.tensor_shape.unknown_shape")
def unknown_shape(ndims: int | None = None) -> TensorShape:
    """Return a shape of which no size is known."""
    return TensorShape(None if ndims is None else [None] * ndims)


@exported("python.framework.tensor_shape.as_shape")
def as_shape(shape: Any) -> TensorShape:
    """Return what is meant as a shape."""
    return TensorShape(shape)
