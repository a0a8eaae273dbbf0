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
import time
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from giulgi import memory
from giulgi.backends.cpu.code.dispatch import BUSY, SLOT_BYTES, Slot, dispatch_text
from giulgi.backends.cpu.machine.objects import Loaded, object_of
from giulgi.backends.cpu.machine.processor import host
from giulgi.config import config

_SERVE = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
_DISPATCH = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_void_p] * 4, ctypes.c_int64)


@cache
def available_cores() -> int:
    """Return how many cores this process may use, as far as the system tells."""
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    return max(1, min(cores, _quota()))


def worker_count() -> int:
    """Return how many workers there are to be."""
    return config.threads or available_cores()


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
    """What helpers and their callers run. Whoever runs it must hold it: its code goes with it."""

    def __init__(self) -> None:
        text = dispatch_text(host().is_arm)
        self._loaded = Loaded(object_of(text, host()), ("serve", "dispatch"))
        self.serve: Any = _SERVE(self._loaded.addresses["serve"])
        self.dispatch: Any = _DISPATCH(self._loaded.addresses["dispatch"])


class _Helper:
    """A thread that runs what its slot says.

    Args:
        number: which worker it is.
        native: what it runs.

    Raises:
        RuntimeError: if there can be no more locks.
    """

    def __init__(self, number: int, native: _Native) -> None:
        self.number = number
        self._native = native
        # A lock of Python's C interface: it is the same on all systems, and needs nothing else of
        # Python. It is closed, and opened to wake the helper.
        python = ctypes.pythonapi
        python.PyThread_allocate_lock.restype = ctypes.c_void_p
        lock = python.PyThread_allocate_lock()
        if not lock:
            raise RuntimeError("there can be no more locks")
        python.PyThread_acquire_lock(ctypes.c_void_p(lock), 1)
        self._words = memory.zeros((SLOT_BYTES // 8,), np.int64)
        self._words[Slot.LOCK] = lock
        self._words[Slot.ACQUIRE] = _address(python.PyThread_acquire_lock)
        self._words[Slot.RELEASE] = _address(python.PyThread_release_lock)
        self._words[Slot.YIELD] = let_others_run_address()
        self.slot: int = self._words.ctypes.data

    def start(self) -> None:
        """Start the thread.

        Raises:
            RuntimeError: if there can be no more threads. It may be tried again.
        """
        self.thread = threading.Thread(target=self._live, name=f"giulgi-{self.number}", daemon=True)
        self.thread.start()

    def _live(self) -> None:
        # A method holds its object: the thread has what it looks at and what it runs, whoever else
        # forgets them.
        self._native.serve(self.slot)


class Team:
    """Helpers that live, and where their slots are. A team never changes; another takes its place.

    Args:
        native: what they run.
        busy: the word that says whether they are busy; a larger team has the same.
        helpers: the helpers.
    """

    def __init__(
        self, native: _Native, busy: np.ndarray[Any, Any], helpers: tuple[_Helper, ...] = ()
    ) -> None:
        self.native = native
        self.busy = busy
        self.helpers = helpers
        self.workers = 1 + len(helpers)
        self._table = np.array([helper.slot for helper in helpers], np.uintp)
        self._addresses = busy.ctypes.data, self._table.ctypes.data

    def run(self, entry: int, table: int, count: int) -> int:
        """Enter native code with so many workers; with one, if the others are busy.

        Ctrl-C, which Python raises between its instructions, comes before any worker has begun or
        after all are done: what takes, tells and frees helpers is one native function.

        Args:
            entry: the address of a native function of (table, worker, workers); 0 ends the helpers.
            table: the address of its arguments.
            count: how many workers, the calling thread being one of them; there are not more than
                the team has.

        Returns:
            How many there were.
        """
        count = min(count, self.workers)
        workers: int = self.native.dispatch(*self._addresses, entry, table, count)
        return workers


class Workers:
    """The threads of this process."""

    def __init__(self) -> None:
        self._team: Team | None = None
        # A helper that could not be started, for the next time.
        self._spare: _Helper | None = None
        self._has_ended = False
        self._hiring = threading.RLock()
        atexit.register(self._end)
        if hasattr(os, "register_at_fork"):
            # Threads do not live on in a child of this process.
            os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        self._hiring = threading.RLock()
        self._spare = None
        if self._team is not None:
            # A run that was interrupted by a fork may still come to the old team.
            self._team.busy[0] = BUSY
            self._team = Team(self._team.native, memory.zeros((1,), np.int64))

    def hire(self, count: int) -> Team:
        """Return a team of so many workers, the caller being one; helpers are started if missing.

        It is smaller where the system starts no more threads, or where the helpers there are are
        busy. Starting takes some milliseconds, once. If Ctrl-C comes meanwhile, a helper may be
        left that sleeps and belongs to no team.
        """
        team = self._current()
        if team.workers >= count or team.busy[0]:
            return team
        with self._hiring:
            while self._current().workers < count and not self._has_ended:
                if not self._start_one():
                    break
            return self._current()

    def _current(self) -> Team:
        """Return the team there is, at first that of the caller alone."""
        if self._team is None:
            # It is made before others are kept out, since that takes locks of its own. Of several
            # that come here at once, one makes what stays.
            first = Team(_Native(), memory.zeros((1,), np.int64))
            with self._hiring:
                self._team = self._team or first
        return self._team

    def _start_one(self) -> bool:
        """Start one helper more; return whether there was one to be had."""
        team = self._current()
        try:
            helper = self._spare or _Helper(team.workers, team.native)
        except RuntimeError:  # There can be no more locks.
            return False
        self._spare = None
        try:
            helper.start()
        except RuntimeError:  # There can be no more threads.
            self._spare = helper
            return False
        team = self._current()  # A signal handler may have hired meanwhile.
        self._team = Team(team.native, team.busy, (*team.helpers, helper))
        return True

    def _end(self) -> None:
        """Let the helpers end, so that none runs code that Python takes from memory at its end."""
        with self._hiring:
            self._has_ended = True
            team = self._team
        if team is None or not team.helpers:
            return
        patience = time.monotonic() + 1
        while team.run(0, 0, team.workers) == 1:
            if time.monotonic() > patience:
                return
            time.sleep(0.005)
        for helper in team.helpers:
            helper.thread.join()


def _address(function: Any) -> int:
    """Return where a function of a library is."""
    return ctypes.cast(function, ctypes.c_void_p).value or 0


workers = Workers()
