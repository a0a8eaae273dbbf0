"""Compiled computations, ready to be run on arrays."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import numpy as np

from giulgi.backends.base import Array, Batched, Computation, Draw, Steps
from giulgi.backends.cpu.barrier import SYNC_BYTES
from giulgi.backends.cpu.emit import Code
from giulgi.backends.cpu.objects import Loaded
from giulgi.backends.cpu.scope import Word
from giulgi.backends.cpu.sources import shape_of
from giulgi.backends.cpu.workers import available_cores, let_others_run_address, workers
from giulgi.backends.reference.interpreter import Interpreter
from giulgi.config import config

_ENTRY = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)
_ALIGNMENT = 64


class NativeExecutable:
    """A computation as native code, with the memory that it works in.

    Args:
        computation: what is computed.
        code: its code in LLVM's language, and how it is to be called.
        loaded: the machine code.
        batched: how feeds are taken from arrays of all examples; None: they are fed.
    """

    loops = True

    def __init__(
        self, computation: Computation, code: Code, loaded: Loaded, batched: Batched | None
    ) -> None:
        self.computation = computation
        self.code = code
        self.batched = batched
        self._loaded = loaded  # Keeps the machine code in memory.
        self._entry: Any = _ENTRY(loaded.addresses["run"])
        self._words = np.zeros(code.table.words, np.int64)
        self._address = self._words.ctypes.data
        self._memory: list[Array] = []
        self._own_memory()

    def _own_memory(self) -> None:
        """Get the memory that lasts from call to call."""
        plan = self.code.plan
        self._lend(Word.ARENA, plan.arena_bytes)
        self._lend(Word.SCRATCH, self.code.scratch_bytes)
        self._lend(Word.SYNC, SYNC_BYTES)
        self._private_workers = 0
        self._words[Word.YIELD] = let_others_run_address()
        for number, node in enumerate(plan.constants):
            value = np.ascontiguousarray(node.value)
            self._memory.append(value)
            self._words[self.code.table.word("constant", number)] = value.ctypes.data

    def _lend(self, word: int, size: int) -> None:
        memory = np.zeros(size + _ALIGNMENT, np.uint8)
        self._memory.append(memory)
        address = memory.ctypes.data
        self._words[word] = address + -address % _ALIGNMENT

    def _worker_count(self) -> int:
        count = (config.threads or available_cores()) if self.code.is_shared else 1
        if count > self._private_workers:
            self._lend(Word.PRIVATE, self.code.plan.private_bytes * count)
            self._private_workers = count
        return count

    def run(
        self, feeds: Sequence[Array], values: Sequence[Array], draw: Draw
    ) -> tuple[list[Array], list[Array]]:
        """Compute once. The arrays of updated variables are changed in place, at the end."""
        fetched = [np.empty(shape_of(n), n.spec.dtype) for n in self.computation.fetches]
        self._enter(feeds, values, fetched, draw, 0, 1)
        if self._words[Word.FAILED]:
            self._explain(feeds, values, draw)
        return fetched, self._changed(values)

    def run_steps(
        self, data: Sequence[Array], values: Sequence[Array], draw: Draw, steps: Steps
    ) -> list[Array]:
        """Compute several steps, in native code from the first to the last."""
        fetched = [np.empty(shape_of(n), n.spec.dtype) for n in self.computation.fetches]
        self._words[Word.ORDER] = steps.order.ctypes.data
        self._enter(data, values, fetched, draw, steps.first, steps.end)
        if self._words[Word.FAILED]:
            step = int(self._words[Word.FAILED]) - 1
            feeds = Interpreter(self.computation, self.batched).examples(data, steps, step)
            self._explain(feeds, values, Draw(draw.seed, draw.run + step - steps.first))
        return self._changed(values)

    def _enter(
        self,
        feeds: Sequence[Array],
        values: Sequence[Array],
        fetched: Sequence[Array],
        draw: Draw,
        first: int,
        end: int,
    ) -> None:
        """Fill the table, and let the workers run."""
        words, table = self._words, self.code.table
        held = [np.ascontiguousarray(feed) for feed in feeds]
        for area, arrays in (("feed", held), ("variable", values), ("fetch", fetched)):
            start = table.first[area]
            for number, array in enumerate(arrays):
                words[start + number] = array.ctypes.data
        words[Word.FIRST], words[Word.END] = first, end
        words[Word.SEED], words[Word.RUN] = draw.seed, draw.run - first
        words[Word.FAILED] = 0
        workers.run(self._entry, self._address, self._worker_count())

    def _changed(self, values: Sequence[Array]) -> list[Array]:
        return [values[place] for place, _ in self.computation.updates]

    def _explain(self, feeds: Sequence[Array], values: Sequence[Array], draw: Draw) -> None:
        """Compute what failed by the reference, which tells what is wrong with it."""
        Interpreter(self.computation).run(feeds, values, draw)
        raise AssertionError("native code failed where the reference does not")
