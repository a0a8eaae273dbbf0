"""A compiled program with the arrays of its variables at hand, and what every run does."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from giulgi.backends import Computation, Draw, Executable
from giulgi.pace import Pace
from giulgi.storage import Storage

Array = np.ndarray[Any, Any]
Shapes = tuple[tuple[int, ...], ...]

# What random numbers of a tensor that is looked at outside any program depend on: it is always
# the same look at the same value.
LOOK = 0
_NOTHING_DRAWN = Draw(0, LOOK)


@dataclass(eq=False)
class Ready:
    """A compiled program with the arrays of its variables: what the next run most likely needs.

    Attributes:
        name: the backend.
        shapes: of the feeds.
        computation: what is computed.
        executable: its compiled form.
        store: where the variables' values are.
        version: that of the storage when their arrays were looked up.
        held: the arrays.
        guard: the lock of the variables, behind how often locks of the storage were joined when it
            was looked up. They are one value, so that no thread sees one without the other.
    """

    name: str
    shapes: Shapes
    computation: Computation
    executable: Executable
    store: weakref.ref[Storage]
    version: int
    held: list[Array]
    guard: tuple[int, threading.RLock]

    @classmethod
    def of(
        cls,
        name: str,
        shapes: Shapes,
        compiled: tuple[Computation, Executable],
        store: Storage,
    ) -> Ready:
        """Look up the arrays for a compiled program."""
        computation, executable = compiled
        variables = computation.variables
        with store.lent(variables) as held:
            version = store.version
        guard = store.joins, store.lock(variables)
        return cls(name, shapes, computation, executable, weakref.ref(store), version, held, guard)

    def serves(self, name: str, shapes: Shapes, store: Storage) -> bool:
        """Whether it is for these feeds, on this backend and storage."""
        return self.shapes == shapes and self.name == name and self.store() is store

    def run(self, arrays: Sequence[Array], times: int) -> list[Array]:
        """Run while no other thread sees or changes the variables."""
        store = self.store()
        assert store is not None
        while True:
            joins, lock = self.guard
            if joins != store.joins:
                # The number first: locks may be joined while the lock is looked up.
                joins, lock = self.guard = store.joins, store.lock(self.computation.variables)
            with lock:
                if joins == store.joins:
                    return self._run(arrays, store, times)

    def _run(self, arrays: Sequence[Array], store: Storage, times: int) -> list[Array]:
        if self.version != store.version:
            self._look_up(store)
        if self.executable.in_place and times == 1:
            draw = draw_for(store, self.computation, 1)
            return self.executable.run(arrays, self.held, draw)[0]
        if self.executable.in_place:
            return self._run_in_place(arrays, store, times)
        fetched: list[Array] = []
        for _ in range(times):
            draw = draw_for(store, self.computation, 1)
            fetched, updated = self.executable.run(arrays, self.held, draw)
            commit(store, self.computation, updated)
            self._look_up(store)
        return fetched

    def _run_in_place(self, arrays: Sequence[Array], store: Storage, times: int) -> list[Array]:
        """Run many times in one go, but for a look now and then, when Ctrl-C is noticed."""
        pace = Pace()
        while True:
            now = min(pace.steps, times)
            times -= now
            with pace.measured(now):
                draw = draw_for(store, self.computation, now)
                fetched = self.executable.run(arrays, self.held, draw, now)[0]
            if not times:
                return fetched

    def _look_up(self, store: Storage) -> None:
        """Find the arrays of the variables again."""
        self.held = [store.value(variable) for variable in self.computation.variables]
        self.version = store.version


def draw_for(store: Storage, computation: Computation, runs: int) -> Draw:
    """Return what random numbers depend on.

    Only a run that draws counts, so that looking at a metric changes nothing.
    """
    return store.next_draw(runs) if computation.is_random else _NOTHING_DRAWN


def commit(store: Storage, computation: Computation, updated: Sequence[Array]) -> None:
    """Give updated variables their new values."""
    changed = [computation.variables[place] for place, _ in computation.updates]
    store.commit(dict(zip(changed, updated, strict=True)))
