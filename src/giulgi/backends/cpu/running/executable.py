"""Compiled computations, ready to be run on arrays."""

from __future__ import annotations

import ctypes
import os
import threading
import time
import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np

from giulgi import memory
from giulgi.backends.base import Array, Batched, Computation, Draw, Steps
from giulgi.backends.cpu.code.barrier import SYNC_BYTES
from giulgi.backends.cpu.machine.objects import Loaded
from giulgi.backends.cpu.planning.layouts import Shape
from giulgi.backends.cpu.planning.sources import bytes_of, shape_of
from giulgi.backends.cpu.running.crew import Crew
from giulgi.backends.cpu.running.frame import Frame
from giulgi.backends.cpu.running.workers import let_others_run_address, worker_count, workers
from giulgi.backends.cpu.table import Word, signed64
from giulgi.backends.reference.interpreter import Interpreter
from giulgi.graph.dtypes import DType
from giulgi.graph.node import Node

_ALONE = ctypes.CFUNCTYPE(None)
#: What is looked up in the machine code: the entries of all workers and of one, and their table.
ENTRIES = ("run", "run_alone", "table")
# Values up to this size are copied into arrays of our own, and out of them.
_SMALL_BYTES = 4096


class NativeExecutable:
    """A computation as native code, with the memory that it works in.

    Args:
        computation: what is computed.
        frame: how its machine code is called.
        loaded: the machine code.
        batched: how feeds are taken from arrays of all examples; None: they are fed.
    """

    in_place = True

    def __init__(
        self, computation: Computation, frame: Frame, loaded: Loaded, batched: Batched | None
    ) -> None:
        self.computation = computation
        self.frame = frame
        self.batched = batched
        self._loaded = loaded  # Keeps the machine code in memory.
        self._entry = loaded.addresses["run"]
        self._run_alone: Any = _ALONE(loaded.addresses["run_alone"])
        self._renew_lock()
        # What words of the table hold the addresses of.
        self._memory: dict[int, Array] = {}
        words = np.zeros(frame.table.words, np.int64)
        self._words = words.data
        self._address = words.ctypes.data
        ctypes.c_void_p.from_address(loaded.addresses["table"]).value = self._address
        self._own_memory()
        word = frame.table.word
        # For each an array of our own, if it is small, and the word of its address.
        self._feeds = [
            (None if batched is not None else self._small(node, word("feed", i)), word("feed", i))
            for i, node in enumerate(computation.feeds)
        ]
        # Where each is among the fetches, with an array of our own, or the word of its address.
        self._small_fetches: list[tuple[int, Array]] = []
        self._large_fetches: list[tuple[int, int, tuple[Shape, DType]]] = []
        for i, node in enumerate(() if computation.keeps else computation.fetches):
            own = self._small(node, word("fetch", i))
            if own is not None:
                self._small_fetches.append((i, own))
            else:
                spec = shape_of(node), node.spec.dtype
                self._large_fetches.append((i, word("fetch", i), spec))
        self._is_random = computation.is_random
        self._values: Sequence[Array] | None = None
        # What was seen of so many workers.
        self._crews: dict[int, Crew] = {}
        _all.add(self)  # Now that it is whole: a fork may come at any time.

    def _renew_lock(self) -> None:
        # The memory that it works in is for one thread at a time, and for one run of it: a signal
        # handler or destructor may call what it has interrupted.
        self._lock = threading.RLock()
        self._is_inside = False

    def _own_memory(self) -> None:
        """Get the memory that lasts from call to call."""
        frame = self.frame
        self._lend(Word.ARENA, frame.arena_bytes)
        self._lend(Word.SCRATCH, frame.scratch_bytes)
        self._sync = self._lend(Word.SYNC, SYNC_BYTES)
        self._lend_private(1)
        self._words[Word.YIELD] = let_others_run_address()
        for number, value in enumerate(frame.constants):
            self._hold(frame.table.word("constant", number), memory.copied(value))

    def _lend(self, word: int, size: int) -> Array:
        """Get memory, and put its address into a word; return it."""
        lent = memory.zeros((size,), np.uint8)
        self._hold(word, lent)
        return lent

    def _hold(self, word: int, held: Array) -> None:
        """Put an address into a word, and keep its memory for as long as it stands there."""
        self._words[word] = held.ctypes.data
        self._memory[word] = held  # What was there is freed when nothing points to it any more.

    def _small(self, node: Node, word: int) -> Array | None:
        """Return an array of our own for a small value; copying is quicker than its address."""
        if bytes_of(node) > _SMALL_BYTES:
            return None
        own = np.zeros(shape_of(node), node.spec.dtype)
        self._words[word] = own.ctypes.data
        return own

    # Running

    def run(
        self, feeds: Sequence[Array], values: Sequence[Array], draw: Draw, times: int = 1
    ) -> tuple[list[Array], list[Array]]:
        """Compute so many times, in native code from the first to the last."""
        with self._lock:
            if self._is_inside:
                return self._run_inside(feeds, values, draw, times)
            try:
                self._is_inside = True
                return self._run(feeds, values, draw, times), []
            finally:
                self._is_inside = False

    def _run(
        self, feeds: Sequence[Array], values: Sequence[Array], draw: Draw, times: int
    ) -> list[Array]:
        held = []  # The arrays whose addresses native code has.
        for (own, word), given in zip(self._feeds, feeds, strict=True):
            if own is not None:
                own[...] = given
            else:
                held.append(np.ascontiguousarray(given))
                self._words[word] = held[-1].ctypes.data
        fetched = self._enter(values, draw, 0, times)
        failed = self._words[Word.FAILED]
        if failed:
            self._explain(feeds, values, Draw(draw.seed, draw.run + failed - 1))
        return fetched

    def _run_inside(
        self, feeds: Sequence[Array], values: Sequence[Array], draw: Draw, times: int
    ) -> tuple[list[Array], list[Array]]:
        """Compute by the reference, while this thread is in the midst of another run."""
        fetched, updated = Interpreter(self.computation).run(feeds, values, draw, times)
        self._write(values, updated)
        return fetched, []

    def _write(self, values: Sequence[Array], updated: Sequence[Array]) -> None:
        """Write new values into the arrays of their variables."""
        for (place, _), value in zip(self.computation.updates, updated, strict=True):
            values[place][...] = value

    def run_steps(
        self, data: Sequence[Array], values: Sequence[Array], draw: Draw, steps: Steps
    ) -> list[Array]:
        """Compute several steps, in native code from the first to the last."""
        with self._lock:
            if self._is_inside:
                interpreter = Interpreter(self.computation, self.batched)
                self._write(values, interpreter.run_steps(data, values, draw, steps))
                return []
            try:
                self._is_inside = True
                self._run_steps(data, values, draw, steps)
            finally:
                self._is_inside = False
        return []

    def _run_steps(
        self, data: Sequence[Array], values: Sequence[Array], draw: Draw, steps: Steps
    ) -> None:
        self._words[Word.ORDER] = steps.order.ctypes.data
        start = self.frame.table.first["feed"]
        for number, array in enumerate(data):
            self._words[start + number] = array.ctypes.data
        self._enter(values, draw, steps.first, steps.end)
        failed = self._words[Word.FAILED]
        if failed:
            feeds = Interpreter(self.computation, self.batched).examples(data, steps, failed - 1)
            run = draw.run + failed - 1 - steps.first
            self._explain(feeds, values, Draw(draw.seed, run))

    def run_loop(
        self, data: Sequence[Array], states: Sequence[Array], order: Array
    ) -> list[Array] | None:
        """Take the steps of a loop, whose states are changed in place; return what it keeps.

        Args:
            data: the sequences, along whose first axis the steps are.
            states: the values of the variables.
            order: the places of the elements, in the order in which they are taken.

        Returns:
            The fetches of all steps, along a first axis; None if a step failed, or this thread is
            in the midst of another run.
        """
        with self._lock:
            if self._is_inside:
                return None
            try:
                self._is_inside = True
                return self._run_loop(data, states, order)
            finally:
                self._is_inside = False

    def _run_loop(
        self, data: Sequence[Array], states: Sequence[Array], order: Array
    ) -> list[Array] | None:
        kept = []
        words, table, count = self._words, self.frame.table, len(order)
        for number, fetch in enumerate(self.computation.fetches):
            kept.append(memory.empty((count, *shape_of(fetch)), fetch.spec.dtype))
            behind = (count - 1) * bytes_of(fetch) if self.computation.keeps < 0 else 0
            words[table.word("fetch", number)] = kept[-1].ctypes.data + behind
        words[Word.ORDER] = order.ctypes.data
        for number, array in enumerate(data):
            words[table.word("feed", number)] = array.ctypes.data
        self._enter(states, Draw(0, 0), 0, count)
        return None if words[Word.FAILED] else kept

    def _enter(self, values: Sequence[Array], draw: Draw, first: int, end: int) -> list[Array]:
        """Fill the rest of the table, and let the workers run; return the fetches."""
        words, table = self._words, self.frame.table
        if values is not self._values:
            # Ctrl-C may come in between: then all are written again.
            self._values = None
            for number, array in enumerate(values):
                words[table.word("variable", number)] = array.ctypes.data
            self._values = values
        fetched: list[Any] = [None] * len(self.computation.fetches)
        for place, word, spec in self._large_fetches:
            fetched[place] = self._fetch(word, spec)
        words[Word.FIRST] = first
        words[Word.END] = end
        if self._is_random:
            words[Word.SEED] = signed64(draw.seed)
            words[Word.RUN] = draw.run - first
        words[Word.FAILED] = 0
        if self.computation.may_end:
            self._small_fetches[0][1][...] = True
        count = self._worker_count() if self.frame.is_shared else 1
        if count == 1:
            self._run_alone()
        else:
            self._run_together(count, first, end)
        for place, own in self._small_fetches:
            fetched[place] = own.copy()
        return fetched

    def _run_together(self, count: int, first: int, end: int) -> None:
        """Let so many workers do the steps, or one of them where it is sooner done."""
        words = self._words
        team, crew = workers.hire(count), self._crews[count]
        while first < end and not words[Word.FAILED] and not self._has_ended():
            is_alone, steps = crew.next(end - first)
            words[Word.FIRST], words[Word.END] = first, first + steps
            begin = time.perf_counter()
            if is_alone:
                self._run_alone()
            else:
                is_alone = team.run(self._entry, self._address, count) == 1
            if not words[Word.FAILED] and not self._has_ended():  # Else not all were done.
                crew.note(steps, time.perf_counter() - begin, were_alone=is_alone)
            first += steps

    def _has_ended(self) -> bool:
        """Whether no step may follow those that were done."""
        return self.computation.may_end and not self._small_fetches[0][1]

    def _fetch(self, word: int, spec: tuple[Shape, DType]) -> Array:
        """Return a new array for a fetch."""
        new = memory.empty(*spec)
        self._words[word] = new.ctypes.data
        return new

    def _worker_count(self) -> int:
        count = worker_count()
        if count > self._private_workers:
            self._lend_private(count)
        if count not in self._crews:
            self._crews[count] = Crew(count, self.frame.seconds)
        return count

    def _lend_private(self, count: int) -> None:
        self._lend(Word.PRIVATE, self.frame.private_bytes * count)
        self._private_workers = count

    def _explain(self, feeds: Sequence[Array], values: Sequence[Array], draw: Draw) -> None:
        """Compute what failed by the reference, which tells what is wrong with it."""
        Interpreter(self.computation).run(feeds, values, draw)
        raise AssertionError("native code failed where the reference does not")


_all: weakref.WeakSet[NativeExecutable] = weakref.WeakSet()
# A process forks between steps, so that its child has variables as whole steps left them. Longer
# than so many seconds it waits for no step: whoever holds it up may be waiting for this thread.
_PATIENCE = 10.0
_forking = threading.RLock()
_waited_for: list[threading.RLock] = []


def _wait_before_fork() -> None:
    """Wait for the steps that other threads are in, and let none begin."""
    _forking.acquire()
    end = time.monotonic() + _PATIENCE
    for lock in [executable._lock for executable in list(_all)]:
        if lock.acquire(timeout=max(0.0, end - time.monotonic())):
            _waited_for.append(lock)  # noqa: PERF401 - what is taken is noted at once


def _go_on_after_fork() -> None:
    while _waited_for:
        _waited_for.pop().release()
    _forking.release()


def _renew_after_fork() -> None:
    """In a child of this process nobody would open what is locked, nor come to a meeting."""
    _go_on_after_fork()
    for executable in list(_all):
        executable._renew_lock()
        executable._sync[:] = 0


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_wait_before_fork,
        after_in_parent=_go_on_after_fork,
        after_in_child=_renew_after_fork,
    )
