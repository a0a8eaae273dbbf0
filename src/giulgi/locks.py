"""One lock for all variables that are used together.

A run takes one lock, so that Ctrl-C can come at any moment: of several, it could come between
taking one and noting that it is taken, and nobody would give it back. Variables that no program
uses together keep locks of their own; so threads that train different networks do not wait for
each other.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from typing import TypeVar

T = TypeVar("T")


class VariableLocks:
    """The locks of the variables of a storage, by their numbers.

    Attributes:
        joins: a number that grows when some variable gets another lock.
        counting: the lock of what the storage counts.
    """

    def __init__(self) -> None:
        self.joins = 0
        self._renew()
        _all.add(self)

    def _renew(self) -> None:
        """Forget all locks; in a child of this process nobody would open those that are closed."""
        self._of: dict[int, threading.RLock] = {}
        self._joining = threading.RLock()
        self.counting = threading.Lock()
        self.joins += 1

    def of(self, numbers: Iterable[int]) -> threading.RLock:
        """Return the one lock of some variables.

        If they have several, which happens when they are used together for the first time, these
        become one. Whoever has waited for a lock looks at ``joins`` to see whether it is still the
        right one.
        """
        wanted = set(numbers)
        found = {self._of.get(number) for number in wanted}
        if len(found) == 1 and None not in found:
            return found.pop()  # type: ignore[return-value]
        with self._joining:
            known = dict.fromkeys(self._of[n] for n in wanted if n in self._of)
            return _holding(list(known), lambda: self._join(wanted, list(known)))

    def _join(self, numbers: set[int], known: list[threading.RLock]) -> threading.RLock:
        one = known[0] if known else threading.RLock()
        others = {id(lock) for lock in known[1:]}
        try:
            for number, lock in list(self._of.items()):
                if id(lock) in others and number in self._of:  # It may be forgotten meanwhile.
                    self._of[number] = one
        finally:
            # Behind it: who reads the new number before a lock is not to find one of before.
            self.joins += bool(others)
        self._of.update(dict.fromkeys(numbers, one))
        return one

    def forget(self, number: int) -> None:
        """Forget a variable that is gone."""
        self._of.pop(number, None)


def _holding(locks: Sequence[threading.RLock], do: Callable[[], T]) -> T:
    """Do something while all of some locks are taken."""
    with ExitStack() as held:
        for lock in locks:
            held.enter_context(lock)
        return do()


_all: weakref.WeakSet[VariableLocks] = weakref.WeakSet()


def _renew_all() -> None:
    for locks in list(_all):
        locks._renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_all)
