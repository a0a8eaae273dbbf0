"""One thread for NumPy's products of small matrices, and for what LAPACK computes of many products.

NumPy's OpenBLAS shares even a product of a few hundred microseconds among all cores, and its
threads wait for each other without sleeping. Where another process has a core at that time, such a
product takes many times as long as on one core; so what is small is computed by one thread.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np

# Where wheels of NumPy keep their libraries, and how OpenBLAS is told the number of its threads.
_FOLDERS = ("../numpy.libs", ".dylibs", ".libs")
_PREFIXES, _SUFFIXES = ("scipy_openblas", "openblas"), ("64_", "")

_lock = threading.Lock()
_inside = 0
_before = 1


@contextmanager
def one_thread() -> Iterator[None]:
    """Let NumPy's OpenBLAS compute by one thread inside; of another library nothing is changed."""
    global _inside, _before
    switches = _switches()
    if switches is None:
        yield
        return
    count, set_count = switches
    with _lock:
        if _inside == 0:
            _before = count()
            set_count(1)
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                set_count(_before)


@cache
def _switches() -> tuple[Callable[[], int], Callable[[int], object]] | None:
    """Return what tells OpenBLAS's number of threads, and what sets it; None: it is not there."""
    home = Path(np.__file__).parent
    paths = [path for folder in _FOLDERS for path in (home / folder).glob("*openblas*")]
    for path in paths:
        try:
            library = ctypes.CDLL(str(path))
        except OSError:
            continue
        for prefix in _PREFIXES:
            for suffix in _SUFFIXES:
                count = getattr(library, f"{prefix}_get_num_threads{suffix}", None)
                set_count = getattr(library, f"{prefix}_set_num_threads{suffix}", None)
                if count is not None and set_count is not None:
                    return count, set_count
    return None
