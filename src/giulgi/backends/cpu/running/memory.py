"""Memory that native code works in."""

from __future__ import annotations

from typing import Any

import numpy as np

from giulgi.backends.cpu.machine.processor import LINE_BYTES


def aligned(size: int) -> np.ndarray[Any, Any]:
    """Return so many bytes of zeros, the first of which begins a line of the cache."""
    memory = np.zeros(size + LINE_BYTES, np.uint8)
    first = -memory.ctypes.data % LINE_BYTES
    return memory[first : first + size]
