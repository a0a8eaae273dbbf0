"""The types of numbers, and which type two types meet in.

giulgi's dtypes are NumPy's own dtype objects, so ``x.dtype == np.float32`` and
``np.zeros(3, gg.float32)`` work as they read.

The rules are those of NumPy and the Python array API standard (Type promotion rules, 2024.12),
made definite where the standard leaves a choice:

* a Python scalar takes the dtype of the array it meets, if that has room for its kind;
* a Python float alone is ``float32``, a Python int alone is ``int64``;
* an integer array that meets a floating one takes the floating dtype.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from giulgi.errors import DTypeError
from giulgi.names import suggestion

DType = np.dtype[Any]

bool_ = np.dtype(np.bool_)
int8 = np.dtype(np.int8)
int16 = np.dtype(np.int16)
int32 = np.dtype(np.int32)
int64 = np.dtype(np.int64)
uint8 = np.dtype(np.uint8)
uint16 = np.dtype(np.uint16)
uint32 = np.dtype(np.uint32)
uint64 = np.dtype(np.uint64)
float32 = np.dtype(np.float32)
float64 = np.dtype(np.float64)

SIGNED = (int8, int16, int32, int64)
UNSIGNED = (uint8, uint16, uint32, uint64)
INTEGERS = SIGNED + UNSIGNED
FLOATS = (float32, float64)
ALL = (bool_, *INTEGERS, *FLOATS)

DEFAULT_FLOAT = float32
DEFAULT_INT = int64

_FROM_PYTHON: dict[Any, DType] = {bool: bool_, int: DEFAULT_INT, float: DEFAULT_FLOAT}


def as_dtype(value: Any) -> DType:
    """Return the dtype meant by ``value``: a dtype, its name, or a Python or NumPy type.

    Raises:
        DTypeError: if giulgi does not have that dtype.
    """
    if isinstance(value, type) and value in _FROM_PYTHON:
        return _FROM_PYTHON[value]
    try:
        dtype = np.dtype(value).newbyteorder("=")
    except TypeError:
        fix = suggestion(str(value), [d.name for d in ALL])
        if isinstance(value, int):
            fix = "the sizes of a shape go in brackets: gg.zeros((2, 3))"
        raise DTypeError(f"{value!r} is not a dtype.", fix=fix) from None
    if dtype not in ALL:
        what = "text" if dtype.kind in "SUT" else f"dtype {dtype.name}"
        raise DTypeError(f"giulgi has no tensors of {what}.", fix=_instead_of(dtype))
    return dtype


def _instead_of(dtype: DType) -> str:
    if dtype.kind == "f":
        return "use float32 (the default) or float64: x.astype('float32')"
    if dtype.kind in "OSUT":
        return (
            "make numbers of it first. An object array often comes from rows of unequal length "
            "or a column of text."
        )
    return "known here: " + ", ".join(d.name for d in ALL)


def is_float(dtype: DType) -> bool:
    """Whether gradients can flow through values of this dtype."""
    return dtype.kind == "f"


def is_integer(dtype: DType) -> bool:
    """Whether the dtype is one of the integers, signed or not (bool is not)."""
    return dtype.kind in "iu"


def is_bool(dtype: DType) -> bool:
    """Whether the dtype is bool."""
    return dtype.kind == "b"


def result_type(*dtypes: DType) -> DType:
    """Return the smallest dtype that two or more dtypes meet in.

    Raises:
        DTypeError: for uint64 with a signed integer: no integer dtype holds both.
    """
    result = dtypes[0]
    for dtype in dtypes[1:]:
        result = _meet(result, dtype)
    return result


def _meet(a: DType, b: DType) -> DType:
    if is_float(a) != is_float(b):
        return a if is_float(a) else b
    met: DType = np.promote_types(a, b)
    if is_float(met) and not is_float(a):
        raise DTypeError(
            f"no integer dtype holds both {a.name} and {b.name}.",
            fix="cast one of them: x.astype('int64')",
        )
    return met


def python_scalar_type(scalars: Sequence[Any], met: DType | None) -> DType:
    """Return the dtype in which Python scalars meet arrays of dtype ``met`` (None: no arrays)."""
    dtype = met
    for scalar in scalars:
        own = _FROM_PYTHON[type(scalar)]
        if dtype is None or _rank(own) > _rank(dtype):
            dtype = own
    assert dtype is not None
    return dtype


def _rank(dtype: DType) -> int:
    """Order of the kinds: bool, then integers, then floats."""
    return "biuf".index(dtype.kind) if dtype.kind != "u" else 1
