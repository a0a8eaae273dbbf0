"""Workers: threads that enter native code together.

The calling thread is the first of them. The others, its helpers, are Python threads that stay in
native code, where they hold no lock of Python's, and wait there for what they are given
(``code/dispatch.py``). One caller has them at a time; another, at the same time, runs alone, with
the same result.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import sys
import threading
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from giulgi.backends.cpu.code.dispatch import SLOT_BYTES, Slot, dispatch_text
from giulgi.backends.cpu.machine.objects import Loaded, object_of
from giulgi.backends.cpu.machine.processor import host

_SERVE = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
_DISPATCH = ctypes.CFUNCTYPE(
    None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64
)


@cache
def available_cores() -> int:
    """Return how many cores this process may use, as far as the system tells."""
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    return max(1, min(cores, _quota()))


def _quota() -> int:
    """Return how many cores a container is limited to; many if it is not."""
    try:
        limit, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        return max(1, round(int(limit) / int(period)))
    except (OSError, ValueError):
        return sys.maxsize


def let_others_run_address() -> int:
    """Return the address of the system's function that lets other threads run; 0 if unknown."""
    try:
        if sys.platform == "win32":
            function: Any = ctypes.windll.kernel32.SwitchToThread
        else:
            function = ctypes.CDLL(None).sched_yield
    except (AttributeError, OSError):
        return 0
    return ctypes.cast(function, ctypes.c_void_p).value or 0


class _Native:
    """What helpers and their callers run."""

    def __init__(self) -> None:
        text = dispatch_text(host().is_arm)
        self._loaded = Loaded(object_of(text, host()), ("serve", "dispatch"))
        self.serve: Any = _SERVE(self._loaded.addresses["serve"])
        self.dispatch: Any = _DISPATCH(self._loaded.addresses["dispatch"])


@cache
def _native() -> _Native:
    return _Native()


class _Helper:
    """A thread that runs what its slot says."""

    def __init__(self, number: int) -> None:
        # A lock of Python's C interface: it is the same on all systems, and needs nothing else of
        # Python. It is closed, and opened to wake the helper.
        python = ctypes.pythonapi
        python.PyThread_allocate_lock.restype = ctypes.c_void_p
        lock = python.PyThread_allocate_lock()
        python.PyThread_acquire_lock(ctypes.c_void_p(lock), 1)
        self._words = np.zeros(SLOT_BYTES * 2 // 8, np.int64)
        first = -self._words.ctypes.data % SLOT_BYTES // 8
        self.slot = self._words.ctypes.data + 8 * first
        self._words[first + Slot.LOCK] = lock
        self._words[first + Slot.ACQUIRE] = _address(python.PyThread_acquire_lock)
        self._words[first + Slot.RELEASE] = _address(python.PyThread_release_lock)
        self._words[first + Slot.YIELD] = let_others_run_address()
        self._thread = threading.Thread(
            target=_native().serve, args=(self.slot,), name=f"giulgi-{number}", daemon=True
        )
        self._thread.start()

    def join(self) -> None:
        """Wait for the end of the thread."""
        self._thread.join()


class Workers:
    """The threads of this process."""

    def __init__(self) -> None:
        self._forget()
        atexit.register(self._end)
        if hasattr(os, "register_at_fork"):
            # Threads do not live on in a child of this process.
            os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        self._helpers: list[_Helper] = []
        self._slots = np.zeros(0, np.uintp)
        self._slots_address = 0
        self._in_use = threading.RLock()
        self._have_ended = False

    def run(self, entry: int, table: int, count: int) -> None:
        """Enter native code with so many workers; with one, if the others are busy.

        Ctrl-C, which Python raises between its instructions, comes before any worker has begun or
        after all are done.

        Args:
            entry: the address of a native function of (table, worker, workers).
            table: the address of its arguments.
            count: how many workers, this thread being one of them.
        """
        dispatch = _native().dispatch
        if count == 1 or self._have_ended or not self._in_use.acquire(blocking=False):
            dispatch(0, entry, table, 1)
            return
        try:
            if len(self._helpers) < count - 1:
                self._hire(count - 1)
            dispatch(self._slots_address, entry, table, count)
        finally:
            self._in_use.release()

    def _hire(self, count: int) -> None:
        while len(self._helpers) < count:
            self._helpers.append(_Helper(len(self._helpers) + 1))
        self._slots = np.array([helper.slot for helper in self._helpers], np.uintp)
        self._slots_address = self._slots.ctypes.data

    def _end(self) -> None:
        """Let the helpers end, so that none runs code that Python takes from memory at its end."""
        if self._helpers and self._in_use.acquire(timeout=1):
            self._have_ended = True
            _native().dispatch(self._slots_address, 0, 0, len(self._helpers) + 1)
            for helper in self._helpers:
                helper.join()
            self._in_use.release()


def _address(function: Any) -> int:
    """Return where a function of a library is."""
    return ctypes.cast(function, ctypes.c_void_p).value or 0


workers = Workers()
