"""Workers: threads that enter native code together.

They are Python threads, each waiting to be told what to run. Native code holds no lock of Python's,
so all run at once. One caller has them at a time; another, at the same time, runs alone, with the
same result.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from collections import deque
from collections.abc import Callable
from functools import cache, partial
from operator import call
from pathlib import Path
from queue import SimpleQueue
from typing import Any

# What native code is entered by: words, worker, workers.
Entry = Callable[[int, int, int], None]


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


# What a worker is given: where to enter, with which table, among how many, and whom to tell after.
_Task = tuple[Entry, int, int, "SimpleQueue[None]"]


class _Worker:
    """One thread that runs what it is given."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.tasks: SimpleQueue[_Task] = SimpleQueue()
        threading.Thread(target=self._live, name=f"giulgi-{number}", daemon=True).start()

    def _live(self) -> None:
        while True:
            entry, words, workers, done = self.tasks.get()
            entry(words, self.number, workers)
            done.put(None)


class Workers:
    """The threads of this process."""

    def __init__(self) -> None:
        self._forget()
        if hasattr(os, "register_at_fork"):
            # Threads do not live on in a child of this process.
            os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        self._workers: list[_Worker] = []
        self._in_use = threading.RLock()

    def run(self, entry: Entry, words: int, count: int) -> None:
        """Enter native code with so many workers; with one, if the others are busy.

        Args:
            entry: the native function.
            words: the address of its table.
            count: how many workers, this thread being one of them.
        """
        if count == 1 or not self._in_use.acquire(blocking=False):
            entry(words, 0, 1)
            return
        try:
            self._run_together(entry, words, count)
        finally:
            self._in_use.release()

    def _run_together(self, entry: Entry, words: int, count: int) -> None:
        while len(self._workers) < count - 1:
            self._workers.append(_Worker(len(self._workers) + 1))
        helpers = self._workers[: count - 1]
        done: SimpleQueue[None] = SimpleQueue()
        begun: list[_Worker] = []
        calls: list[Callable[[], object]] = [partial(begun.extend, helpers)]
        calls += [partial(helper.tasks.put, (entry, words, count, done)) for helper in helpers]
        calls.append(partial(entry, words, 0, count))
        try:
            # Ctrl-C is raised between Python's instructions. Here it cannot come after some workers
            # have begun, who then would wait for the others for ever: all is called from C.
            deque(map(call, calls), maxlen=0)
        finally:
            for _ in begun:
                done.get()


workers = Workers()
