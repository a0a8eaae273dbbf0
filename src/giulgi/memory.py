"""Arrays that begin a line of the cache.

A vector of the processor is as long as such a line. If it lies across two of them, reading or
writing it takes twice as long; and NumPy's arrays begin anywhere.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

#: The bytes of a line of the cache, and of the longest vector.
LINE_BYTES = 64


def zeros(shape: tuple[int, ...], dtype: Any) -> Array:
    """Return an array of zeros that begins a line."""
    return _placed(np.zeros, shape, np.dtype(dtype))


def empty(shape: tuple[int, ...], dtype: Any) -> Array:
    """Return an array of whatever is in memory, that begins a line."""
    return _placed(np.empty, shape, np.dtype(dtype))


def copied(array: Array) -> Array:
    """Return a copy in order that begins a line."""
    copy = empty(array.shape, array.dtype)
    copy[...] = array
    return copy


def _placed(make: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    size = math.prod(shape) * dtype.itemsize
    memory = make(size + LINE_BYTES, np.uint8)
    first = -memory.ctypes.data % LINE_BYTES
    return memory[first : first + size].view(dtype).reshape(shape)
