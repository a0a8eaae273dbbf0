"""Memory that native code works in."""

from __future__ import annotations

from typing import Any

import numpy as np

_LINE = 64  # bytes of a line of the cache, and of the longest vector


def aligned(size: int) -> np.ndarray[Any, Any]:
    """Return so many bytes of zeros, the first of which begins a line of the cache."""
    memory = np.zeros(size + _LINE, np.uint8)
    first = -memory.ctypes.data % _LINE
    return memory[first : first + size]
