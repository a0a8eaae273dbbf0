"""Where the values of variables live.

The graph says which variables there are; a storage holds their values. Usually there is one. A
session has its own, so that several can hold different values of one graph.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

from giulgi import memory
from giulgi.backends import Draw
from giulgi.graph import evaluation
from giulgi.graph.ops import random
from giulgi.graph.ops.state import ReadVariable
from giulgi.locks import VariableLocks

Array = np.ndarray[Any, Any]


def any_seed() -> int:
    """Return a seed that differs from run to run."""
    return int.from_bytes(os.urandom(4), "little")


class Run:
    """A run that several programs are parts of: they draw the same random numbers.

    Args:
        storage: where they find their variables.

    Attributes:
        draw: what these depend on; None: none of the parts has drawn yet.
    """

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.draw: Draw | None = None

    @contextmanager
    def part(self) -> Iterator[None]:
        """Let what is run inside be a part of it."""
        token = _run.set(self)
        try:
            yield
        finally:
            _run.reset(token)


_run: ContextVar[Run | None] = ContextVar("run", default=None)


class Storage:
    """The values of variables, and the state of the random numbers.

    Args:
        seed: the seed of random numbers; None takes one from the operating system.

    Attributes:
        version: a number that changes whenever some variable's value is in another array.
    """

    def __init__(self, seed: int | None = None) -> None:
        self.version = 0
        self._values: dict[int, Array] = {}
        self._locks = VariableLocks()
        # Variables are not kept alive here; when one is gone, its value is forgotten.
        self._alive: dict[int, weakref.ref[ReadVariable]] = {}
        self.set_seed(seed)

    def set_seed(self, seed: int | None) -> None:
        """Begin the random numbers anew from a seed."""
        self.seed = any_seed() if seed is None else seed
        self._runs = 0
        self._shuffles = 0

    def next_draw(self, runs: int = 1) -> Draw:
        """Return the seed, and the first of so many numbers that no other run has."""
        run = _run.get()
        if run is None or run.storage is not self or runs != 1:
            return self._drawn(runs)
        if run.draw is None:
            run.draw = self._drawn(1)
        return run.draw

    def _drawn(self, runs: int) -> Draw:
        with self._locks.counting:
            first = self._runs + 1
            self._runs += runs
        return Draw(self.seed, first)

    def shuffler(self) -> np.random.Generator:
        """Return a generator for the next order of the data: one of its own each time."""
        with self._locks.counting:
            self._shuffles += 1
            number = self._shuffles
        return np.random.Generator(np.random.Philox(key=[self.seed & (2**64 - 1), number]))

    def holds(self, variable: ReadVariable) -> bool:
        """Whether the variable has a value here."""
        return variable.number in self._values

    def value(self, variable: ReadVariable) -> Array:
        """Return the array that holds the value; it is not to be changed.

        A variable that has none yet gets its initial value.
        """
        found = self._values.get(variable.number)
        if found is None:
            found = self.initialise(variable)
        return found

    def initialise(self, variable: ReadVariable) -> Array:
        """Give the variable its initial value, if nobody else has given it one meanwhile."""
        with self.in_use():
            # Drawn by the seed of this storage, whoever has looked at it elsewhere.
            (value,) = evaluation.evaluate([variable.initial.node], {}, fresh=True)
        with self._locked([variable]):
            if variable.number not in self._values:
                self._keep(variable, value)
            return self._values[variable.number]

    def assign(self, variable: ReadVariable, value: Array) -> None:
        """Give the variable a value, which is copied."""
        array = np.asarray(value, variable.dtype)
        assert array.shape == variable.shape
        with self._locked([variable]):
            self._keep(variable, array)

    def commit(self, values: Mapping[ReadVariable, Array]) -> None:
        """Give variables their new values, all at once: an interruption sees all or none."""
        new = {variable.number: value for variable, value in values.items()}
        for variable in values:
            self._watch(variable)
        self._values.update(new)
        self.version += 1

    @contextmanager
    def lent(self, variables: Sequence[ReadVariable]) -> Iterator[list[Array]]:
        """Lend the arrays of variables; meanwhile no other thread sees or changes them.

        Threads that use different variables do not wait for each other.
        """
        for variable in variables:
            self.value(variable)  # An initial value may be computed from other variables.
        with self._locked(variables):
            yield [self._values[variable.number] for variable in variables]

    @property
    def joins(self) -> int:
        """A number that grows when some variable gets another lock."""
        return self._locks.joins

    def lock(self, variables: Iterable[ReadVariable]) -> threading.RLock:
        """Return the one lock of variables that are used together; see :mod:`giulgi.locks`."""
        return self._locks.of(variable.number for variable in variables)

    @contextmanager
    def _locked(self, variables: Sequence[ReadVariable]) -> Iterator[None]:
        while True:
            joins = self.joins
            with self.lock(variables):
                if joins == self.joins:
                    yield
                    return

    def _keep(self, variable: ReadVariable, value: Array) -> None:
        self._watch(variable)
        self._values[variable.number] = memory.copied(value)
        self.version += 1

    def _watch(self, variable: ReadVariable) -> None:
        number = variable.number
        if number not in self._alive:
            own = weakref.ref(self)
            self._alive[number] = weakref.ref(variable, lambda _: _forget(own, number))

    @contextmanager
    def in_use(self) -> Iterator[Storage]:
        """Let variables be read from and assigned in this storage."""
        token = _current.set(self)
        try:
            yield self
        finally:
            _current.reset(token)


def _forget(storage: weakref.ref[Storage], number: int) -> None:
    alive = storage()
    if alive is not None:
        alive._locks.forget(number)
        for kept in (alive._values, alive._alive):
            kept.pop(number, None)


_first = Storage()
_default = _first
_current: ContextVar[Storage | None] = ContextVar("giulgi_storage", default=None)


def current_storage() -> Storage:
    """Return the storage that is in use."""
    return _current.get() or _default


def use_by_default(storage: Storage | None) -> None:
    """Let a storage be the one of all threads where no other is in use; None: the first again."""
    global _default
    _default = storage or _first


def set_seed(seed: int) -> None:
    """Make what follows repeat bitwise: weights, dropout, shuffling.

    Call it before the network is built. Threads that train at the same time share the numbers of
    one seed, so what each of them draws depends on who comes first.
    """
    random.restart_streams()
    current_storage().set_seed(int(seed))
